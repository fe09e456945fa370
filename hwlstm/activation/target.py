"""What an activation must give: the exact function at every input code, in ulp of the output."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..fixed import Format, real
from .functions import Function

__all__ = ["Target"]

SAME = 1e-6
"""In ulp: values nearer than this count as equal when symmetry and direction are looked for."""


@dataclass(frozen=True)
class Target:
    """`function` from `in_format` to `out_format`, exact.

    Raises
    ------
    ValueError
        Where the function is no finite number.
    """

    function: Function
    in_format: Format
    out_format: Format

    def __post_init__(self):
        bad = np.flatnonzero(~np.isfinite(self.unclipped))
        if bad.size:
            raise ValueError(
                f"Activation function {self.function} must be a finite number everywhere in "
                f"{self.in_format}, not {self.unclipped[bad[0]]} at {self.inputs[bad[0]]:g}"
            )

    @cached_property
    def inputs(self) -> np.ndarray:
        """The number that each input code is worth, in order of the raw integers."""
        return real(np.arange(self.in_format.lo, self.in_format.hi + 1), self.in_format)

    @cached_property
    def unclipped(self) -> np.ndarray:
        return np.ldexp(self.function(self.inputs), self.out_format.frac)

    @cached_property
    def values(self) -> np.ndarray:
        """In ulp of the output, clipped to the range of the output format."""
        return np.clip(self.unclipped, self.out_format.lo, self.out_format.hi)

    @cached_property
    def direction(self) -> int:
        """1: never falls, once clipped; -1: never rises; 0: neither."""
        steps = np.diff(self.values)
        if (steps >= -SAME).all():
            return 1
        return -1 if (steps <= SAME).all() else 0

    @cached_property
    def mirror(self) -> int | None:
        """The even integer f(x) + f(-x) in ulp, the same for every x; None if there is none."""
        if not self.in_format.signed:
            return None
        sums = self.unclipped[1:] + self.unclipped[:0:-1]
        middle = np.rint(sums[0])
        if middle % 2 or not (np.abs(sums - middle) <= SAME).all():
            return None
        return int(middle)

    def admissible(self, max_ulp: float) -> tuple[np.ndarray, np.ndarray]:
        """The least and the greatest integer at each code that keep the error within the bound."""
        lo, hi = np.ceil(self.values - max_ulp), np.floor(self.values + max_ulp)
        lo, hi = np.maximum(lo, self.out_format.lo), np.minimum(hi, self.out_format.hi)
        return lo.astype(np.int64), hi.astype(np.int64)

    @cached_property
    def nearest(self) -> float:
        """The largest error of correct rounding: nothing comes nearer."""
        return float(np.abs(np.rint(self.values) - self.values).max())
