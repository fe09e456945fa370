"""The backward graph of a cell, by differentiating its equations node for node.

Its leaves are those of the step, its stored values (fwd.NAME), and the gradients of the states
(next.STATE: from above and from the step after). Its outputs are the gradients of the leaves.
"""

import math
from fractions import Fraction

from .graph import CellError, Graph, Node

__all__ = ["differentiate"]

FINEST = 2**24
"""Kinks are rounded up to this fraction, which no operand in fixed point can tell."""


def differentiate(graph: Graph) -> Graph:
    """Reverse-mode derivative of one step.

    Roundings count as if they were not there (straight-through), a selection passes its gradient
    to the chosen branch, a comparison to none.

    Returns
    -------
    A Graph whose outputs map each leaf of `graph` to its gradient. Named, and so with a format:
    d.NAME, the gradient of a named value; slope.NAME, that of an activation; d.z.GATE.

    Raises
    ------
    CellError
        An activation function without a slope.
    """
    back = Graph()
    stored: dict[Node, Node] = {}

    def value(node: Node) -> Node:
        """What a node was in the forward step."""
        if node not in stored:
            name = graph.names.get(node)
            if name:
                stored[node] = back.read(f"fwd.{name}")
            else:
                stored[node] = back.rebuilt(node, [value(arg) for arg in node.args])
        return stored[node]

    gradients: dict[Node, Node] = {}
    for state, node in graph.outputs.items():
        gradients[node] = back.read(f"next.{state}")
    for node in reversed(graph.live()):
        d = gradients.get(node, back.node(0))
        name = graph.names.get(node) or (
            node.op == "read" and node.attr.startswith("z.") and node.attr
        )
        if name and d.op not in ("read", "const"):
            back.names.setdefault(d, f"d.{name}")
        if node.op == "read":
            back.outputs[node.attr] = d
        for arg, part in zip(node.args, parts(graph, node, d, value), strict=True):
            gradients[arg] = back.add(gradients.get(arg, back.node(0)), part)
    return back


def parts(graph: Graph, node: Node, d: Node, value) -> list[Node]:
    """What the gradient `d` of a node gives to each of its operands."""
    back = d.graph
    nothing = back.node(0)
    match node.op:
        case "add":
            return [d, d]
        case "sub":
            return [d, -d]
        case "mul":
            a, b = node.args
            return [d * value(b), d * value(a)]
        case "select":
            condition = value(node.args[0])
            pairs = ((d, nothing), (nothing, d))
            return [nothing, *(back.make("select", condition, *pair) for pair in pairs)]
        case "act":
            return [d * slope(graph, node, value)]
        case "narrow":
            return [d]
        case "lt":
            return [nothing, nothing]
    return []


def slope(graph: Graph, node: Node, value) -> Node:
    """The derivative of an activation: from its stored result where short, else its operand."""
    result, name = value(node), graph.names[node]
    back, function = result.graph, node.attr
    if function.slope_of_result:
        found = back.node(function.slope_of_result(result))
    elif function.pieces:
        found = level(value(node.args[0]), function.pieces)
    elif function.slope:
        found = back.make("act", value(node.args[0]), attr=function.derivative)
    else:
        raise CellError(
            f"the activation function of {name}, {function}, has no slope; give it one as "
            f"Function(name, floats, slope=...){node.line}"
        )
    if found.op != "const":
        back.names.setdefault(found, f"slope.{name}")
    return found


def level(x: Node, pieces) -> Node:
    """The slope of the straight line that x is on."""
    *before, last = (x.graph.make("const", attr=piece.slope) for piece in pieces)
    for slope_before, piece in zip(reversed(before), reversed(pieces[1:]), strict=True):
        start = Fraction(math.ceil(piece.start * FINEST), FINEST)
        last = x.graph.make("select", x < start, slope_before, last)
    return last
