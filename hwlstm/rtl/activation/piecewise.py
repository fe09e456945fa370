"""Lines and parabolas: table, slope, product, sum."""

from amaranth import Module, Signal
from amaranth.hdl import Value

from ...activation.families import Piecewise, aligned
from ...activation.table import Table
from ...fixed import Interval
from ..arithmetic import shape
from .pipeline import Pipeline
from .rows import multiplied
from .table import look_up

__all__ = ["piecewise"]


def piecewise(
    m: Module, pipe: Pipeline, live: dict[str, Value], units: list[Piecewise], result: Interval
) -> dict[str, Value]:
    """Add `y`, the output of the selected unit for `x`, to the live values.

    `result` holds every y of theirs.
    """
    units = aligned(units)
    unit = units[0]
    p, span = unit.precision, unit.span
    table = Table.joined([each.table for each in units])
    live = look_up(m, pipe, {**live, "t": live["x"][:span]}, table)
    start, slope = live.pop("column_0"), live.pop("column_1")
    live |= {"start": start, "slope": slope}
    if unit.quadratic:
        live |= {"bend": live.pop("column_2"), "high": live["t"][p.drop :]}
        live = multiplied(pipe, live, "bend", "high", shift=p.shift, into="bent", stage="bend")
        live["slope"] = live["slope"] + live.pop("bent")
        live = pipe("slope", live)
    live = product(pipe, live, unit)
    total = Signal(shape(Interval(0, result.lo << p.g - p.s, (result.hi + 1 << p.g - p.s) - 1)))
    m.d.comb += total.eq(live.pop("start") + live.pop("product"))
    return pipe("sum", {**live, "y": total >> p.g - p.s})


def product(pipe: Pipeline, live: dict[str, Value], unit: Piecewise) -> dict[str, Value]:
    """Replace slope and t by their product, without the bits that the sum does not see."""
    if unit.dsp:
        live = pipe("operands", live)
        whole = live.pop("slope") * live.pop("t")
        live = pipe("product", {**live, "product": whole})
        return {**live, "product": live["product"] >> unit.precision.s}
    shift = unit.precision.s
    return multiplied(pipe, live, "slope", "t", shift=shift, into="product", stage="product")
