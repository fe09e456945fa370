"""Which values of a traced cell carry a name, and with it a format."""

from collections.abc import Mapping

from ..activation import Function
from ..names import check_name
from .graph import CellError, Graph, Node

__all__ = ["attach_names", "exchanged", "has_format", "matrix_name", "remember"]

RESERVED = ("x", "W", "U", "b", "p", "valid")
"""Signals of a layer that are not the cell's own."""


def matrix_name(source: str) -> str:
    """The matrix that multiplies a column source: W for x, U for h, R_s for a state s.

    The part of it that belongs to gate q is W_q, U_q, R_s_q.
    """
    return {"x": "W", "h": "U"}.get(source, f"R_{source}")


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
