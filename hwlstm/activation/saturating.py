"""Codes beyond the point where a function is flat: the input saturates in front of a narrower
unit.

So a wide input costs as much as the narrow one that the function makes use of, in hardware and in
the search.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..fixed import Format
from .demand import Admissible, Demand
from .target import Target

__all__ = ["inner_demand"]

LEAST_BITS = 2
"""Bits that must be saved: one alone is one zone of the segments, which costs no more."""

NEAREST = 0.5 + 2**-20
"""What counts as flat, in ulp: correct rounding, with room for the float64 reference at a tie."""


@dataclass(frozen=True)
class InnerDemand(Demand):
    """What the narrower unit must meet: as the outer demand, and at both ends the one output that
    serves all codes beyond.

    Parameters
    ----------
    outer : Demand
    least, most : int
        Outputs at the two ends.
    """

    outer: Demand
    least: int
    most: int

    @cached_property
    def whole(self) -> Admissible:
        outer, own = self.outer.whole, self.in_format
        inner = slice(own.lo - outer.first, own.hi + 1 - outer.first)
        exact, lo, hi = (v[inner].copy() for v in (outer.exact, outer.lo, outer.hi))
        lo[-1] = hi[-1] = self.most
        if own.signed:
            lo[0] = hi[0] = self.least
        return Admissible(own.lo, exact, lo, hi)


def inner_demand(outer: Demand) -> InnerDemand | None:
    """The demand on the narrowest inner unit; None if the whole input is made use of."""
    whole, source = outer.whole, outer.in_format
    most = int(np.rint(whole.exact[-1]))
    least = int(np.rint(whole.exact[0])) if outer.mirror is None else outer.mirror - most
    codes = whole.first + np.arange(len(whole.exact))
    last = codes[~flat(whole, most, -1)].max(initial=0)
    first = codes[~flat(whole, least, 0)].min(initial=0) if source.signed else 0
    magnitude = max(int(last + 1).bit_length(), int(-first).bit_length(), 1)
    own = Format(magnitude + source.signed, source.frac, source.signed)
    if own.width > source.width - LEAST_BITS:
        return None
    return InnerDemand(
        Target(outer.target.function, own, outer.out_format),
        outer.max_ulp,
        outer.direction,
        outer.mirror,
        outer.block_ram,
        outer.dsp,
        outer=outer,
        least=least,
        most=most,
    )


def flat(whole: Admissible, output: int, end: int) -> np.ndarray:
    """The codes at which `output` is as right as at the end, or to the nearest."""
    error = np.abs(whole.exact - output)
    return (error <= max(NEAREST, error[end])) & (whole.lo <= output) & (output <= whole.hi)
