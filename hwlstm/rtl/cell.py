"""CellPipeline: the schedule of a cell as hardware."""

from amaranth import Module, Mux, Signal, signed
from amaranth.hdl import Value as Expression
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..fixed import Interval
from ..fixed_network import FixedLayer
from ..plan.schedule import Operand, Operation, Schedule, Value
from .activation import ActivationUnit
from .arithmetic import clip, round_half_even, shape

__all__ = ["CellPipeline", "leaf_port", "value_port"]


class CellPipeline(wiring.Component):
    """Element-wise half of a layer: a new unit every initiation interval, never stalled.

    Parameters
    ----------
    layer : FixedLayer
    schedule : Schedule
    phase : int
        What the phase must be after reset, so that it is 0 in cycle 0 of a unit.

    Members
    -------
    run : the phase advances
    i_LEAF : raw input, valid in cycle `schedule.arrival[leaf]` of its unit (dots become _)
    o_NAME : raw value of every name of the graph, valid in cycle `schedule.latency(name)`
    """

    def __init__(self, *, layer: FixedLayer, schedule: Schedule, phase: int = 0):
        self.layer, self.schedule, self.phase_init = layer, schedule, phase
        leaves = {leaf_port(leaf): In(shape(layer.leaves[leaf])) for leaf in schedule.arrival}
        named = {
            value_port(name): Out(shape(layer.formats[name].interval))
            for name in layer.cell.graph.names.values()
        }
        super().__init__({"run": In(1), **leaves, **named})

    def elaborate(self, platform):
        m = Module()
        interval = self.schedule.interval
        self.phase = Signal(range(max(2, interval)), init=self.phase_init % interval)
        if interval > 1:
            with m.If(self.run):
                m.d.sync += self.phase.eq(Mux(self.phase == interval - 1, 0, self.phase + 1))
        self.results: dict[Value, Expression] = {}
        self.held: dict[tuple[Value, int], Signal] = {}
        for op in self.schedule.operations:
            self.results[op.result] = Signal(
                shape(op.result.interval), name=f"{op.table or op.kind}_{op.result.index}"
            )
        for name, operations in self.schedule.units.items():
            build = {"mul": self._multiplier, "activation": self._activation}
            build.get(operations[0].kind, self._private)(m, name, operations)
        for name, operand in self.schedule.named.items():
            cycle = self.schedule.latency(name)
            m.d.comb += getattr(self, value_port(name)).eq(self._operand(m, operand, cycle))
        return m

    def _operand(self, m: Module, operand: Operand, cycle: int) -> Expression:
        """An operand in a given cycle of its unit.

        A value born in cycle b and read in cycle u stands in stage ceil((u - b) / interval) of
        a chain whose registers all load when the phase is b.
        """
        value = operand.value
        if value.interval.lo == value.interval.hi and not value.leaf:
            return Expression.cast(value.interval.lo << operand.shift)
        born = self.schedule.born[value]
        stage = -(-(cycle - born) // self.schedule.interval)
        return self._stage(m, value, stage, self._at(born)) << operand.shift

    def _stage(self, m: Module, value: Value, stage: int, load) -> Expression:
        if stage == 0:
            return self.results[value] if not value.leaf else getattr(self, leaf_port(value.leaf))
        if (value, stage) not in self.held:
            before = self._stage(m, value, stage - 1, load)
            register = Signal.like(before, name=f"hold_{value.index}_{stage}", reset_less=True)
            with m.If(load):
                m.d.sync += register.eq(before)
            self.held[value, stage] = register
        return self.held[value, stage]

    def _at(self, cycle: int) -> Expression:
        """1 in every cycle that is `cycle` of some unit."""
        interval = self.schedule.interval
        return Expression.cast(1) if interval == 1 else self.phase == cycle % interval

    def _chosen(self, m: Module, operations: list[Operation], k: int, name: str) -> Signal:
        """Operand k of whichever operation starts in this cycle."""
        sources = [self._operand(m, op.operands[k], op.start) for op in operations]
        lo = min(op.operands[k].value.interval.lo << op.operands[k].shift for op in operations)
        hi = max(op.operands[k].value.interval.hi << op.operands[k].shift for op in operations)
        chosen = Signal(shape(Interval(0, lo, hi)), name=name)
        self._switch(m, operations, [(chosen.eq(source),) for source in sources])
        return chosen

    def _switch(self, m: Module, operations: list[Operation], assignments) -> None:
        """The assignments of the operation that starts in this cycle; the last is the default."""
        *others, (_, default) = zip(operations, assignments, strict=True)
        with m.Switch(self.phase):
            for op, assignment in others:
                with m.Case(op.start % self.schedule.interval):
                    m.d.comb += assignment
            with m.Default():
                m.d.comb += default

    def _multiplier(self, m: Module, name: str, operations: list[Operation]) -> None:
        a, b = (self._chosen(m, operations, k, f"{name}_{'ab'[k]}") for k in (0, 1))
        factors = [Signal.like(f, name=f"{f.name}_held", reset_less=True) for f in (a, b)]
        product = Signal(signed(len(a) + len(b) + 2), name=f"{name}_product", reset_less=True)
        m.d.sync += [factors[0].eq(a), factors[1].eq(b), product.eq(factors[0] * factors[1])]
        m.d.comb += [self.results[op.result].eq(product) for op in operations]

    def _activation(self, m: Module, name: str, operations: list[Operation]) -> None:
        tables = [self.layer.tables[op.table] for op in operations]
        distinct = list(dict.fromkeys(tables))
        m.submodules[name] = unit = ActivationUnit(distinct)
        choices = []
        for op, table in zip(operations, tables, strict=True):
            x = self._operand(m, op.operands[0], op.start)
            choices.append((unit.x.eq(x), unit.select.eq(distinct.index(table))))
        self._switch(m, operations, choices)
        m.d.comb += [self.results[op.result].eq(unit.y) for op in operations]

    def _private(self, m: Module, name: str, operations: list[Operation]) -> None:
        (op,) = operations
        args = [self._operand(m, operand, op.start) for operand in op.operands]
        register = Signal(shape(op.result.interval), name=f"{name}_held", reset_less=True)
        m.d.sync += register.eq(compute(op, args))
        m.d.comb += self.results[op.result].eq(register)


def compute(op: Operation, args: list[Expression]) -> Expression:
    """The expression of a private operation."""
    operand, span = op.operands[0], op.result.interval
    match op.kind:
        case "add":
            return args[0] + args[1]
        case "sub":
            return args[0] - args[1]
        case "lt":
            return args[0] < args[1]
        case "select":
            return Mux(args[0], args[1], args[2])
        case "round":
            return round_half_even(args[0], operand.value.interval.frac - span.frac)
        case "clip":
            before = operand.value.interval
            reach = Interval(span.frac, before.lo << operand.shift, before.hi << operand.shift)
            return clip(args[0], span.lo, span.hi, reach)
    raise ValueError(f"Operation must be a private one, not {op.kind!r}")


def leaf_port(leaf: str) -> str:
    """Port of a leaf: that of z.g is i_z_g."""
    return f"i_{leaf.replace('.', '_')}"


def value_port(name: str) -> str:
    """Port of a named value: that of c is o_c."""
    return f"o_{name}"
