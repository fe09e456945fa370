"""A tensor whose axes may be of open length, and the operators that only move its numbers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import prod

import numpy as np

from .decide import clamped, equal, index, undecided
from .part import ONE, Axis, Fixed, Part, Run, axis_of, regrouped
from .polynomial import Polynomial
from .refused import Refused

__all__ = ["LARGEST", "Tensor", "moved", "squeezed"]

LARGEST = 2**26
Entries = Polynomial | np.ndarray


@dataclass(frozen=True, eq=False)
class Tensor:
    """Numbers in axes, each of which is a product of parts of fixed or open length.

    The array of entries has one axis for every part. Along a part of open length it has length 1,
    and how an entry depends on the place there is said by the part's variable, as in
    label = 4 * place + unit. So every entry is known for every size, and no size is put in.

    Parameters
    ----------
    entries : Polynomial or array
        Integers that depend on sizes and places; or any others, the same along open parts.
    axes : tuple of tuple of Fixed or Run
        The parts of every axis, the outermost first.
    """

    entries: Entries
    axes: tuple[Axis, ...]

    def __post_init__(self):
        counts = [part.count for part in self.parts]
        if prod(counts) > LARGEST:
            raise Refused("size of the result", prod(counts), f"up to {LARGEST} numbers are")
        object.__setattr__(self, "entries", moved(self.entries, lambda a: a.reshape(counts)))

    @classmethod
    def of(cls, value) -> "Tensor":
        """From an array, a Polynomial, or itself."""
        if isinstance(value, Tensor):
            return value
        value = value if isinstance(value, Polynomial) else np.asarray(value)
        return cls(value, tuple(axis_of(Polynomial.of(n)) for n in value.shape))

    @classmethod
    def filled(cls, value, shape: Iterable[Polynomial]) -> "Tensor":
        """One number everywhere."""
        return cls.of(np.asarray(value).reshape(())).expanded(shape)

    @classmethod
    def numbered(cls, shape: Iterable[Polynomial]) -> "Tensor":
        """Integers from 0 in the order of memory."""
        blank = cls.filled(0, shape)
        return cls(blank.place, blank.axes)

    @cached_property
    def parts(self) -> list[Part]:
        return [part for axis in self.axes for part in axis]

    @cached_property
    def shape(self) -> tuple[Polynomial, ...]:
        return tuple(prod((part.length for part in axis), start=ONE) for axis in self.axes)

    @cached_property
    def size(self) -> Polynomial:
        return prod(self.shape, start=ONE)

    @property
    def settled(self) -> np.ndarray | None:
        """The array, if neither its shape nor its numbers depend on a size."""
        entries = self.entries
        entries = entries.constant if isinstance(entries, Polynomial) else entries
        if entries is None or any(isinstance(part, Run) for part in self.parts):
            return None
        return entries.reshape([size.number for size in self.shape])

    @property
    def place(self) -> Polynomial:
        """Where an entry stands in the order of memory, as entries."""
        return self._place(range(len(self.parts)))

    def along(self, axis: int) -> Polynomial:
        """Where an entry stands along an axis, as entries."""
        return self._place(range(*self.span(axis)))

    def span(self, axis: int) -> tuple[int, int]:
        """First part of an axis, and first one behind it."""
        starts = [0, *accumulate(map(len, self.axes))]
        return starts[axis], starts[axis + 1]

    def _place(self, which: range) -> Polynomial:
        total, stride = Polynomial.of(np.zeros([1] * len(self.parts), np.int64)), ONE
        for k in reversed(which):
            part, turned = self.parts[k], np.ones(len(self.parts), int)
            turned[k] = part.count
            total = total + part.places.apply(lambda a, to=turned: a.reshape(to)) * stride
            stride = stride * part.length
        return total

    def common_vector(self) -> np.ndarray | None:
        """The vector that stands in every place along the last axis; None if they differ."""
        if not self.axes or any(isinstance(part, Run) for part in self.axes[-1]):
            return None
        vectors = self.entries.reshape(-1, self.shape[-1].number)
        return vectors[0] if (vectors == vectors[:1]).all() else None

    def vectors(self, width: int) -> "Tensor":
        """Labels in place of rows: row * width + unit, along a new last axis."""
        units = axis_of(Polynomial.of(width))
        rows = moved(self.entries, lambda a: a[..., None]) if units else self.entries
        return Tensor(
            rows * width + np.arange(width).reshape([-1] * len(units)), (*self.axes, units)
        )

    def transposed(self, order: Sequence[int]) -> "Tensor":
        if sorted(order) != list(range(len(self.axes))):
            raise ValueError(f"axes {list(order)} don't match array of {len(self.axes)} axes")
        parts = [part for axis in order for part in range(*self.span(axis))]
        entries = moved(self.entries, lambda a: a.transpose(parts))
        return Tensor(entries, tuple(self.axes[axis] for axis in order))

    def reshaped(self, shape: Iterable[Polynomial]) -> "Tensor":
        """The same numbers, in the same order, in other axes.

        Raises
        ------
        ValueError
            The sizes do not fit.
        Refused
            Whether they do, or which entry comes to stand where, depends on the size.
        """
        shape = tuple(shape)
        if not equal(prod(shape, start=ONE), self.size, "shape"):
            raise ValueError(f"cannot reshape array of size {self.size} into shape {shape}")
        return Tensor(self.entries, regrouped(self.parts, shape))

    def expanded(self, shape: Iterable[Polynomial]) -> "Tensor":
        """Broadcast with a shape: axes of length 1 are repeated."""
        shape = tuple(shape)
        rank = max(len(shape), len(self.axes))
        have = [()] * (rank - len(self.axes)) + list(self.axes)
        wanted = [ONE] * (rank - len(shape)) + list(shape)
        axes = tuple(map(broadcast, have, wanted))
        before, after = [], []
        for old, new in zip(have, axes, strict=True):
            before += [part.count if old else 1 for part in new]
            after += [part.count for part in new]
        if prod(after) > LARGEST:
            raise Refused("size of the result", prod(after), f"up to {LARGEST} numbers are")
        return Tensor(
            moved(self.entries, lambda a: np.broadcast_to(a.reshape(before), after)), axes
        )

    def taken(self, axis: int, indices: Polynomial, what: str = "indices") -> "Tensor":
        """The places of an axis that `indices`, of any shape, name; negative from the end."""
        size, shape, parts = self.shape[axis], indices.shape, self.axes[axis]
        if len(parts) > 1:
            raise undecided(what, f"{indices} of {size}, made of {len(parts)} axes,")
        there = Polynomial.stack([index(each, size, what) for each in indices])
        axes = tuple(axis_of(Polynomial.of(n)) for n in shape)
        first, behind = self.span(axis)
        counts = [part.count for part in self.parts]
        before, after = counts[:first], counts[behind:]
        if prod(before) * prod(after) * prod(shape) > LARGEST:
            raise Refused("size of the result", prod(counts), f"up to {LARGEST} numbers are")
        there = there.apply(lambda a: a.reshape([1] * len(before) + [-1] + [1] * len(after)))
        entries = moved(self.entries, lambda a: a.reshape([*before, -1, *after]))
        if isinstance(parts[0] if parts else None, Run) and isinstance(entries, Polynomial):
            entries = entries.put({parts[0].variable: there})
        if not (parts and isinstance(parts[0], Fixed)):
            full = [*before, prod(shape), *after]
            entries = moved(entries, lambda a: np.broadcast_to(a, full))
        else:
            entries = moved(entries, lambda a: a.take(there.constant.ravel(), axis=first))
        return Tensor(entries, (*self.axes[:axis], *axes, *self.axes[axis + 1 :]))

    def sliced(self, axis: int, start: Polynomial, stop: Polynomial, step: int) -> "Tensor":
        """start:stop:step of an axis as Python counts: from the end below 0, clamped."""
        size = self.shape[axis]
        if step == 0:
            raise ValueError("slice step cannot be zero")
        low, high = (0, size) if step > 0 else (-1, size - 1)
        first = clamped(start, size, max(low, 0), high, "starts")
        last = clamped(stop, size, low, high, "ends")
        count = steps_between(first, last, step)
        if first == 0 and step == 1 and count == size:
            return self
        if count.number is not None:
            if count.number > LARGEST:
                raise Refused("size of the result", count, f"up to {LARGEST} numbers are")
            return self.taken(axis, first + np.arange(count.number) * step, "starts")
        if len(self.axes[axis]) > 1:
            raise undecided("starts", f"{first} of {size}, made of {len(self.axes[axis])} axes,")
        (run,), entries = self.axes[axis], self.entries
        if isinstance(entries, Polynomial):
            entries = entries.put({run.variable: first + Polynomial.of(run.variable) * step})
        part = (Run(count, run.variable),)
        return Tensor(entries, (*self.axes[:axis], part, *self.axes[axis + 1 :]))


def moved(entries: Entries, move: Callable) -> Entries:
    """A function that only moves numbers, to entries of either kind."""
    return entries.apply(move) if isinstance(entries, Polynomial) else move(entries)


def broadcast(axis: Axis, size: Polynomial) -> Axis:
    """An axis after broadcasting with one of this size."""
    length = prod((part.length for part in axis), start=ONE)
    if length == size or size == 1:
        return axis
    if length == 1:
        return axis_of(size)
    raise ValueError(f"cannot broadcast {length} numbers to {size}")


def steps_between(first: Polynomial, last: Polynomial, step: int) -> Polynomial:
    """How many entries a slice has."""
    span = (last - first) * (1 if step > 0 else -1)
    if (-span).never_negative():
        return Polynomial.of(0)
    if span.number is not None:
        return Polynomial.of(-(-span.number // abs(step)))
    count = span.divided(Polynomial.of(abs(step)))
    if count is None or not span.never_negative():
        raise undecided("ends", f"{last} from {first} by {step}")
    return count


def squeezed(shape: Iterable[Polynomial]) -> list[Polynomial]:
    """The shape without axes that have length 1 at every size."""
    return [size for size in shape if size != 1]
