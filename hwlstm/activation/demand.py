"""What a unit must meet, and what it may be built of."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..fixed import Format
from .target import Target

__all__ = ["Admissible", "Demand"]


@dataclass(frozen=True, eq=False)
class Admissible:
    """Consecutive codes from `first` on: the exact values, and the integers within the bound."""

    first: int
    exact: np.ndarray
    lo: np.ndarray
    hi: np.ndarray

    @property
    def empty(self) -> bool:
        return bool((self.lo > self.hi).any())


@dataclass(frozen=True)
class Demand:
    """What a unit must meet, and what it may be built of.

    Parameters
    ----------
    target : Target
    max_ulp : float
    direction : int
        1: no output below the one before; -1: none above; 0: any.
    mirror : int or None
        y(x) + y(-x), demanded of every code that has a mirror image; None: not demanded.
    block_ram, dsp : bool
        May be used.
    """

    target: Target
    max_ulp: float
    direction: int
    mirror: int | None
    block_ram: bool
    dsp: bool

    @property
    def in_format(self) -> Format:
        return self.target.in_format

    @property
    def out_format(self) -> Format:
        return self.target.out_format

    @cached_property
    def whole(self) -> Admissible:
        """Every code; with a mirror, only outputs whose image the mirrored code admits too."""
        lo, hi = self.target.admissible(self.max_ulp)
        if self.mirror is not None:
            above, below = self.mirror - lo[:0:-1], self.mirror - hi[:0:-1]
            lo[1:], hi[1:] = np.maximum(lo[1:], below), np.minimum(hi[1:], above)
            lo[-self.in_format.lo] = hi[-self.in_format.lo] = self.mirror // 2
        return Admissible(self.in_format.lo, self.target.values, lo, hi)

    @cached_property
    def beyond(self) -> Admissible:
        """From code 0 on, and one more: the image of the most negative code."""
        whole, zero, image = self.whole, -self.in_format.lo, self.image
        return Admissible(
            0,
            np.append(whole.exact[zero:], self.mirror - whole.exact[0]),
            np.append(whole.lo[zero:], image[0]),
            np.append(whole.hi[zero:], image[1]),
        )

    @cached_property
    def magnitudes(self) -> Admissible:
        """From code 0 on; the last also gives the image of the most negative code."""
        whole, zero = self.whole, -self.in_format.lo
        lo, hi = whole.lo[zero:].copy(), whole.hi[zero:].copy()
        lo[-1], hi[-1] = max(lo[-1], self.image[0]), min(hi[-1], self.image[1])
        return Admissible(0, whole.exact[zero:], lo, hi)

    @property
    def image(self) -> tuple[int, int]:
        """Least and greatest integer whose image the most negative code admits."""
        return self.mirror - int(self.whole.hi[0]), self.mirror - int(self.whole.lo[0])
