"""The operators of ATen that only put numbers elsewhere."""

from collections.abc import Callable
from dataclasses import replace

import torch

from ..walk.polynomial import Polynomial
from ..walk.refused import Refused
from ..walk.signal import Signal
from ..walk.tensor import Tensor
from .operation import Operation
from .trace import Trace

__all__ = ["MOVES"]


def moved(operation: Operation, x: Signal, move: Callable[[Tensor], Tensor]) -> Signal:
    """Another arrangement; the name then says what made it."""
    result = x.moved(move)
    same = result.labels.axes == x.labels.axes and result.labels.entries == x.labels.entries
    return result if same else replace(result, name=f"{operation.name} of {x.name}")


def unchanged(trace: Trace, operation: Operation, x: Signal, *_, **__) -> Signal:
    return x


def reshaped(trace: Trace, operation: Operation, x: Signal, *_, **__) -> Signal:
    """View, reshape, squeeze: the same order of memory in the shape that the exporter found."""
    shape = trace.sizes.shape(operation.result)
    return moved(operation, x, lambda labels: labels.reshaped(shape))


def expanded(trace: Trace, operation: Operation, x: Signal, *_, **__) -> Signal:
    shape = trace.sizes.shape(operation.result)
    return moved(operation, x, lambda labels: labels.expanded(shape))


def permuted(trace: Trace, operation: Operation, x: Signal, *args, **kwargs) -> Signal:
    """Axes in another order: that of an empty tensor, whose sizes are the axes' numbers from 1."""
    blank = torch.empty([n + 1 for n in range(len(x.labels.axes))], device="meta")
    order = [size - 1 for size in operation.node.target(blank, *args, **kwargs).shape]
    return moved(operation, x, lambda labels: labels.transposed(order))


def axis_of(x: Signal, dim: int) -> int:
    return dim % len(x.labels.axes)


def selected(trace: Trace, operation: Operation, x: Signal, dim: int, index) -> Signal:
    place = trace.sizes.polynomial(index, "index")
    return moved(operation, x, lambda labels: labels.taken(axis_of(x, dim), place, "index"))


def sliced(
    trace: Trace, operation: Operation, x: Signal, dim: int = 0, start=0, end=None, step: int = 1
) -> Signal:
    size = x.labels.shape[axis_of(x, dim)]
    first = trace.sizes.polynomial(start or 0, "start")
    last = size if end is None else trace.sizes.polynomial(end, "end")
    return moved(operation, x, lambda labels: labels.sliced(axis_of(x, dim), first, last, step))


def narrowed(trace: Trace, operation: Operation, x: Signal, dim: int, start, length) -> Signal:
    first = trace.sizes.polynomial(start, "start")
    last = first + trace.sizes.polynomial(length, "length")
    return moved(operation, x, lambda labels: labels.sliced(axis_of(x, dim), first, last, 1))


def split(trace: Trace, operation: Operation, x: Signal, _, dim: int = 0) -> list[Signal]:
    """Parts of an axis behind each other, as long as the exporter found them."""
    axis, start, parts = axis_of(x, dim), Polynomial.of(0), []
    for part in operation.result:
        end = start + trace.sizes.shape(part)[axis]
        parts.append(
            moved(operation, x, lambda labels, s=start, e=end: labels.sliced(axis, s, e, 1))
        )
        start = end
    return parts


def unbound(trace: Trace, operation: Operation, x: Signal, dim: int = 0) -> list[Signal]:
    places = range(len(operation.result))
    return [selected(trace, operation, x, dim, place) for place in places]


def joined(trace: Trace, operation: Operation, tensors: list, dim: int = 0) -> Signal:
    first = tensors[0]
    for other in tensors:
        if not isinstance(other, Signal) or not other.same_origin(first):
            names = [getattr(each, "name", None) or "a constant" for each in tensors]
            raise Refused("tensors", names, "parts of one tensor are")
    return replace(
        Signal.concatenated(tensors, axis_of(first, dim)), name=f"{operation.name} of {first.name}"
    )


def indexed(trace: Trace, operation: Operation, x: Signal, indices: list) -> Signal:
    """Constant places along one axis."""
    given = [axis for axis, each in enumerate(indices) if each is not None]
    if len(given) != 1 or not isinstance(indices[given[0]], torch.Tensor):
        raise Refused("indices", "of several axes, or no constants", "constants for one axis are")
    return picked(trace, operation, x, given[0], indices[given[0]])


def picked(trace: Trace, operation: Operation, x: Signal, dim: int, index) -> Signal:
    if (
        not isinstance(index, torch.Tensor)
        or index.is_floating_point()
        or index.dtype == torch.bool
    ):
        raise Refused("index", "no constant integers", "constant integers are")
    places = Polynomial.of(index.numpy())
    return moved(operation, x, lambda labels: labels.taken(axis_of(x, dim), places, "index"))


MOVES = {
    f"aten.{name}": operator
    for operator, names in (
        (unchanged, ("alias", "clone", "contiguous", "detach", "detach_")),
        (unchanged, ("lift_fresh", "lift_fresh_copy")),
        (reshaped, ("flatten", "ravel", "reshape", "reshape_as", "squeeze", "unflatten")),
        (reshaped, ("unsqueeze", "view", "view_as")),
        (expanded, ("expand", "expand_as")),
        (permuted, ("mT", "movedim", "numpy_T", "permute", "swapaxes", "swapdims", "t")),
        (permuted, ("transpose",)),
        (split, ("chunk", "split", "split_with_sizes", "tensor_split")),
        (joined, ("cat",)),
        (indexed, ("index",)),
        (narrowed, ("narrow",)),
        (picked, ("index_select",)),
        (selected, ("select",)),
        (sliced, ("slice",)),
        (unbound, ("unbind",)),
    )
    for name in names
}
