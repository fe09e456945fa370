"""Exact: integers that are worth raw * 2**-frac, added and multiplied without rounding."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Exact", "below", "stacked"]


@dataclass(frozen=True, eq=False)
class Exact:
    """An array of exact binary fractions, with as much of an array's manner as gradients need.

    Raises
    ------
    ValueError
        A sum or a product of matrices may reach 2**62.
    """

    raw: np.ndarray
    frac: int

    def __add__(self, other: "Exact") -> "Exact":
        frac = max(self.frac, other.frac)
        below(sum(largest(each.raw) << frac - each.frac for each in (self, other)))
        return Exact((self.raw << frac - self.frac) + (other.raw << frac - other.frac), frac)

    def __matmul__(self, other: "Exact") -> "Exact":
        return Exact(product(self.raw, other.raw), self.frac + other.frac)

    def sum(self, axes) -> "Exact":
        below(largest(self.raw) * self.raw.size)
        return Exact(self.raw.sum(axes), self.frac)

    def reshape(self, *shape: int) -> "Exact":
        return Exact(self.raw.reshape(*shape), self.frac)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.raw.shape

    @property
    def T(self) -> "Exact":
        return Exact(self.raw.T, self.frac)

    @property
    def real(self) -> np.ndarray:
        """As floats, exact up to 53 bits."""
        return np.ldexp(self.raw.astype(np.float64), -self.frac)


def stacked(parts: list):
    """Arrays, or Exacts of one frac, one for each step, with the steps as second axis."""
    if isinstance(parts[0], Exact):
        return Exact(np.stack([part.raw for part in parts], axis=1), parts[0].frac)
    return np.stack(parts, axis=1)


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Matrix product of integers: through float64 where that is exact, else through int64."""
    most = largest(a) * largest(b) * a.shape[-1]
    if most < 2**53:
        return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)
    below(most)
    return a @ b


def largest(raw: np.ndarray) -> int:
    return int(np.abs(raw).max(initial=0))


def below(most: int) -> None:
    """Refuse what may not fit int64."""
    if most >= 2**62:
        raise ValueError(
            f"Sums of gradients must stay below 2**62, not reach {most}; use fewer bits"
        )
