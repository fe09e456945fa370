"""A cell as text: its source, its equations as traced, its parameters as a formula."""

import ast
import inspect
import textwrap
from collections import Counter

from ..cells import Cell
from ..cells.graph import Graph, Node

__all__ = ["equations", "parameter_formula", "source"]

SIGNS = {"add": "+", "sub": "-", "mul": "*", "lt": "<"}
BINDING = {"lt": 0, "add": 1, "sub": 1, "mul": 2}
ATOM = 3


def source(cell: Cell) -> str:
    """The class of a cell as it stands in its file, without docstrings; empty if it has none."""
    try:
        text = textwrap.dedent(inspect.getsource(type(cell)))
    except (OSError, TypeError):  # made by no class statement
        return ""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            words = node.body[0]
            lines[words.lineno - 1 : words.end_lineno] = [None] * (
                words.end_lineno - words.lineno + 1
            )
    kept = [line for line in lines if line is not None]
    return "\n".join(without_leading_gap(kept)) + "\n"


def without_leading_gap(lines: list[str]) -> list[str]:
    """A class without the empty line that its docstring leaves."""
    return [line for n, line in enumerate(lines) if n == 0 or line or not opens(lines[n - 1])]


def opens(line: str) -> bool:
    return line.startswith("class ") and line.endswith(":")


def equations(graph: Graph) -> list[str]:
    """One line for every value that is rounded to a format, as it was traced: what is absent has
    folded away. Operands of activations are rounded too and have no line of their own."""
    inlined = {node for node, name in graph.names.items() if has_no_line(graph, node, name)}
    return [
        f"{graph.names[node]} = {expression(graph, node, inlined, top=True)}"
        for node in graph.live()
        if node in graph.names and node not in inlined
    ]


def has_no_line(graph: Graph, node: Node, name: str) -> bool:
    return node.op != "narrow" and name.startswith("pre_") and name not in graph.outputs


def expression(graph: Graph, node: Node, inlined: set[Node], *, top: bool = False) -> str:
    """A node in Python; a value with a line of its own is its name there."""
    if node in graph.names and node not in inlined and not top:
        return graph.names[node]

    def inner(arg: Node) -> str:
        return expression(graph, arg, inlined)

    match node.op:
        case "read":
            return node.attr.replace("parameter.", "p.")
        case "const":
            return f"{float(node.attr):g}"
        case "select":
            return f"select({', '.join(map(inner, node.args))})"
        case "narrow":
            return inner(node.args[0])
        case "act":
            given = [(key, getattr(node.attr, key)) for key in ("alpha", "beta")]
            options = [f"{key}={value:g}" for key, value in given if value is not None]
            return f"{node.attr.name}({', '.join([inner(node.args[0]), *options])})"
    left, right = sorted(node.args, key=leaf_place) if node.op == "mul" else node.args
    least = BINDING[node.op]
    first = bracketed(inner(left), binding(graph, left, inlined) < least)
    tight = node.op == "sub"  # a - (b - c)
    second = bracketed(inner(right), binding(graph, right, inlined) < least + tight)
    if node.op == "sub" and left.op == "const" and left.attr == 0:
        return f"-{second}"
    return f"{first} {SIGNS[node.op]} {second}"


def leaf_place(factor: Node) -> int:
    """Peepholes stand first in a product, the previous state last."""
    return {"p": 0, "prev": 2}.get(str(factor.attr).split(".")[0] if factor.op == "read" else "", 1)


def binding(graph: Graph, node: Node, inlined: set[Node]) -> int:
    """How tightly the text of a node holds together."""
    if node in graph.names and node not in inlined:
        return ATOM
    return BINDING.get(node.op, ATOM)


def bracketed(text: str, needed: bool) -> str:
    return f"({text})" if needed else text


def parameter_formula(cell: Cell) -> str:
    """How many numbers are trained, in H units and I inputs: 4H(I + H + 1) + 3H.

    A row and its bias for each gate, then the vectors: peepholes, parameters, and period, shift
    and open ratio of a timed cell.
    """
    rows = Counter(row(cell.sources(gate)) for gate in cell.gate_names)
    terms = [f"{times(count)}({columns})" for columns, count in rows.items()]
    vectors = len(cell.peephole_names) + len(cell.parameter_names) + (3 if cell.timed else 0)
    return " + ".join(terms + ([times(vectors)] if vectors else []))


def row(sources: list[str]) -> str:
    """Weights and bias of a row: I + 2H + 1."""
    states = sum(each != "x" for each in sources)
    return " + ".join(
        (["I"] if "x" in sources else []) + ([times(states)] if states else []) + ["1"]
    )


def times(count: int) -> str:
    return "H" if count == 1 else f"{count}H"
