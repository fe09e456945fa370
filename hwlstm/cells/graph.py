"""The graph that a cell's equations leave behind when they run once on symbolic operands.

Nodes are interned: two equal expressions are one node, so equality of two cells is ``is``.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from ..errors import HwlstmError

__all__ = ["CellError", "Graph", "Node", "identity", "narrow", "select", "sigmoid", "tanh"]


class CellError(HwlstmError):
    """The equations of a cell cannot be built; the message says which and why."""


class Node:
    """One value of a cell. Arithmetic on nodes builds the graph.

    `op` is one of read, const, add, sub, mul, lt, select, act, narrow; `attr` is the leaf name,
    the constant (Fraction), the function or the given name.
    """

    __slots__ = ("args", "attr", "graph", "index", "op")

    def __init__(self, graph, index, op, args, attr):
        self.graph, self.index, self.op, self.args, self.attr = graph, index, op, args, attr

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


@dataclass
class Graph:
    """Nodes in order of creation (operands first), outputs, and the names that carry formats.

    Attributes
    ----------
    outputs : dict
        State name to node.
    names : dict
        Node to the name whose Format it is narrowed to. Nothing else is ever rounded.
    """

    nodes: list[Node] = field(default_factory=list)
    outputs: dict[str, Node] = field(default_factory=dict)
    names: dict[Node, str] = field(default_factory=dict)
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
        return self.make("add", *sorted((a, b), key=lambda node: node.index))

    def sub(self, a: Node, b: Node) -> Node:
        return a if is_constant(b, 0) else self.make("sub", a, b)

    def mul(self, a: Node, b: Node) -> Node:
        a, b = sorted((a, b), key=lambda node: node.op != "const")
        if is_constant(a, 0):
            return a
        if is_constant(a, 1):
            return b
        return self.make("mul", *sorted((a, b), key=lambda node: node.index))

    def live(self) -> list[Node]:
        """The nodes that the outputs need, operands first."""
        needed, stack = set(), list(self.outputs.values())
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
    def activations(self) -> dict[str, tuple[str, str]]:
        """Name of each activation's result: (function, name of its operand)."""
        return {
            self.names[node]: (node.attr, operand_name(self, node.args[0]))
            for node in self.live()
            if node.op == "act" and node.attr != "identity"
        }


def operand_name(graph: Graph, node: Node) -> str:
    """The name whose format an operand carries: its own, or the leaf's."""
    return graph.names.get(node) or leaf_format(node.attr)


def leaf_format(leaf: str) -> str:
    """Which format a leaf carries: a state's own (prev.c: c), one for all peepholes (p.i: p)."""
    kind, name = leaf.split(".")
    return name if kind == "prev" else kind


def is_constant(node: Node, value: int) -> bool:
    return node.op == "const" and node.attr == value


def _activation(function: str):
    def apply(x: Node) -> Node:
        if not isinstance(x, Node):
            raise CellError(f"The operand of {function} must be a value, not {x!r}")
        return x.graph.make("act", x, attr=function)

    apply.__name__ = apply.__qualname__ = function
    apply.__doc__ = f"{function}(x); the result carries a name and with it a format."
    return apply


sigmoid = _activation("sigmoid")
tanh = _activation("tanh")
identity = _activation("identity")


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
