"""Activation functions as integer tables that prove their own error.

An :class:`Activation` sizes itself to meet its bound and measures the error over every input
code; it never returns a looser table. Two families: a direct table, and a piecewise linear one,
``y = (a * 2**(g - a_frac) + b * t) >> g``, indexed by the top bits of the raw input, sign
included (no absolute value, no final negation); t is what remains below.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .fixed import Format, Interval, real

__all__ = ["FUNCTIONS", "Activation", "Certificate", "flat_beyond"]

FUNCTIONS = {"sigmoid": lambda x: 0.5 + 0.5 * np.tanh(0.5 * x), "tanh": np.tanh}
"""Name to float64 function; exact enough to judge outputs of 24 bits."""


def flat_beyond(function: str, out_format: Format) -> float:
    """The input beyond which the function stays within half an ulp of its limits.

    An input format need not reach further: saturating there changes no output.
    """
    nearest = -np.log(out_format.step / 2)
    return float(nearest / 2 + np.log(2) / 2 if function == "tanh" else nearest)


BLOCK_RAM_BITS = 18 * 1024
"""A direct table is preferred up to here: one block RAM, and no multiplier."""

MAX_INPUT_BITS = 20
MAX_INDEX_BITS = 14


@dataclass(frozen=True)
class Certificate:
    """Measured over every input code, in ulp of the output format.

    The error is against the function clipped to the range of the output format.
    """

    max_ulp: float
    mean_ulp: float
    monotone: bool
    odd: bool
    saturated_codes: int


@dataclass(frozen=True)
class Activation:
    """`function` from `in_format` to `out_format` with an error of at most `max_ulp`.

    Raises
    ------
    ValueError
        If no table within the limits meets the bound, with the best that was reached.
    """

    function: str
    in_format: Format
    out_format: Format
    max_ulp: float = 1.0

    def __post_init__(self):
        if self.function not in FUNCTIONS:
            raise ValueError(
                f"Activation function must be one of {sorted(FUNCTIONS)}, not {self.function!r}"
            )
        if self.in_format.width > MAX_INPUT_BITS:
            raise ValueError(
                f"Activation input must have at most {MAX_INPUT_BITS} bits, not {self.in_format}"
            )
        _ = self.coefficients

    @cached_property
    def target(self) -> np.ndarray:
        """The function at every input code, in order of the raw integers, in output ulp."""
        codes = np.arange(self.in_format.lo, self.in_format.hi + 1)
        exact = np.ldexp(
            FUNCTIONS[self.function](real(codes, self.in_format)), self.out_format.frac
        )
        return np.clip(exact, self.out_format.lo, self.out_format.hi)

    @cached_property
    def coefficients(self) -> "Direct | PiecewiseLinear":
        """The cheapest table that meets the bound."""
        best = np.inf
        for table in self._candidates():
            codes = table.codes()
            error = np.abs(codes - self.target).max()
            inside = codes.min() >= self.out_format.lo and codes.max() <= self.out_format.hi
            if error <= self.max_ulp and inside:
                return table
            best = min(best, error)
        raise ValueError(
            f"{self.function} {self.in_format} -> {self.out_format} must be within "
            f"{self.max_ulp} ulp; the best table reaches {best:.3f}: "
            "allow more, or give the output fewer fraction bits"
        )

    def _candidates(self):
        """Tables in the order in which they are worth having."""
        direct = Direct(np.rint(self.target).astype(np.int64))
        if self.target.size * self.out_format.width <= BLOCK_RAM_BITS:
            yield direct
            return
        for bits in range(3, min(MAX_INDEX_BITS, self.in_format.width - 2) + 1):
            yield piecewise_linear(self.target, bits)
        if self.in_format.width <= MAX_INDEX_BITS:
            yield direct

    @cached_property
    def result(self) -> Interval:
        """The values that really leave the table."""
        codes = self.coefficients.codes()
        return Interval(self.out_format.frac, int(codes.min()), int(codes.max()))

    @cached_property
    def certificate(self) -> Certificate:
        codes = self.coefficients.codes()
        error = np.abs(codes - self.target)
        rising = codes[1:] if self.in_format.signed else codes[:0]
        mirror = {"tanh": 0, "sigmoid": 1 << max(self.out_format.frac, 0)}[self.function]
        clipped = np.isin(self.target, (self.out_format.lo, self.out_format.hi))
        return Certificate(
            max_ulp=float(error.max()),
            mean_ulp=float(error.mean()),
            monotone=bool((np.diff(codes) >= 0).all()),
            odd=bool((rising + rising[::-1] == mirror).all()),
            saturated_codes=int(clipped.sum()),
        )


@dataclass(frozen=True, eq=False)
class Direct:
    """Every output, in order of the raw input."""

    table: np.ndarray

    def codes(self) -> np.ndarray:
        return self.table

    @property
    def words(self) -> int:
        return self.table.size

    @property
    def word_bits(self) -> int:
        return column_bits(self.table)


@dataclass(frozen=True, eq=False)
class PiecewiseLinear:
    """Segments of equal length, one word (a, b) each.

    Attributes
    ----------
    a, b : int64 arrays (segments,)
        Value at the start of the segment (rounding constant included) and slope.
    t_bits : int
        Input bits below the index.
    g, a_frac : int
        Fraction bits of b and of a, in output ulp.
    """

    a: np.ndarray
    b: np.ndarray
    t_bits: int
    g: int
    a_frac: int

    def codes(self) -> np.ndarray:
        """Output for every input code, in order of the raw integers."""
        t = np.arange(1 << self.t_bits)
        start = self.a[:, None] << self.g - self.a_frac
        return ((start + self.b[:, None] * t) >> self.g).ravel()

    @property
    def words(self) -> int:
        return self.a.size

    @property
    def word_bits(self) -> int:
        return column_bits(self.a) + column_bits(self.b)


def column_bits(values: np.ndarray) -> int:
    """Width of the register that holds every value of a table column."""
    return Interval(0, int(values.min()), int(values.max())).width


def piecewise_linear(target: np.ndarray, index_bits: int) -> PiecewiseLinear:
    """Nearly minimax lines: the secant's slope, centred between its extreme errors."""
    segments = target.reshape(1 << index_bits, -1)
    length = segments.shape[1]
    t_bits = length.bit_length() - 1
    g, a_frac = t_bits + 3, 3
    slope = (segments[:, -1] - segments[:, 0]) / (length - 1)
    b = np.rint(slope * 2.0**g)
    residual = segments - np.outer(b * 2.0**-g, np.arange(length))
    centre = (residual.max(axis=1) + residual.min(axis=1)) / 2
    a = np.rint((centre + 0.5) * 2.0**a_frac)
    return PiecewiseLinear(a.astype(np.int64), b.astype(np.int64), t_bits, g, a_frac)
