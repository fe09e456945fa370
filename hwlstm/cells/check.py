"""What is refused of a traced cell, since it would become wrong or unbounded hardware."""

from .graph import CellError, Graph, Node, is_constant, leaf_format
from .naming import has_format, matrix_name

__all__ = ["check", "check_hold"]


def check(graph: Graph, cell) -> None:
    """Refuse a graph that would be wrong or unbounded hardware of the Cell."""
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
    check_matrices(graph, cell)
    for node in graph.live():
        if node.op == "mul":
            for factor in node.args:
                check_factor(graph, factor, node)


def check_matrices(graph: Graph, cell) -> None:
    """Values, and what each unit has a number of, are not named as matrices are."""
    parameters = {n.attr: n for n in graph.live() if n.op == "read" and "parameter." in n.attr}
    named = {name: node for node, name in graph.names.items()}
    named |= {leaf_format(leaf): node for leaf, node in parameters.items()}
    matrices = {matrix_name(s) for s in cell.source_names}
    matrices |= {f"{matrix_name(s)}_{q}" for q in cell.gate_names for s in cell.sources(q)}
    for name in named:
        if name in matrices:
            raise CellError(
                f"{name!r} is the name of a matrix of the cell; choose another{named[name].line}"
            )


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
