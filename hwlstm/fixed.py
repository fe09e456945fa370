"""Fixed-point numbers: the one number format of the golden model and of the hardware.

A number is a raw integer worth ``raw * 2**-frac``. Floats enter through :func:`quantise`; bits
are lost in :func:`narrow`, and nowhere else.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["Format", "Interval", "narrow", "quantise", "real", "rounded", "saturated"]

MOST_FRAC = 256
_NAME = re.compile(r"(U?)Q(-?\d+)\.(-?\d+)")


@dataclass(frozen=True)
class Interval:
    """The exact set of values a signal can take: raw integers lo..hi, each worth 2**-frac."""

    frac: int
    lo: int
    hi: int

    @property
    def signed(self) -> bool:
        return self.lo < 0

    @property
    def width(self) -> int:
        """Bits of the narrowest register that holds every value; never 0."""
        if self.signed:
            return max((-self.lo - 1).bit_length(), self.hi.bit_length()) + 1
        return max(1, self.hi.bit_length())

    @property
    def signed_width(self) -> int:
        """Bits of the narrowest signed register that holds every value."""
        return self.width + (not self.signed)

    @property
    def magnitude(self) -> int:
        return max(-self.lo, self.hi)


@dataclass(frozen=True)
class Format:
    """Two's complement fixed point, worth ``raw * 2**-frac``.

    Written Qm.n (signed, m integer bits with the sign, n fraction bits) or UQm.n: Q4.12 is 16
    bits in [-8, 8).

    Parameters
    ----------
    width : int
        Bits, 1 to 64.
    frac : int
        Fraction bits, -256 to 256; may be negative or exceed the width.
    signed : bool
    """

    width: int
    frac: int
    signed: bool = True

    def __post_init__(self):
        if not 1 <= self.width <= 64:
            raise ValueError(f"Format width must be 1 to 64 bits, not {self.width!r}")
        if not -MOST_FRAC <= self.frac <= MOST_FRAC:
            raise ValueError(
                f"Format must have -{MOST_FRAC} to {MOST_FRAC} fraction bits, not {self.frac!r}"
            )

    @classmethod
    def parse(cls, text: "str | Format") -> "Format":
        """``Format.parse("Q4.12")``; a Format passes through."""
        if isinstance(text, Format):
            return text
        match = _NAME.fullmatch(str(text).strip())
        if not match:
            raise ValueError(f"Format must be written like Q4.12 or UQ0.8, not {text!r}")
        integer, frac = int(match[2]), int(match[3])
        return cls(integer + frac, frac, signed=not match[1])

    @classmethod
    def holding(cls, width: int, magnitude: float, *, signed: bool = True) -> "Format":
        """The format of `width` bits with the finest step that holds [-magnitude, magnitude]."""
        if magnitude <= 0:
            return cls(width, width - signed, signed)
        frac = width - signed - int(np.floor(np.log2(magnitude))) - 1
        if scaled(magnitude, frac) > 2 ** (width - signed) - 1:
            frac -= 1
        return cls(width, frac, signed)

    def __str__(self) -> str:
        return f"{'' if self.signed else 'U'}Q{self.width - self.frac}.{self.frac}"

    @property
    def lo(self) -> int:
        """Smallest raw integer."""
        return -(1 << self.width - 1) if self.signed else 0

    @property
    def hi(self) -> int:
        """Largest raw integer."""
        return (1 << self.width - self.signed) - 1

    @property
    def step(self) -> float:
        """Worth of one unit in the last place (ulp)."""
        return 2.0**-self.frac

    @cached_property
    def interval(self) -> Interval:
        return Interval(self.frac, self.lo, self.hi)

    def holds(self, lo: float, hi: float) -> bool:
        """True if rounding lo and hi into this format saturates neither."""
        return self.lo <= scaled(lo, self.frac) and scaled(hi, self.frac) <= self.hi


def scaled(value: float, frac: int) -> float:
    """The value in units of 2**-frac, rounded."""
    return float(np.rint(np.ldexp(value, frac)))


def narrow(value, frac: int, to: Format):
    """Round `value * 2**-frac` to the nearest number of `to`, ties to even, and saturate.

    Parameters
    ----------
    value : int64 array, float64 array of integers below 2**53, or int
    frac : int
        Fraction bits of `value`.

    Returns
    -------
    Raw integers of `to`, in the type of `value`.
    """
    nearest = rounded(value, frac - to.frac)
    if isinstance(nearest, int):
        return min(max(nearest, to.lo), to.hi)
    return np.clip(nearest, to.lo, to.hi)


def saturated(value, frac: int, to: Format) -> int:
    """How many of the values :func:`narrow` would clip."""
    nearest = np.asarray(rounded(value, frac - to.frac))
    return int(np.count_nonzero((nearest < to.lo) | (nearest > to.hi)))


def rounded(value, shift: int):
    """value / 2**shift to the nearest integer, ties to even."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.rint(value * 2.0**-shift)
    if shift <= 0:
        return value << -shift
    return (value + ((1 << shift - 1) - 1) + (value >> shift & 1)) >> shift


def quantise(values, to: Format) -> np.ndarray:
    """Floats to raw integers (int64): nearest, ties to even, saturating. NaN is refused."""
    values = np.asarray(values, dtype=np.float64)
    if np.isnan(values).any():
        raise ValueError("Values to quantise must be numbers, not NaN")
    with np.errstate(over="ignore"):
        scaled = np.rint(np.ldexp(values, to.frac))
    return np.clip(scaled, float(to.lo), float(to.hi)).astype(np.int64)


def real(raw, fmt: Format) -> np.ndarray:
    """Raw integers to the floats that they are worth (exact up to 53 bits)."""
    return np.ldexp(np.asarray(raw, dtype=np.float64), -fmt.frac)
