"""Functions that are straight lines, exactly; and PLAN, which takes sigmoid for one."""

from collections.abc import Iterator

import numpy as np

from .demand import Admissible, Demand
from .families import Clipped
from .fit import Fit, Precision, Run, fit
from .functions import FUNCTIONS

__all__ = ["clipped", "plan"]

NEAREST = 0.5 + 2**-20
"""The bound of correct rounding, with room for the float64 reference at a tie."""

MOST_G = 24
"""Fraction bits of slopes tried."""

MOST_PIECES = 8
"""Clipping included: with more of them a function counts as curved."""


def clipped(demand: Demand) -> Iterator[Clipped | None]:
    """The function itself, correctly rounded, where it is made of straight lines."""
    target = demand.target
    lo, hi = target.admissible(NEAREST)
    codes = np.arange(target.in_format.lo, target.in_format.hi + 1)
    starts = borders(demand)
    if starts is None:
        yield None
        return
    spans = [
        Admissible(int(codes[k[0]]), target.values[k], lo[k], hi[k])
        for k in np.split(np.arange(len(codes)), starts)
    ]
    for g in range(MOST_G + 1):
        fits = [found for span in spans if (found := line(span, g))]
        if len(fits) == len(spans):
            yield Clipped(
                in_format=target.in_format,
                mirror=None,
                first=tuple(span.first for span in spans[1:]),
                slope=tuple(int(f.b[0]) for f in fits),
                start=tuple(int(f.a[0]) for f in fits),
                g=g,
                dsp=demand.dsp,
            )
            return
        yield None


def borders(demand: Demand) -> np.ndarray | None:
    """Indices of the codes at which another line begins, or clipping does; None: curved."""
    target, pieces = demand.target, demand.target.function.pieces
    if not pieces:
        return None
    starts = [float(piece.start) for piece in pieces[1:]]
    piece = np.searchsorted(starts, target.inputs, side="right")
    clipping = np.sign(target.values - target.unclipped)
    found = np.flatnonzero((np.diff(piece) != 0) | (np.diff(clipping) != 0)) + 1
    return found if len(found) < MOST_PIECES else None


def line(span: Admissible, g: int) -> Fit | None:
    """One line over all codes of a span."""
    t = span.first + np.arange(len(span.exact))
    rows = (v[None, :] for v in (span.exact, span.lo, span.hi, t))
    return fit([Run(*rows)], None, Precision(g, 0))


def plan(demand: Demand) -> Iterator[Clipped | None]:
    """Piecewise linear approximation of sigmoid (Amin, Curtis & Hayes-Gill 1997), truncated."""
    source, to = demand.in_format, demand.out_format
    fits = source.signed and source.frac >= 0 <= to.frac
    if demand.target.function is not FUNCTIONS["sigmoid"] or not fits:
        yield None
        return
    source = source.frac
    g = max(source + 5 - to.frac, 0)
    lines = ((0, 1 / 4, 0.5), (1, 1 / 8, 0.625), (2.375, 1 / 32, 0.84375))
    scale = 2.0 ** (to.frac + g)
    first = [round(start * 2.0**source) for start, _, _ in lines[1:]] + [5 << source]
    slopes = [int(slope * scale / 2.0**source) for _, slope, _ in lines] + [0]
    one = min(1 << to.frac, to.hi)
    starts = [int(intercept * scale) for _, _, intercept in lines] + [one << g]
    reached = sum(code <= demand.in_format.hi for code in first) + 1
    yield Clipped(
        in_format=demand.in_format,
        mirror=1 << to.frac,
        first=tuple(first[: reached - 1]),
        slope=tuple(slopes[:reached]),
        start=tuple(starts[:reached]),
        g=g,
        dsp=False,
    )
