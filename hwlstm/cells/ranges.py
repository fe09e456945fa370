"""The exact range of every node: widths for the hardware, overflow proof for the golden model."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from ..fixed import Format, Interval, narrow
from .graph import Graph, Node

__all__ = ["aligned", "constant", "narrowed", "ranges"]


def ranges(
    graph: Graph,
    format_of: Callable[[str], Format],
    leaves: Mapping[str, Interval],
    results: Mapping[str, Interval],
) -> dict[Node, Interval]:
    """Interval of every live node *before* it is narrowed; its users see `narrowed` of it.

    Parameters
    ----------
    format_of : callable
        Name to Format, for every name of the graph.
    leaves : dict
        Leaf name to the Interval of its raw integers.
    results : dict
        Name of an activation's result to the Interval of its table.
    """
    exact: dict[Node, Interval] = {}

    def seen(node: Node) -> Interval:
        name = graph.names.get(node)
        return narrowed(exact[node], format_of(name)) if name else exact[node]

    for node in graph.live():
        args = [seen(arg) for arg in node.args]
        match node.op:
            case "read":
                exact[node] = leaves[node.attr]
            case "act" if node.is_table:
                exact[node] = results[graph.names[node]]
            case "const":
                exact[node] = constant(node.attr)
            case "add" | "sub":
                exact[node] = sum_range(*aligned(*args), -1 if node.op == "sub" else 1)
            case "mul":
                exact[node] = product_range(*args, square=node.args[0] is node.args[1])
            case "lt":
                exact[node] = Interval(0, 0, 1)
            case "select":
                a, b = aligned(*args[1:])
                exact[node] = Interval(a.frac, min(a.lo, b.lo), max(a.hi, b.hi))
            case "narrow" | "act":
                exact[node] = args[0]
    return exact


def constant(value: Fraction) -> Interval:
    return Interval(value.denominator.bit_length() - 1, value.numerator, value.numerator)


def narrowed(exact: Interval, to: Format) -> Interval:
    """The range after `fixed.narrow`."""
    return Interval(to.frac, *(narrow(end, exact.frac, to) for end in (exact.lo, exact.hi)))


def aligned(*intervals: Interval) -> list[Interval]:
    """The same values at one number of fraction bits, the largest."""
    frac = max(interval.frac for interval in intervals)
    return [Interval(frac, r.lo << frac - r.frac, r.hi << frac - r.frac) for r in intervals]


def sum_range(a: Interval, b: Interval, sign: int) -> Interval:
    lo, hi = (b.lo, b.hi) if sign > 0 else (-b.hi, -b.lo)
    return Interval(a.frac, a.lo + lo, a.hi + hi)


def product_range(a: Interval, b: Interval, *, square: bool) -> Interval:
    corners = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    if square:
        corners = [a.lo * a.lo, a.hi * a.hi, 0 if a.lo <= 0 <= a.hi else a.lo * a.lo]
    return Interval(a.frac + b.frac, min(corners), max(corners))
