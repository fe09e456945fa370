"""A recurrent cell, written once as its equations; `trace` runs them on symbols."""

import linecache
import traceback
from functools import cached_property

from ..names import check_name, is_name
from .graph import CellError, Graph, Node, is_constant

__all__ = ["Cell", "State"]

RESERVED = ("x", "W", "U", "b", "p", "valid")
"""Signals of a layer that are not the cell's own."""


class State(dict):
    """What a step returns: ``State(h=..., c=...)``. Each keyword names its value."""

    def __init__(self, **values):
        super().__init__(values)


class Operands:
    """The attributes z.g, p.i, prev.c of a step; each is a leaf of the graph.

    `absent` read as 0, which folds away; a name that is neither is refused.
    """

    def __init__(self, graph, kind, names=None, absent=()):
        self._graph, self._kind, self._names, self._absent = graph, kind, names, absent

    def __getattr__(self, name) -> Node:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._absent:
            return self._graph.node(0)
        if self._names is not None and name not in self._names:
            known = ", ".join(self._names) or "none"
            raise CellError(f"{self._kind}.{name} is not declared; declared are: {known}")
        return self._graph.read(f"{self._kind}.{name}")


class Cell:
    """Base of every cell. A subclass gives `gates` and `step`, and the rest is derived.

    Attributes
    ----------
    gates : str
        Names of the pre-activations, in the order in which their rows stand in memory.
    peepholes : str
        Gates that own a vector p, one number per unit.
    columns : dict
        Gate to the sources that its rows multiply, "x h" unless given.
    """

    gates = ""
    peepholes = ""
    columns: dict[str, str] = {}

    def __init__(self, *, peepholes: str | None = None):
        offered = type(self).peepholes.split()
        if peepholes is not None:
            unknown = [gate for gate in peepholes.split() if gate not in offered]
            if unknown:
                raise CellError(f"{self.name} has no peephole {unknown[0]!r}; it offers {offered}")
            self.peepholes = peepholes

    def step(self, z, p, prev) -> State:
        """One time step: pre-activations z, peepholes p, previous state `prev` to the new state."""
        raise CellError(f"{self.name} must define step(self, z, p, prev)")

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def gate_names(self) -> list[str]:
        return self.gates.split()

    @property
    def peephole_names(self) -> list[str]:
        return self.peepholes.split()

    def sources(self, gate: str) -> list[str]:
        """What the rows of a gate multiply: "x", or a state of the step before."""
        return self.columns.get(gate, "x h").split()

    @cached_property
    def source_names(self) -> list[str]:
        """Every column source of the cell, x first."""
        used = [s for gate in self.gate_names for s in self.sources(gate)]
        return sorted(set(used), key=lambda source: (source != "x", used.index(source)))

    @cached_property
    def graph(self) -> Graph:
        """The traced step. Raises CellError, with the line of the equation, if it is ill-formed."""
        graph = Graph()
        absent = set(type(self).peepholes.split()) - set(self.peephole_names)
        z = Operands(graph, "z", self.gate_names)
        p = Operands(graph, "p", self.peephole_names, absent)
        for gate in self.gate_names:
            if not is_name(gate) or self.gate_names.count(gate) > 1:
                raise CellError(f"{self.name}: gates must be different names, not {self.gates!r}")
        if not self.gate_names:
            raise CellError(f"{self.name} must declare its gates")
        try:
            outputs = self.step(z, p, Operands(graph, "prev"))
        except CellError as error:
            raise CellError(f"{self.name}: {error}{equation_of(error)}") from None
        except Exception as error:  # whatever a user's equations may do
            what = f"{type(error).__name__}: {error}"
            raise CellError(f"{self.name}: {what}{equation_of(error)}") from None
        if not isinstance(outputs, State) or not outputs:
            raise CellError(f"{self.name}.step must return State(h=...), not {outputs!r}")
        graph.outputs = {name: graph.node(value) for name, value in outputs.items()}
        try:
            attach_names(graph)
            check(graph, self)
        except (CellError, ValueError) as error:
            raise CellError(f"{self.name}: {error}") from None
        return graph

    @property
    def previous(self) -> list[str]:
        """States of the step before that the equations read."""
        leaves = [leaf.split(".") for leaf in self.graph.leaves]
        return [name for kind, name in leaves if kind == "prev"]

    @property
    def recurrent(self) -> bool:
        """True if a step depends on the step before."""
        return self.source_names != ["x"] or bool(self.previous)

    @property
    def states(self) -> list[str]:
        """States in the order in which `step` returns them."""
        return list(self.graph.outputs)


def equation_of(error: Exception) -> str:
    """The line of `step` in which a trace failed, for the message."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.name == "step":
            source = linecache.getline(frame.filename, frame.lineno or 0).strip()
            return f"; in line {frame.lineno}: {source}"
    return ""


def attach_names(graph: Graph) -> None:
    """Give every state, every explicit `narrow` and every activation the name of its format."""
    for state, node in graph.outputs.items():
        if node.op in ("read", "const", "lt"):
            raise CellError(f"State {state} must be computed, not {node!r}")
        add_name(graph, node, state)
    for node in graph.live():
        if node.op == "narrow":
            add_name(graph, node, node.attr)
    activations = [node for node in graph.live() if node.op == "act"]
    for node in activations:
        if node not in graph.names:
            add_name(graph, node, activation_name(graph, node))
    for node in activations:
        operand = node.args[0]
        if node.attr != "identity" and not has_format(graph, operand):
            add_name(graph, operand, f"pre_{graph.names[node]}")


def add_name(graph: Graph, node: Node, name: str) -> None:
    check_name("The name of a value", name)
    if name in RESERVED:
        raise CellError(f"{name!r} is the name of another signal of every layer; choose another")
    if node in graph.names:
        raise CellError(f"{node!r} has two names, {graph.names[node]!r} and {name!r}; it needs one")
    if name in graph.names.values():
        raise CellError(f"{name!r} names two values; name one of them with narrow(...)")
    graph.names[node] = name


def has_format(graph: Graph, node: Node) -> bool:
    return node in graph.names or (node.op == "read" and not node.attr.startswith("z."))


def activation_name(graph: Graph, node: Node) -> str:
    """The one gate that an activation reads; squash_c for the activation of c."""
    operand = node.args[0]
    if has_format(graph, operand):
        return "squash_" + (graph.names.get(operand) or operand.attr.split(".")[1])
    gates = gates_below(graph, operand)
    if len(gates) != 1:
        raise CellError(
            f"{node!r} reads {len(gates)} gates ({', '.join(sorted(gates)) or 'none'}); "
            "an activation is named after its one gate: name this one with narrow(...)"
        )
    return gates.pop()


def gates_below(graph: Graph, node: Node) -> set[str]:
    if node in graph.names:
        return set()
    if node.op == "read":
        kind, name = node.attr.split(".")
        return {name} if kind == "z" else set()
    return set().union(*(gates_below(graph, arg) for arg in node.args))


def check(graph: Graph, cell: Cell) -> None:
    """Refuse what would become wrong or unbounded hardware."""
    leaves = graph.leaves
    for gate in cell.gate_names:
        if f"z.{gate}" not in leaves:
            raise CellError(f"gate {gate} is declared and never read")
    for gate in cell.peephole_names:
        if f"p.{gate}" not in leaves:
            raise CellError(f"peephole {gate} is declared and never read")
    for leaf in leaves:
        kind, name = leaf.split(".")
        if kind == "prev" and name not in graph.outputs:
            raise CellError(f"state {name} is read and not returned by State({name}=...)")
    for source in cell.source_names:
        if source != "x" and source not in graph.outputs:
            raise CellError(f"column source {source} is no state of the cell")
    for node in graph.live():
        if node.op == "mul":
            for factor in node.args:
                check_factor(graph, factor, node)


def check_factor(graph: Graph, node: Node, product: Node) -> None:
    """A factor is a leaf, a named value, or a sum or selection of those: so widths stay finite."""
    if has_format(graph, node) or node.op == "const":
        return
    if node.op in ("add", "sub", "select"):
        for arg in node.args[node.op == "select" :]:
            check_factor(graph, arg, product)
        return
    what = "a raw accumulator" if node.op == "read" else "an unnamed product"
    if not (node.op in ("read", "mul") or is_constant(node, 0)):
        what = f"an unnamed {node.op}"
    raise CellError(f"a factor of {product!r} is {what}; give it a name with narrow(...)")
