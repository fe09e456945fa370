"""Straight lines: a product with a constant each, and comparisons."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.hdl import Value

from ...activation.families import ROWS_PER_CYCLE, Clipped, signed_digits
from ...fixed import Interval
from ..arithmetic import shape
from .pipeline import Live, Pipeline

__all__ = ["clipped"]


def clipped(
    m: Module, pipe: Pipeline, live: dict[str, Value], unit: Clipped, result: Interval
) -> dict[str, Value]:
    """Replace `x` by its `y`."""
    del live["select"]
    beyond = {f"beyond_{k}": live["x"] >= first for k, first in enumerate(unit.first)}
    slopes = {f"line_{k}": slope for k, slope in enumerate(unit.slope) if slope}
    live = (by_blocks if unit.factors else by_digits)(pipe, {**live, **beyond}, slopes)
    y = Signal(shape(result), name="line")
    chosen = piece(live, unit, 0)
    for k in range(1, len(unit.slope)):
        chosen = Mux(live.pop(f"beyond_{k - 1}"), piece(live, unit, k), chosen)
    m.d.comb += y.eq(chosen)
    return pipe("output", {**live, "y": y})


def piece(live: dict[str, Value], unit: Clipped, k: int) -> Value:
    """The value of line k, or its constant."""
    product = live.pop(f"line_{k}", Const(0))
    return product + unit.start[k] >> unit.g


def by_blocks(pipe: Pipeline, live: Live, slopes: dict[str, int]) -> dict[str, Value]:
    """Replace `x` by its products with the constants, made in DSP blocks."""
    live = pipe("operands", live)
    x = live.pop("x")
    return pipe("product", {**live, **{name: slope * x for name, slope in slopes.items()}})


def by_digits(pipe: Pipeline, live: Live, slopes: dict[str, int]) -> dict[str, Value]:
    """The same with sums of shifted x, one for each signed digit of a constant.

    The lowest digit first, and bits below the next one set aside: so each sum is as wide as x,
    and synthesis keeps it a carry chain of its own. All constants advance together.
    """
    live = dict(live)
    digits = {name: signed_digits(slope) for name, slope in slopes.items()}
    rows = max(map(len, digits.values()), default=0)
    for k in range(rows):
        for name, places in digits.items():
            if k < len(places):
                add_digit(live, name, places, k)
        if k == rows - 1:
            del live["x"]
        if k == rows - 1 or (k + 1) % ROWS_PER_CYCLE == 0:
            live = pipe(f"product {k // ROWS_PER_CYCLE}", live)
    for name in slopes:
        total = live[name]
        whole = Cat(live.pop(f"{name}_low"), total)
        live[name] = whole.as_signed() if total.shape().signed else whole
    live.pop("x", None)
    return live


def add_digit(live: dict[str, Value], name: str, places: list[tuple[int, int]], k: int) -> None:
    place, digit = places[k]
    if k == 0:
        live[f"{name}_low"], total = Const(0, place), Const(0)
    else:
        gap = place - places[k - 1][0]
        live[f"{name}_low"] = Cat(live[f"{name}_low"], live[name][:gap])
        total = live[name] >> gap
    live[name] = total + live["x"] if digit > 0 else total - live["x"]
