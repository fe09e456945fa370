"""The graph that a cell's equations leave behind when they run once on symbolic operands.

Nodes are interned: two equal expressions are one node, so equality of two cells is ``is``.
"""

import linecache
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from types import CodeType, FrameType

from ..activation import FUNCTIONS, Function, function
from ..errors import HwlstmError

__all__ = ["CellError", "Graph", "Node", "apply", "identity", "narrow", "select", "sigmoid", "tanh"]

IDENTITY = FUNCTIONS["identity"]


class CellError(HwlstmError):
    """The equations of a cell cannot be built; the message says which and why."""


class Node:
    """One value of a cell. Arithmetic on nodes builds the graph.

    `op` is one of read, const, add, sub, mul, lt, select, act, narrow; `attr` is the leaf name,
    the constant (Fraction), the Function or the given name; `line` says in which line of the
    equations it was first written, for messages.
    """

    __slots__ = ("args", "attr", "graph", "index", "line", "op")

    def __init__(self, graph, index, op, args, attr):
        self.graph, self.index, self.op, self.args, self.attr = graph, index, op, args, attr
        self.line = line_of(graph.code, sys._getframe())

    def __repr__(self):
        if self.op in ("read", "const"):
            return str(self.attr)
        label = f"{self.attr}" if self.op in ("act", "narrow") else self.op
        return f"{label}({', '.join(map(repr, self.args))})"

    def __add__(self, other):
        return self.graph.add(self, self.graph.node(other))

    __radd__ = __add__

    def __sub__(self, other):
        return self.graph.sub(self, self.graph.node(other))

    def __rsub__(self, other):
        return self.graph.sub(self.graph.node(other), self)

    def __neg__(self):
        return self.graph.sub(self.graph.node(0), self)

    def __mul__(self, other):
        return self.graph.mul(self, self.graph.node(other))

    __rmul__ = __mul__

    def __lt__(self, other):
        return self.graph.make("lt", self, self.graph.node(other))

    def __gt__(self, other):
        return self.graph.make("lt", self.graph.node(other), self)

    def __bool__(self):
        raise CellError("A value of a cell has no truth; write select(a < b, x, y)")

    @property
    def is_table(self) -> bool:
        """True for an activation that is looked up; identity is not."""
        return self.op == "act" and self.attr != IDENTITY


@dataclass
class Graph:
    """Nodes in order of creation (operands first), outputs, and the names that carry formats.

    Attributes
    ----------
    outputs : dict
        State name to node.
    names : dict
        Node to the name whose Format it is narrowed to. Nothing else is ever rounded.
    code : code object
        Of the equations, so that a message can point at a line of them.
    """

    nodes: list[Node] = field(default_factory=list)
    outputs: dict[str, Node] = field(default_factory=dict)
    names: dict[Node, str] = field(default_factory=dict)
    code: CodeType | None = None
    _interned: dict[tuple, Node] = field(default_factory=dict, repr=False)

    def make(self, op: str, *args: Node, attr=None) -> Node:
        for arg in args:
            if arg.graph is not self:
                raise CellError(f"{arg!r} belongs to another trace; use this step's operands")
        key = (op, *(arg.index for arg in args), attr)
        if key not in self._interned:
            node = Node(self, len(self.nodes), op, args, attr)
            self.nodes.append(node)
            self._interned[key] = node
        return self._interned[key]

    def read(self, leaf: str) -> Node:
        return self.make("read", attr=leaf)

    def node(self, value) -> Node:
        """A node as it is; a number as an exact constant."""
        if isinstance(value, Node):
            return value
        try:
            exact = Fraction(value)
        except (TypeError, ValueError, OverflowError):
            raise CellError(f"An operand must be a value or a number, not {value!r}") from None
        if exact.denominator & exact.denominator - 1 or exact.denominator > 2**24:
            raise CellError(f"{value!r} has no exact binary form; make it a parameter")
        return self.make("const", attr=exact)

    def add(self, a: Node, b: Node) -> Node:
        if is_constant(a, 0):
            return b
        if is_constant(b, 0):
            return a
        if a.op == b.op == "const":
            return self.node(a.attr + b.attr)
        return self.make("add", *sorted((a, b), key=lambda node: node.index))

    def sub(self, a: Node, b: Node) -> Node:
        if is_constant(b, 0):
            return a
        if a.op == b.op == "const":
            return self.node(a.attr - b.attr)
        return self.make("sub", a, b)

    def mul(self, a: Node, b: Node) -> Node:
        a, b = sorted((a, b), key=lambda node: node.op != "const")
        if is_constant(a, 0):
            return a
        if is_constant(a, 1):
            return b
        if a.op == b.op == "const":
            return self.node(a.attr * b.attr)
        return self.make("mul", *sorted((a, b), key=lambda node: node.index))

    def rebuilt(self, node: Node, args: list[Node]) -> Node:
        """A node of another graph, made here of the given operands; what is absent folds away."""
        fold = {"add": self.add, "sub": self.sub, "mul": self.mul}
        if node.op in fold:
            return fold[node.op](*args)
        return self.make(node.op, *args, attr=node.attr)

    def live(self) -> list[Node]:
        """The nodes that the outputs need, operands first."""
        return self.below(self.outputs.values())

    def below(self, nodes) -> list[Node]:
        """The given nodes and all that they need, operands first."""
        needed, stack = set(), list(nodes)
        while stack:
            node = stack.pop()
            if node.index not in needed:
                needed.add(node.index)
                stack.extend(node.args)
        return [node for node in self.nodes if node.index in needed]

    @property
    def leaves(self) -> list[str]:
        """Names of the inputs that the outputs need."""
        return [node.attr for node in self.live() if node.op == "read"]

    @property
    def activations(self) -> dict[str, tuple[Function, str]]:
        """Name of each activation's result: (function, name of its operand)."""
        return {
            self.names[node]: (node.attr, operand_name(self, node.args[0]))
            for node in self.live()
            if node.is_table
        }


def operand_name(graph: Graph, node: Node) -> str:
    """The name whose format an operand carries: its own, or the leaf's."""
    return graph.names.get(node) or leaf_format(node.attr)


def leaf_format(leaf: str) -> str:
    """Which format a leaf carries: its own (prev.c: c), but one for all peepholes (p.i: p)."""
    kind, name = leaf.split(".", 1)
    return kind if kind == "p" else name


def is_constant(node: Node, value: int) -> bool:
    return node.op == "const" and node.attr == value


def line_of(code: CodeType | None, frame: FrameType | None) -> str:
    """The line that `code` is executing, looking outwards from a frame; empty if it is not."""
    while frame and frame.f_code is not code:
        frame = frame.f_back
    return quoted(code, frame.f_lineno) if code and frame else ""


def quoted(code: CodeType, line: int) -> str:
    """A line of the equations, for a message."""
    return f"; in line {line}: {linecache.getline(code.co_filename, line).strip()}"


def apply(what: "str | Callable | Function", x: Node, alpha=None, beta=None) -> Node:
    """An activation function of x: a name of `FUNCTIONS`, a Function or a callable on arrays.

    The result carries a name and with it a format.
    """
    if not isinstance(x, Node):
        raise CellError(f"The operand of {what} must be a value, not {x!r}")
    return x.graph.make("act", x, attr=function(what, alpha, beta))


def sigmoid(x: Node) -> Node:
    """1 / (1 + exp(-x)); see `apply`."""
    return apply("sigmoid", x)


def tanh(x: Node) -> Node:
    """tanh(x); see `apply`."""
    return apply("tanh", x)


def identity(x: Node) -> Node:
    """x itself, but a gate with a name and with it a format."""
    return apply("identity", x)


def narrow(name: str, x: Node) -> Node:
    """Give an intermediate value a name, and with it a format."""
    if not isinstance(x, Node):
        raise CellError(f"The operand of narrow({name!r}, ...) must be a value, not {x!r}")
    return x.graph.make("narrow", x, attr=name)


def select(condition: Node, then, otherwise) -> Node:
    """`then` where the condition holds, else `otherwise`."""
    if not isinstance(condition, Node) or condition.op != "lt":
        raise CellError(f"The condition of select must be a comparison, not {condition!r}")
    graph = condition.graph
    return graph.make("select", condition, graph.node(then), graph.node(otherwise))
