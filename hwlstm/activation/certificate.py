"""Certificate: what a unit does, measured over every input code; and the check of its reference."""

from dataclasses import dataclass

import mpmath
import numpy as np

from .target import Target

__all__ = ["Certificate", "ReferenceCheck", "certified", "check_reference"]

NEAR = 0.01
"""In ulp: how near to a tie a code must be to be computed again in many digits."""


@dataclass(frozen=True)
class Certificate:
    """Measured over every input code, in ulp of the output format.

    The error is against the function clipped to the range of the output format.

    Parameters
    ----------
    max_ulp, mean_ulp : float
        Of the magnitude of the error.
    monotone : bool
        No output is below the one before, or none is above it.
    symmetric : bool
        y(x) + y(-x) is the same for every code that has a mirror image.
    saturated_codes : int
        Codes at which the function leaves the output's range.
    codes : int
        How many there are.
    """

    max_ulp: float
    mean_ulp: float
    monotone: bool
    symmetric: bool
    saturated_codes: int
    codes: int


def certified(target: Target, codes: np.ndarray) -> Certificate:
    """The certificate of a unit that gives `codes`, in order of the raw input."""
    error = np.abs(codes - target.values)
    steps = np.diff(codes)
    sums = codes[1:] + codes[:0:-1]
    return Certificate(
        max_ulp=float(error.max()),
        mean_ulp=float(error.mean()),
        monotone=bool((steps >= 0).all() or (steps <= 0).all()),
        symmetric=target.in_format.signed and bool((sums == sums[0]).all()),
        saturated_codes=int(np.count_nonzero(target.values != target.unclipped)),
        codes=len(codes),
    )


@dataclass(frozen=True)
class ReferenceCheck:
    """The float64 reference against 50 digits, where a rounding could hang on it.

    Parameters
    ----------
    codes : int
        Codes whose exact value lies within 0.01 ulp of an integer or of half way between two.
    max_ulp : float
        Largest difference at these codes.
    """

    codes: int
    max_ulp: float


def check_reference(target: Target) -> ReferenceCheck | None:
    """None for a user's callable, of which nothing but floats is known."""
    if target.function.digits is None:
        return None
    halves = 2 * target.unclipped
    near = np.flatnonzero(np.abs(halves - np.rint(halves)) <= 2 * NEAR)
    with mpmath.workdps(50):
        ulp = mpmath.mpf(2) ** target.out_format.frac
        off = [
            abs(target.function.precise(target.inputs[k]) * ulp - mpmath.mpf(target.unclipped[k]))
            for k in near.tolist()
        ]
    return ReferenceCheck(len(near), float(max(off, default=0)))
