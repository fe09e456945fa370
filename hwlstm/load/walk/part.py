"""What axes are made of: parts of fixed and of open length."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from .decide import undecided
from .polynomial import Polynomial, Variable

__all__ = ["ONE", "Axis", "Fixed", "Part", "Run", "axis_of", "regrouped"]

ONE = Polynomial.of(1)


@dataclass(frozen=True)
class Fixed:
    """A part of fixed length; entries along it stand in the array."""

    count: int

    @property
    def length(self) -> Polynomial:
        return Polynomial.of(self.count)

    @property
    def places(self) -> Polynomial:
        """Where one is along it, as a vector with `count` entries."""
        return Polynomial.of(np.arange(self.count))


@dataclass(frozen=True)
class Run:
    """A part of open length; the variable says where along it one is. Length 1 in the array."""

    length: Polynomial
    variable: Variable = field(default_factory=lambda: Variable("place"))
    count = 1

    @property
    def places(self) -> Polynomial:
        return Polynomial.of(self.variable).apply(np.atleast_1d)


Part = Fixed | Run
Axis = tuple[Part, ...]
"""Outermost part first; an axis of length 1 has none."""


def axis_of(length: Polynomial) -> Axis:
    """An axis of one part."""
    if length == 1:
        return ()
    return (Run(length) if length.number is None else Fixed(length.number),)


def regrouped(parts: Sequence[Part], shape: Iterable[Polynomial]) -> tuple[Axis, ...]:
    """The parts of the axes that a reshape makes of all parts; the number of entries is the same.

    A fixed part may be cut and neighbouring fixed parts be one; a run stays whole.

    Raises
    ------
    Refused
        A run would be cut, so that it depends on the size which entry comes to stand where.
    """
    if not any(isinstance(part, Run) for part in parts):
        return tuple(axis_of(size) for size in shape)
    left, axes = joined(parts), []
    for size in reversed(list(shape)):
        axis: list[Part] = []
        rest = size
        while rest != 1:
            part = cut(left, rest)
            rest = rest.divided(part.length)
            axis.insert(0, part)
        axes.insert(0, tuple(joined(axis)))
    return tuple(axes)


def joined(parts: Sequence[Part]) -> list[Part]:
    """Neighbouring fixed parts as one."""
    result: list[Part] = []
    for part in parts:
        if result and isinstance(part, Fixed) and isinstance(result[-1], Fixed):
            part = Fixed(result.pop().count * part.count)
        result.append(part)
    return result


def cut(left: list[Part], size: Polynomial) -> Part:
    """Take the innermost part, or as much of it as an axis of this size still needs."""
    part = left.pop()
    if size.divided(part.length) is not None:
        return part
    outer = part.length.divided(size)
    if isinstance(part, Run) or outer is None:
        raise undecided("shape", f"{part.length} cut into {size}")
    left.append(Fixed(outer.number))
    return Fixed(size.number)
