"""A recurrent cell, written once as its equations; `trace` runs them on symbols."""

import traceback
from collections.abc import Callable, Mapping
from functools import cached_property

from ..activation import Function, function
from ..names import check_name, is_name
from .graph import CellError, Graph, Node, is_constant, leaf_format, quoted

__all__ = ["Cell", "State"]

RESERVED = ("x", "W", "U", "b", "p", "valid")
"""Signals of a layer that are not the cell's own."""

TIME = ("phi", "rate", "leak")
"""What a time gate gives to every unit: see `Cell.timed`."""


class State(dict):
    """What a step returns: ``State(h=..., c=...)``. Each keyword names its value."""

    def __init__(self, **values):
        super().__init__(values)


class Operands:
    """The attributes z.g, p.i, prev.c of a step; each is a leaf of the graph.

    `known` maps an attribute to its leaf; anything goes if None. `absent` ones read as 0, which
    folds away.
    """

    def __init__(self, graph, kind, known=None, absent=()):
        self._graph, self._kind, self._known, self._absent = graph, kind, known, absent

    def __getattr__(self, name) -> Node:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._absent:
            return self._graph.node(0)
        if self._known is None:
            return self._graph.read(f"{self._kind}.{name}")
        if name not in self._known:
            known = ", ".join(self._known) or "none"
            raise CellError(f"{self._kind}.{name} is not declared; declared are: {known}")
        return self._graph.read(self._known[name])


class Cell:
    """Base of every cell. A subclass gives `gates` and `step`, and the rest is derived.

    Attributes
    ----------
    gates : str
        Names of the pre-activations, in the order in which their rows stand in memory.
    peepholes : str
        Gates that own a vector p, one number per unit.
    parameters : str
        Other vectors p, one number per unit, each with a format of its own.
    columns : dict
        Gate to the sources that its rows multiply, "x h" unless given.
    remembered : str
        Gates whose activations are states too, so that rows can multiply them.
    timed : bool
        `step` takes a fifth operand, `time`: phi (the phase of the unit, 0 to 1), rate (2 / open
        ratio) and leak, from the time gate of the layer.
    hold : str
        Name of a value of `time` and parameters alone. Where it is 0, every state stays as it
        was, so that the rows of the unit need not be multiplied.
    """

    gates = ""
    peepholes = ""
    parameters = ""
    columns: dict[str, str] = {}
    remembered = ""
    timed = False
    hold = ""

    def __init__(
        self,
        *,
        peepholes: str | None = None,
        activations: Mapping[str, str | Callable | Function] | None = None,
    ):
        """
        Parameters
        ----------
        peepholes : str
            Which of the offered ones exist; all of them if not given.
        activations : dict
            Name of an activation's result (that of its gate; squash_c for tanh(c)) to the
            function in its place.
        """
        offered = type(self).peepholes.split()
        if peepholes is not None:
            unknown = [gate for gate in peepholes.split() if gate not in offered]
            if unknown:
                raise CellError(f"{self.name} has no peephole {unknown[0]!r}; it offers {offered}")
            self.peepholes = " ".join(gate for gate in offered if gate in peepholes.split())
        self.activations = {name: function(what) for name, what in dict(activations or {}).items()}

    def step(self, z, p, prev) -> State:
        """One time step: pre-activations z, vectors p, previous state `prev` to the new state."""
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

    @property
    def parameter_names(self) -> list[str]:
        return self.parameters.split()

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
        for gate in self.gate_names:
            if not is_name(gate) or self.gate_names.count(gate) > 1:
                raise CellError(f"{self.name}: gates must be different names, not {self.gates!r}")
        if not self.gate_names:
            raise CellError(f"{self.name} must declare its gates")
        graph = self._traced()
        try:
            attach_names(graph)
            if self.activations:
                graph = exchanged(graph, self.activations)
                attach_names(graph)
            remember(graph, self.remembered.split())
            check(graph, self)
            if self.hold:
                check_hold(graph, self.hold)
        except (CellError, ValueError) as error:
            raise CellError(f"{self.name}: {error}") from None
        return graph

    def _traced(self) -> Graph:
        graph = Graph(code=type(self).step.__code__)
        absent = set(type(self).peepholes.split()) - set(self.peephole_names)
        vectors = {gate: f"p.{gate}" for gate in self.peephole_names}
        vectors |= {name: f"parameter.{name}" for name in self.parameter_names}
        operands = [
            Operands(graph, "z", {gate: f"z.{gate}" for gate in self.gate_names}),
            Operands(graph, "p", vectors, absent),
            Operands(graph, "prev"),
        ]
        if self.timed:
            operands.append(Operands(graph, "time", {name: f"time.{name}" for name in TIME}))
        try:
            outputs = self.step(*operands)
            if not isinstance(outputs, State) or not outputs:
                raise CellError(f"step must return State(h=...), not {outputs!r}")
            graph.outputs = {name: graph.node(value) for name, value in outputs.items()}
        except CellError as error:
            raise CellError(f"{self.name}: {error}{raised_in(error, graph)}") from None
        except Exception as error:  # whatever a user's equations may do
            what = f"{type(error).__name__}: {error}"
            raise CellError(f"{self.name}: {what}{raised_in(error, graph)}") from None
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
        """States in the order in which `step` returns them, remembered gates behind."""
        return list(self.graph.outputs)


def raised_in(error: Exception, graph: Graph) -> str:
    """The line of the equations in which a trace failed, for the message."""
    lines = [
        line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code is graph.code
    ]
    return quoted(graph.code, lines[-1]) if graph.code and lines else ""


def attach_names(graph: Graph) -> None:
    """Give every state, every explicit `narrow` and every activation the name of its format."""
    for state, node in graph.outputs.items():
        if node.op in ("read", "const", "lt"):
            raise CellError(f"State {state} must be computed, not {node!r}{node.line}")
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
        if node.is_table and not has_format(graph, operand):
            add_name(graph, operand, f"pre_{graph.names[node]}")


def add_name(graph: Graph, node: Node, name: str) -> None:
    check_name("The name of a value", name)
    if name in RESERVED:
        raise CellError(
            f"{name!r} is the name of another signal of every layer; choose another{node.line}"
        )
    if node in graph.names:
        raise CellError(
            f"{node!r} has two names, {graph.names[node]!r} and {name!r}; it needs one{node.line}"
        )
    if name in graph.names.values():
        raise CellError(f"{name!r} names two values; name one of them with narrow(...){node.line}")
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
            f"an activation is named after its one gate: name this one with narrow(...){node.line}"
        )
    return gates.pop()


def gates_below(graph: Graph, node: Node) -> set[str]:
    if node in graph.names:
        return set()
    if node.op == "read":
        kind, name = node.attr.split(".")
        return {name} if kind == "z" else set()
    return set().union(*(gates_below(graph, arg) for arg in node.args))


def exchanged(graph: Graph, activations: Mapping[str, Function]) -> Graph:
    """The same equations with other activation functions, by the name of their result."""
    known = [graph.names[node] for node in graph.live() if node.op == "act"]
    for name in activations:
        if name not in known:
            raise CellError(f"activation {name!r} is none of this cell's; those are {known}")
    other, made = Graph(code=graph.code), {}
    for node in graph.live():
        args = [made[arg] for arg in node.args]
        made[node] = other.rebuilt(node, args)
        name = graph.names.get(node)
        if node.op == "act" and name in activations:
            made[node] = other.make("act", *args, attr=activations[name])
            own = graph.names.get(node.args[0]) == f"pre_{name}"
            if not made[node].is_table and has_format(graph, node.args[0]) and not own:
                made[node] = args[0]  # identity of a value that has a format anyway
        made[node].line = node.line
    other.outputs = {name: made[node] for name, node in graph.outputs.items()}
    return other


def remember(graph: Graph, gates: list[str]) -> None:
    """Make activations states too."""
    named = {name: node for node, name in graph.names.items()}
    for gate in gates:
        if gate not in named or named[gate].op != "act" or gate in graph.outputs:
            raise CellError(f"remembered {gate!r} must be an activation that is no state yet")
        graph.outputs[gate] = named[gate]


def check(graph: Graph, cell: Cell) -> None:
    """Refuse what would become wrong or unbounded hardware."""
    leaves = graph.leaves
    for what, kind in (("gates", "z"), ("peepholes", "p"), ("parameters", "parameter")):
        declared = getattr(cell, what)
        for name in declared.split():
            if f"{kind}.{name}" not in leaves:
                raise CellError(
                    f"{what[:-1]} {name} is declared and never read; in {what} = {declared!r}"
                )
    reads = [node for node in graph.live() if node.op == "read"]
    for node in reads:
        kind, name = node.attr.split(".")
        if kind == "prev" and name not in graph.outputs:
            raise CellError(
                f"state {name} is read and not returned by State({name}=...){node.line}"
            )
        if kind in ("parameter", "time") and leaf_format(node.attr) in graph.names.values():
            raise CellError(f"{name!r} names two values, one of them {node!r}{node.line}")
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
    raise CellError(
        f"a factor of {product!r} is {what}; give it a name with narrow(...){product.line}"
    )


def check_hold(graph: Graph, hold: str) -> None:
    """Where `hold` is 0 every state must stay: the equations, with 0 in its place, say so."""
    held = next((node for node, name in graph.names.items() if name == hold), None)
    if held is None:
        raise CellError(f"hold {hold!r} must be the name of a value")
    for node in graph.below([held]):
        if node.op == "read" and not node.attr.startswith(("time.", "parameter.")):
            raise CellError(f"hold {hold!r} must depend on time and parameters only, not {node!r}")
    closed, made = Graph(), {}
    for node in graph.live():
        args = [made[arg] for arg in node.args]
        made[node] = closed.node(0) if node is held else closed.rebuilt(node, args)
    for state, node in graph.outputs.items():
        if made[node] is not closed.read(f"prev.{state}"):
            raise CellError(
                f"state {state} must stay as it was where {hold} is 0, not become {made[node]!r}"
            )
