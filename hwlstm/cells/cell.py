"""A recurrent cell, written once as its equations; `trace` runs them on symbols."""

import traceback
from collections.abc import Callable, Mapping
from functools import cached_property

from ..activation import Function, function
from ..names import is_name
from .check import check, check_hold
from .graph import CellError, Graph, Node, quoted
from .naming import attach_names, exchanged, remember

__all__ = ["Cell", "State"]

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
