"""ActivationUnit: one function, or several that take turns."""

from amaranth import Module, Mux, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ...activation import Activation, Clipped, Direct, Family, Piecewise, Saturating, Shared
from ...activation.table import Table
from ...fixed import Format, Interval
from ..arithmetic import clip, shape
from .clipped import clipped
from .piecewise import piecewise
from .pipeline import Pipeline
from .table import look_up

__all__ = ["ActivationUnit"]


class ActivationUnit(wiring.Component):
    """One activation a cycle.

    Parameters
    ----------
    activations : list of Activation
        Alike: see `Activation.likeness`.

    Members
    -------
    x : raw input, in the format of the selected function
    select : index of the function
    y : raw output

    Latency: that of the activations.
    """

    def __init__(self, activations: list[Activation]):
        if len({activation.likeness for activation in activations}) != 1:
            raise ValueError("Activations of one unit must be one or more of equal likeness")
        self.activations = activations
        results = [each.result for each in activations]
        self.result = Interval(0, min(r.lo for r in results), max(r.hi for r in results))
        super().__init__(
            {
                "x": In(raw(activations[0].in_format)),
                "select": In(range(max(2, len(activations)))),
                "y": Out(shape(self.result)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        first = self.activations[0]
        pipe = Pipeline(m, first.unit.registers(first.latency))
        units = [each.unit for each in self.activations]
        live: dict[str, Value] = {"x": self.x, "select": self.select}
        m.d.comb += self.y.eq(whole(m, pipe, live, units, self.result)["y"])
        return m


def raw(fmt: Format):
    return shape(fmt.interval)


def whole(m, pipe, live, units: list[Family], result: Interval) -> dict[str, Value]:
    """Replace the input `x` by its `y`."""
    if isinstance(units[0], Saturating):
        live = saturated(m, live, units[0])
        units = [unit.inner for unit in units]
    return (straight if units[0].mirror is None else mirrored)(m, pipe, live, units, result)


def saturated(m, live, unit: Saturating) -> dict[str, Value]:
    """Hold `x` to the codes of the inner unit."""
    source, narrow = unit.in_format.interval, unit.inner.in_format
    x = Signal(raw(narrow), name="held")
    m.d.comb += x.eq(clip(live["x"], narrow.lo, narrow.hi, source))
    return {**live, "x": x}


def straight(m, pipe, live, units: list[Family], result: Interval) -> dict[str, Value]:
    """Replace `x` by its `y`, be it an input or a magnitude."""
    match units[0]:
        case Piecewise():
            return piecewise(m, pipe, live, units, result)
        case Direct():
            live = look_up(m, pipe, live, Table.joined([unit.table for unit in units]))
            return {**live, "y": live.pop("column_0")}
        case Clipped():
            return clipped(m, pipe, live, units[0], result)
        case Shared():
            return shared(m, pipe, live, units, result)
    raise TypeError(f"Unit must be of a known family, not {units[0]!r}")


def mirrored(m, pipe, live, units: list[Family], result: Interval) -> dict[str, Value]:
    """Compute with the magnitude, and mirror the outputs of negative inputs."""
    x = live["x"]
    negative, rest = x[-1], x[:-1]
    # The most negative code has no magnitude of this width: it takes its neighbour's.
    magnitude = (rest ^ negative.replicate(len(rest))) + (negative & rest.any())
    live = {**live, "x": magnitude[: len(rest)], "negative": negative}
    live = pipe("magnitude", live)
    reach = Interval(0, *reached(units))
    live = straight(m, pipe, live, units, reach)
    negative = live.pop("negative")
    turned = Signal(shape(result))
    y = Signal.like(turned)
    image = (y ^ negative.replicate(len(y))) + Mux(negative, units[0].mirror + 1, 0)
    m.d.comb += [y.eq(live.pop("y")), turned.eq(image)]
    return pipe("image", {**live, "y": turned})


def reached(units: list[Family]) -> tuple[int, int]:
    """The least and greatest output for magnitudes."""
    outputs = [unit.outputs(unit.magnitudes) for unit in units]
    return min(int(y.min()) for y in outputs), max(int(y.max()) for y in outputs)


def shared(m, pipe, live, units: list[Shared], result: Interval) -> dict[str, Value]:
    """The core, with x doubled in front of it for tanh, y halved behind it for sigmoid."""
    halves = Signal()
    with m.Switch(live["select"]):
        for k, unit in enumerate(units):
            with m.Case(k):
                m.d.comb += halves.eq(unit.sigmoid)
    x = live["x"]
    core, one = units[0].core, units[0].one
    wide = Signal(raw(core.in_format))
    m.d.comb += wide.eq(Mux(halves, x, x << 1))
    codes = core.codes()
    reach = Interval(0, int(codes.min()), int(codes.max()))
    live = {"x": wide, "select": live["select"], "halves": halves}
    live = whole(m, pipe, live, [core], reach)
    y = Signal(shape(result), name="chosen")
    m.d.comb += y.eq(Mux(live["halves"], live["y"] + one >> 1, live["y"]))
    return pipe("output", {"y": y})
