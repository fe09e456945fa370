"""From a cell's graph to a schedule: which operation runs in which cycle on which unit.

Cycle 0 of a unit is the one in which its pre-activations arrive. A new unit starts every
`interval` cycles, so a shared part (multiplier, table) is free for another operation in every
cycle that differs modulo the interval. The recurrence closes outside the cell, so the graph is
acyclic and list scheduling by longest tail always succeeds.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from ..cells.graph import Node
from ..cells.ranges import aligned, constant
from ..fixed import Format, Interval, rounded
from ..fixed_network import FixedLayer

__all__ = ["EARLIEST", "LATENCY", "Operation", "Schedule", "Value", "schedule"]

LATENCY = {
    "mul": 2,
    "add": 1,
    "sub": 1,
    "lt": 1,
    "select": 1,
    "round": 1,
    "clip": 1,
}
"""Cycles from operands to a registered result; an activation knows its own."""

EARLIEST = -5
"""First cycle in which memories can deliver p and the previous state: the drain announces a unit
as long before its sums as one column takes through memory and lane (LayerPlan.lead)."""


SHARED = ("mul", "activation")
"""Operations worth a multiplexer in front of one part; the others stay private."""


@dataclass(frozen=True)
class Value:
    """What an operation makes, or an input (`leaf`), or a constant (lo = hi, no leaf)."""

    index: int
    interval: Interval
    leaf: str = ""


@dataclass(frozen=True)
class Operand:
    """A value shifted left, which is wiring."""

    value: Value
    shift: int = 0

    @property
    def frac(self) -> int:
        return self.value.interval.frac + self.shift


@dataclass(frozen=True)
class Operation:
    """One operation; `start` and `unit` are the schedule's answer.

    Attributes
    ----------
    kind : str
        A key of LATENCY, or activation.
    latency : int
        Cycles from operands to result.
    table : str
        Name of the Activation.
    unit : str
        The part that computes it; operations with the same unit share it.
    """

    kind: str
    operands: tuple[Operand, ...]
    result: Value
    latency: int
    table: str = ""
    start: int = 0
    unit: str = ""

    @property
    def end(self) -> int:
        """The cycle in which the result can be read."""
        return self.start + self.latency


@dataclass(frozen=True)
class Schedule:
    """The cell pipeline, ready to be built.

    Attributes
    ----------
    layer : FixedLayer
    interval : int
        Initiation interval: cycles from one unit to the next.
    operations : tuple of Operation
        Operands first.
    named : dict
        Name to the Operand that carries it in the fraction bits of its format.
    """

    layer: FixedLayer
    interval: int
    operations: tuple[Operation, ...]
    named: dict[str, Operand]

    @cached_property
    def arrival(self) -> dict[str, int]:
        """Leaf to the cycle in which the pipeline reads it; 0 for pre-activations."""
        reads: dict[str, list[int]] = {}
        for op in self.operations:
            for operand in op.operands:
                reads.setdefault(operand.value.leaf, []).append(op.start)
        for operand in self.named.values():
            reads.setdefault(operand.value.leaf, []).append(0)
        reads.pop("", None)
        return {leaf: 0 if leaf.startswith("z.") else min(at) for leaf, at in reads.items()}

    @cached_property
    def born(self) -> dict[Value, int]:
        """Value to the cycle in which it can first be read (constants: always)."""
        born = {op.result: op.end for op in self.operations}
        operands = [o for op in self.operations for o in op.operands] + list(self.named.values())
        for operand in operands:
            if operand.value.leaf:
                born[operand.value] = self.arrival[operand.value.leaf]
        return born

    def latency(self, name: str) -> int:
        """The cycle in which a named value is handed out: when it can be read, but not before its
        unit arrives, nor before the state of that name of the step before has been read."""
        born = self.born.get(self.named[name].value, 0)
        return max(0, born, self.arrival.get(f"prev.{name}", 0))

    def purpose(self, op: Operation) -> str:
        """The named value that an operation makes, or makes a part of."""
        named = {operand.value: name for name, operand in self.named.items()}
        value = op.result
        while value not in named:
            value = next(
                user.result
                for user in self.operations
                if any(operand.value == value for operand in user.operands)
            )
        return named[value]

    @cached_property
    def units(self) -> dict[str, list[Operation]]:
        """Part to the operations that it computes."""
        found: dict[str, list[Operation]] = {}
        for op in self.operations:
            found.setdefault(op.unit, []).append(op)
        return found

    @cached_property
    def hold_bits(self) -> int:
        """Bits of the registers in which values wait for their readers."""
        stages: dict[Value, int] = {}
        reads = [(o.value, op.start) for op in self.operations for o in op.operands]
        reads += [(operand.value, self.latency(name)) for name, operand in self.named.items()]
        for value, cycle in reads:
            if value in self.born:
                stage = -(-(cycle - self.born[value]) // self.interval)
                stages[value] = max(stages.get(value, 0), stage)
        return sum(stage * value.interval.width for value, stage in stages.items())

    @property
    def multipliers(self) -> int:
        """Multipliers, of products and inside activation units."""
        return sum(self.multiplies(ops[0]) for ops in self.units.values())

    def multiplies(self, op: Operation) -> bool:
        return op.kind == "mul" or bool(op.table and self.layer.tables[op.table].unit.factors)


def schedule(
    layer: FixedLayer, interval: int = 1, parts: Mapping[str, int] | None = None
) -> Schedule:
    """Schedule the cell of a layer with one new unit every `interval` cycles.

    Parameters
    ----------
    parts : dict
        "mul": multipliers; "activation": activation units of each kind. As few as the interval
        allows if not given; more can make the latency shorter.

    Raises
    ------
    ValueError
        An interval below 1; fewer parts than the interval allows.
    """
    if interval < 1:
        raise ValueError(f"Initiation interval must be at least 1 cycle, not {interval!r}")
    unknown = sorted(set(parts or {}) - set(SHARED))
    if unknown:
        raise ValueError(f"Parts must be of {', '.join(SHARED)}, not {unknown[0]!r}")
    return scheduled(layer, interval, tuple(sorted((parts or {}).items())))


@lru_cache(maxsize=64)
def scheduled(layer: FixedLayer, interval: int, parts: tuple[tuple[str, int], ...]) -> Schedule:
    """`schedule`, once for all sizes of an engine that a plan considers."""
    lowering = Lowering(layer)
    placed = place(lowering.operations, layer, interval, dict(parts))
    return Schedule(layer, interval, tuple(delay_early(placed, interval)), lowering.named)


class Lowering:
    """The operations of a cell's graph: every `narrow` becomes a rounding and a clipping.

    Only what the range can need is emitted: no rounding where no bit is lost, no clipping where
    the format holds every value.
    """

    def __init__(self, layer: FixedLayer):
        self.layer = layer
        self.operations: list[Operation] = []
        self.named: dict[str, Operand] = {}
        self.count = 0
        graph = layer.cell.graph
        seen: dict[Node, Value] = {}
        for node in graph.live():
            value = self.lowered(node, [seen[arg] for arg in node.args])
            name = graph.names.get(node)
            if name:
                value = self.narrowed(value, layer.formats[name])
                self.named[name] = Operand(value, layer.formats[name].frac - value.interval.frac)
            seen[node] = value

    def value(self, interval: Interval, leaf: str = "") -> Value:
        self.count += 1
        return Value(self.count - 1, interval, leaf)

    def emit(self, kind: str, operands, interval: Interval, table: str = "") -> Value:
        result = self.value(interval)
        latency = self.layer.tables[table].latency if table else LATENCY[kind]
        self.operations.append(Operation(kind, tuple(operands), result, latency, table))
        return result

    def lowered(self, node: Node, args: list[Value]) -> Value:
        exact = self.layer.ranges[node]
        match node.op:
            case "read" if exact.lo == exact.hi and not node.attr.startswith("z."):
                return self.value(exact)
            case "read":
                return self.value(exact, leaf=node.attr)
            case "const":
                return self.value(constant(node.attr))
            case "act" if node.is_table:
                return self.table(node, args[0])
            case "narrow" | "act":
                return args[0]
            case "mul" if any(map(is_zero, args)):
                return self.value(Interval(0, 0, 0))
            case "add" | "sub" if is_zero(args[1]):
                return args[0]
            case "add" if is_zero(args[0]):
                return args[1]
            case "mul":
                frac = args[0].interval.frac + args[1].interval.frac
                return self.emit("mul", map(Operand, args), scaled(exact, frac))
            case "lt":
                return self.emit("lt", self.aligned(args), exact)
            case "select":
                chosen = self.aligned(args[1:])
                span = scaled(exact, chosen[0].frac)
                return self.emit("select", [Operand(args[0]), *chosen], span)
            case _:
                terms = self.aligned(args)
                return self.emit(node.op, terms, scaled(exact, terms[0].frac))

    def table(self, node: Node, arg: Value) -> Value:
        name = self.layer.cell.graph.names[node]
        table = self.layer.tables[name]
        shift = table.in_format.frac - arg.interval.frac
        return self.emit("activation", [Operand(arg, shift)], table.result, name)

    def aligned(self, args: list[Value]) -> list[Operand]:
        fracs = [interval.frac for interval in aligned(*(arg.interval for arg in args))]
        return [Operand(a, f - a.interval.frac) for a, f in zip(args, fracs, strict=True)]

    def narrowed(self, value: Value, to: Format) -> Value:
        exact = value.interval
        if exact.frac > to.frac:
            lo, hi = (rounded(v, exact.frac - to.frac) for v in (exact.lo, exact.hi))
            exact = Interval(to.frac, lo, hi)
            value = self.emit("round", [Operand(value)], exact)
        lo, hi = to.lo, to.hi
        shift = to.frac - exact.frac
        if exact.lo << shift < lo or exact.hi << shift > hi:
            span = Interval(to.frac, max(exact.lo << shift, lo), min(exact.hi << shift, hi))
            value = self.emit("clip", [Operand(value, shift)], span)
        return value


def is_zero(value: Value) -> bool:
    return value.interval.lo == value.interval.hi == 0 and not value.leaf


def scaled(interval: Interval, frac: int) -> Interval:
    """The same values at fewer fraction bits: those that a finer format added are all 0."""
    shift = interval.frac - frac
    return Interval(frac, interval.lo >> shift, interval.hi >> shift)


def place(
    operations: list[Operation], layer: FixedLayer, interval: int, given: Mapping[str, int]
) -> list[Operation]:
    """List scheduling: longest tail first, each at the first cycle with a free unit."""
    tail = tails(operations)
    copies = part_counts(operations, layer, interval, given)
    taken: set[tuple] = set()
    parts: dict[tuple, int] = {}
    born: dict[Value, int] = {}
    placed: list[Operation] = []
    waiting = sorted(operations, key=lambda op: -tail[op.result])
    while waiting:
        op = next(op for op in waiting if all(known(o.value, born) for o in op.operands))
        waiting.remove(op)
        start = max((available(o.value, born) for o in op.operands), default=0)
        key = unit_class(op, layer)
        while not (
            free := [k for k in range(copies[key]) if (key, k, start % interval) not in taken]
        ):
            start += 1
        taken.add((key, free[0], start % interval))
        part = parts.setdefault((key, free[0]), sum(known[0] == op.kind for (known, _) in parts))
        number = part if op.kind in SHARED else op.result.index
        placed.append(replace(op, start=start, unit=f"{op.kind}_{number}"))
        born[op.result] = placed[-1].end
    return sorted(placed, key=lambda op: op.result.index)


def part_counts(
    operations: list[Operation], layer: FixedLayer, interval: int, given: Mapping[str, int]
) -> dict[tuple, int]:
    """Class of operations to the parts that they share."""
    classes = Counter(unit_class(op, layer) for op in operations)
    found = {}
    for key, count in classes.items():
        least = -(-count // interval)
        found[key] = given.get(key[0], least)
        if found[key] < least:
            raise ValueError(
                f"{layer.name}: {count} operations {key[0]} need {least} parts at an interval of "
                f"{interval}, not {found[key]}"
            )
    return found


def unit_class(op: Operation, layer: FixedLayer) -> tuple:
    """Operations of one class can share a part."""
    if op.kind == "mul":
        return ("mul",)
    if op.table:
        return ("activation", layer.tables[op.table].likeness)
    return (op.kind, op.result.index)


def tails(operations: list[Operation]) -> dict[Value, int]:
    """Cycles from the start of each operation to the last result that depends on it."""
    after: dict[Value, int] = {}
    tail: dict[Value, int] = {}
    for op in reversed(operations):
        tail[op.result] = op.latency + after.get(op.result, 0)
        for operand in op.operands:
            longest = max(after.get(operand.value, 0), tail[op.result])
            after[operand.value] = longest
    return tail


def known(value: Value, born: dict[Value, int]) -> bool:
    return bool(value.leaf) or value in born or value.interval.lo == value.interval.hi


def available(value: Value, born: dict[Value, int]) -> int:
    if value in born:
        return born[value]
    return 0 if value.leaf.startswith("z.") else EARLIEST


def delay_early(placed: list[Operation], interval: int) -> list[Operation]:
    """Move what depends on memories alone as late as its users allow: it is held for less."""
    taken = {(op.unit, op.start % interval) for op in placed}
    needed: dict[Value, int] = {}
    early = {}
    for op in placed:
        early[op.result] = all(
            early.get(o.value, not o.value.leaf.startswith("z.")) for o in op.operands
        )
    moved = []
    for op in reversed(placed):
        if early[op.result] and op.result in needed:
            taken.discard((op.unit, op.start % interval))
            latest = needed[op.result] - op.latency
            slots = range(latest, op.start - 1, -1)
            start = next(t for t in slots if (op.unit, t % interval) not in taken)
            taken.add((op.unit, start % interval))
            op = replace(op, start=start)
        for operand in op.operands:
            needed[operand.value] = min(needed.get(operand.value, op.start), op.start)
        moved.append(op)
    return moved[::-1]
