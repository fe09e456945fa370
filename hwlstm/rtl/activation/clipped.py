"""Straight lines: a product with a constant each, and comparisons."""

from amaranth import Const, Module, Mux, Signal
from amaranth.hdl import Value

from ...activation.families import Clipped
from ...fixed import Interval
from ..arithmetic import shape
from .pipeline import Pipeline

__all__ = ["clipped"]


def clipped(
    m: Module, pipe: Pipeline, live: dict[str, Value], unit: Clipped, result: Interval
) -> dict[str, Value]:
    """Add `y`, the output for `x`, to the live values."""
    x = live["x"]
    lines = {
        f"line_{k}": slope * x + start
        for k, (slope, start) in enumerate(zip(unit.slope, unit.start, strict=True))
        if slope
    }
    beyond = {f"beyond_{k}": x >= first for k, first in enumerate(unit.first)}
    kept = {name: value for name, value in live.items() if name not in ("x", "select")}
    live = pipe("product", {**kept, **lines, **beyond})
    y = Signal(shape(result), name="line")
    chosen = piece(live, unit, 0)
    for k in range(1, len(unit.slope)):
        chosen = Mux(live.pop(f"beyond_{k - 1}"), piece(live, unit, k), chosen)
    m.d.comb += y.eq(chosen)
    return pipe("output", {**live, "y": y})


def piece(live: dict[str, Value], unit: Clipped, k: int) -> Value:
    """The value of line k, or its constant."""
    if not unit.slope[k]:
        return Const(unit.start[k] >> unit.g)
    return live.pop(f"line_{k}") >> unit.g
