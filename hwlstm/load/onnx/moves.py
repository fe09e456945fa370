"""Operators that only put numbers elsewhere, as every operator set since 7 writes them."""

from collections.abc import Callable
from math import prod

from ..walk.decide import equal, undecided
from ..walk.part import ONE
from ..walk.polynomial import Polynomial
from ..walk.refused import Refused
from ..walk.tensor import Tensor
from .node import Node

__all__ = ["MOVES", "Move", "Operands", "axis_of"]

Move = Callable[[Tensor], Tensor]


class Operands:
    """What a move may ask of its node, whatever operator set it is of.

    Parameters
    ----------
    node : Node
    shape : tuple of Polynomial
        Of the data, operand 0.
    integers : function (index, name) to Polynomial or None
        Another operand.
    last : bool
        True if no other node reads the result.
    """

    def __init__(self, node: Node, shape, integers: Callable, *, last: bool):
        self.node, self.shape, self.last = node, tuple(shape), last
        self._integers = integers

    def get(self, name: str, default=None):
        return self.node.attributes.get(name, default)

    def tensor(self, index: int, name: str) -> Polynomial:
        found = self._integers(index, name)
        if found is None:
            raise ValueError(f"{name} is missing")
        return found

    def vector(self, index: int, name: str) -> list[Polynomial] | None:
        """Integers: an operand of one axis, an attribute in older operator sets; None if absent."""
        found = self._integers(index, name)
        if found is None:
            given = self.get(name)
            return None if given is None else [Polynomial.of(value) for value in given]
        if len(found.shape) != 1:
            raise ValueError(f"{name} must have one axis, not {len(found.shape)}")
        return list(found)

    def numbers(self, index: int, name: str) -> list[int] | None:
        """As `vector`, where no size may decide."""
        found = self.vector(index, name)
        for each in found or []:
            if each.number is None:
                raise undecided(name, each)
        return None if found is None else [each.number for each in found]

    def axes(self, index: int, rank: int) -> list[int] | None:
        found = self.numbers(index, "axes")
        if found is None:
            return None
        axes = [axis_of(axis, rank) for axis in found]
        if len(set(axes)) < len(axes):
            raise ValueError(f"axes must differ, not {found}")
        return axes


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front."""
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} is out of bounds for {rank} axes")
    return axis % rank


def identity(it: Operands) -> list[Move]:
    return [lambda x: x]


def transpose(it: Operands) -> list[Move]:
    order = it.get("perm", list(reversed(range(len(it.shape)))))
    return [lambda x: x.transposed(order)]


def flatten(it: Operands) -> list[Move]:
    axis, rank = it.get("axis", 1), len(it.shape)
    if not -rank <= axis <= rank:
        raise ValueError(f"axis {axis} is out of bounds for {rank} axes")
    axis = axis if axis >= 0 else axis + rank
    sizes = (prod(it.shape[:axis], start=ONE), prod(it.shape[axis:], start=ONE))
    return [lambda x: x.reshaped(sizes)]


def reshape(it: Operands) -> list[Move]:
    """0 is the size that was there, -1 what is left."""
    wanted = it.vector(1, "shape") or []
    keeps, open_axis = not it.get("allowzero", 0), None
    sizes: list[Polynomial] = []
    for axis, size in enumerate(wanted):
        if size == -1 and open_axis is None:
            open_axis, size = axis, ONE
        elif size == 0 and keeps:
            if axis >= len(it.shape):
                raise ValueError(f"axis {axis} of the shape is 0, but the input has no such axis")
            size = it.shape[axis]
        if not size.never_negative():
            raise undecided("shape", size) if size.number is None else ValueError(f"shape {wanted}")
        sizes.append(size)
    if open_axis is not None:
        sizes[open_axis] = left_over(it.shape, sizes, wanted)
    return [lambda x: x.reshaped(sizes)]


def left_over(shape, sizes: list[Polynomial], wanted: list[Polynomial]) -> Polynomial:
    total, rest = prod(shape, start=ONE), prod(sizes, start=ONE)
    left = total.divided(rest)
    if left is not None:
        return left
    if total.number is not None and rest.number is not None:
        shown = str(tuple(wanted)).replace("-1", "newaxis").replace(" ", "")
        raise ValueError(f"cannot reshape array of size {total} into shape {shown}")
    raise undecided("shape", f"{total} / {rest}")


def squeeze(it: Operands) -> list[Move]:
    """Without axes given: without those of length 1, which must not depend on the size.

    Where it does, but no other operator follows, the numbers and their order are the same.
    """
    axes = it.axes(1, len(it.shape))
    if axes is None:
        axes = [axis for axis, size in enumerate(it.shape) if is_one(size, "axes", last=it.last)]
    for axis in axes:
        if not is_one(it.shape[axis], "axes", last=False):
            raise ValueError(f"cannot squeeze axis {axis} of size {it.shape[axis]}")
    sizes = [size for axis, size in enumerate(it.shape) if axis not in axes]
    return [lambda x: x.reshaped(sizes)]


def is_one(size: Polynomial, what: str, *, last: bool) -> bool:
    try:
        return equal(size, ONE, what)
    except Refused:
        if last:
            return False
        raise


def unsqueeze(it: Operands) -> list[Move]:
    given = it.numbers(1, "axes")
    if given is None:
        raise ValueError("axes are missing")
    rank = len(it.shape) + len(given)
    axes = it.axes(1, rank)
    left = iter(it.shape)
    sizes = [ONE if axis in axes else next(left) for axis in range(rank)]
    return [lambda x: x.reshaped(sizes)]


def expand(it: Operands) -> list[Move]:
    sizes = it.vector(1, "shape")
    return [lambda x: x.expanded(sizes)]


def gather(it: Operands) -> list[Move]:
    axis, indices = axis_of(it.get("axis", 0), len(it.shape)), it.tensor(1, "indices")
    return [lambda x: x.taken(axis, indices)]


def slices(it: Operands) -> list[Move]:
    rank = len(it.shape)
    starts, ends = it.vector(1, "starts"), it.vector(2, "ends")
    axes, steps = it.axes(3, rank), it.numbers(4, "steps")
    if starts is None or ends is None:
        raise ValueError("starts and ends are missing")
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    cuts = list(zip(axes, starts, ends, steps, strict=True))
    if len(axes) > rank:
        raise ValueError(f"{len(axes)} axes of {rank} cannot be sliced")

    def move(x: Tensor) -> Tensor:
        for axis, start, end, step in cuts:
            x = x.sliced(axis, start, end, step)
        return x

    return [move]


def split(it: Operands) -> list[Move]:
    axis, parts = axis_of(it.get("axis", 0), len(it.shape)), len(it.node.outputs)
    size, sizes = it.shape[axis], it.vector(1, "split")
    if it.get("num_outputs", parts) != parts:
        raise ValueError(f"num_outputs is {it.get('num_outputs')}, but there are {parts} outputs")
    if sizes is None:
        sizes = shares(size, parts, uneven="num_outputs" in it.node.attributes)
    if len(sizes) != parts or not equal(sum(sizes, start=Polynomial.of(0)), size, "split"):
        raise ValueError(f"axis of size {size} cannot be split into {sizes}")
    if not all(each.never_negative() for each in sizes):
        raise ValueError(f"sizes of parts must not be negative, as {sizes}")
    moves, start = [], Polynomial.of(0)
    for each in sizes:
        moves.append(lambda x, a=start, b=start + each: x.sliced(axis, a, b, 1))
        start = start + each
    return moves


def shares(size: Polynomial, parts: int, *, uneven: bool) -> list[Polynomial]:
    """Equal parts; the last one may be smaller where the operator says how many there are."""
    share = size.divided(Polynomial.of(parts))
    if share is not None:
        return [share] * parts
    if size.number is None:
        raise undecided("split", f"{size} / {parts}")
    if not uneven:
        raise ValueError(f"axis of size {size} cannot be split into {parts} equal parts")
    whole = -(-size.number // parts)
    return [Polynomial.of(n) for n in [whole] * (parts - 1) + [size.number - whole * (parts - 1)]]


MOVES: dict[str, Callable[[Operands], list[Move]]] = {
    "Expand": expand,
    "Flatten": flatten,
    "Gather": gather,
    "Identity": identity,
    "Reshape": reshape,
    "Slice": slices,
    "Split": split,
    "Squeeze": squeeze,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}
"""Operator to what it does to its data, one move for each output."""
