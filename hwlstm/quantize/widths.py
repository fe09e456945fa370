"""Bits of every signal of a layer, by the part that it plays in the cell's graph."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from ..activation import Function
from ..cells import Cell
from ..cells.graph import Graph, Node, leaf_format
from ..devices import MULTIPLIER_BITS, Device
from ..fixed import Format
from ..fixed_network import FixedLayer

__all__ = [
    "Widths",
    "chosen_widths",
    "factor_bits",
    "squashings",
    "too_wide",
    "wide_factor",
]


@dataclass(frozen=True)
class Widths:
    """Bits of a signal by its role.

    Parameters
    ----------
    column : int
        x, the states that rows multiply, and the output: these cost lanes, and are what a user
        asks for. All else costs the cell alone.
    state : int
        Other states, and what becomes one.
    operand : int
        Pre-activations: what activations alone read.
    gate : int
        Results of activations.
    constant : int
        Numbers that each unit has one of, and the phase.
    """

    column: int
    state: int
    operand: int
    gate: int
    constant: int

    @classmethod
    def of(cls, bits: int) -> "Widths":
        """What `bits` of x and h deserve: more in the cell would not lower the error of h by a
        twentieth (docs/decisions/widths.md)."""
        if bits <= 8:
            return cls(bits, state=16, operand=12, gate=bits + 2, constant=16)
        if bits <= 12:
            return cls(bits, state=16, operand=16, gate=16, constant=16)
        most = max(16, bits)
        return cls(bits, state=18, operand=18, gate=most, constant=most)


def chosen_widths(cell: Cell, bits: int, device: Device | None) -> dict[str, int]:
    """Bits of every signal of a layer but its matrices and biases.

    No factor of a product becomes wider than one multiplier of the device. Where no device is
    named, that holds of what is wider than `bits` by the rule above alone.
    """
    graph, by_role = cell.graph, asdict(Widths.of(bits))
    most, spread = factor_bits(device), growth(graph)
    roles = {name: role(cell, name) for name in graph.names.values()}
    roles |= {"x": "column"}
    roles |= {leaf_format(leaf): "constant" for leaf in graph.leaves if is_constant(leaf)}
    least = 0 if device else bits
    return {
        name: min(by_role[role], max(most - spread.get(name, 0), least))
        for name, role in roles.items()
    }


def factor_bits(device: Device | None) -> int:
    """Bits of either factor of one multiplier block."""
    return min(device.multiplier_bits if device else MULTIPLIER_BITS)


def role(cell: Cell, name: str) -> str:
    """Which of the Widths a named value has."""
    graph = cell.graph
    node = next(node for node, own in graph.names.items() if own == name)
    if name in cell.source_names or name == cell.states[0]:
        return "column"
    if node.is_table:
        return "gate"
    if name in graph.outputs:
        return "state"
    return "operand" if squashings(graph, name) or node.op == "act" else "state"


def is_constant(leaf: str) -> bool:
    return leaf.startswith(("p.", "parameter.", "time."))


def squashings(graph: Graph, name: str) -> dict[str, Function]:
    """Result to activation of those that read a named value, if nothing else makes use of it."""
    readers = [node for node in graph.live() if any(graph.names.get(a) == name for a in node.args)]
    if name in graph.outputs or not all(node.is_table for node in readers):
        return {}
    return {graph.names[node]: node.attr for node in readers}


def too_wide(
    shifts: Mapping[str, int], chosen: Mapping[str, Format], given: set[str], device: Device | None
) -> dict[str, int]:
    """Column sources to the bits that they may have, if the column broadcast is wider than a
    multiplier of the device: the finest products give way, but for what is given.

    Parameters
    ----------
    shifts : dict
        Column source to the left shift that aligns its products with the finest.
    """
    if device is None:
        return {}
    surplus = max(chosen[s].width + shift for s, shift in shifts.items()) - factor_bits(device)
    surplus = min([surplus, *(shift for s, shift in shifts.items() if s in given)])
    narrower = {
        s: max(chosen[s].width - (surplus - shift), 2)
        for s, shift in shifts.items()
        if s not in given and shift < surplus
    }
    return {s: bits for s, bits in narrower.items() if bits < chosen[s].width}


def wide_factor(layer: FixedLayer, given: set[str], device: Device | None) -> dict[str, int]:
    """A signal to one bit less than it has, if a factor that it is part of is wider than a
    multiplier of the device: the finest one gives way, but for what is given."""
    graph = layer.cell.graph
    factors = [factor for node in graph.live() if node.op == "mul" for factor in node.args]
    for factor in factors if device else []:
        if layer.step.seen(factor).signed_width > factor_bits(device):
            parts = {name for name, _ in summands(graph, factor)} - given
            names = sorted(name for name in parts if layer.formats[name].width > 2)
            if names:
                finest = max(names, key=lambda name: layer.formats[name].frac)
                return {finest: layer.formats[finest].width - 1}
    return {}


def growth(graph: Graph) -> Mapping[str, int]:
    """Name to the bits that a factor of a product has more than the signal of that name: one for
    each sum or difference on the way."""
    found: dict[str, int] = {}
    for node in graph.live():
        if node.op == "mul":
            for name, more in (pair for factor in node.args for pair in summands(graph, factor)):
                found[name] = max(found.get(name, 0), more)
    return found


def summands(graph: Graph, factor: Node, more: int = 0) -> Iterator[tuple[str, int]]:
    """(name, sums that it passes) of what a factor is made of."""
    if factor in graph.names:
        yield graph.names[factor], more
    elif factor.op == "read":
        yield leaf_format(factor.attr), more
    else:
        for arg in factor.args[factor.op == "select" :]:
            yield from summands(graph, arg, more + (factor.op != "select"))
