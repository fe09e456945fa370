"""Several tensors together: side by side, or entry by entry."""

from collections.abc import Sequence
from math import prod

import numpy as np

from .part import ONE, Axis, Run, axis_of
from .polynomial import Polynomial
from .refused import Refused
from .tensor import Entries, Tensor, moved

__all__ = ["aligned", "concatenated"]


def aligned(tensors: Sequence[Tensor]) -> tuple[list[Entries], tuple[Axis, ...]]:
    """Entries that broadcast with each other as the tensors do, and the axes of the result.

    Raises
    ------
    ValueError
        The shapes do not broadcast, or not at every size.
    Refused
        Axes of the same length are made of different parts.
    """
    rank = max(len(tensor.axes) for tensor in tensors)
    padded = [((),) * (rank - len(tensor.axes)) + tensor.axes for tensor in tensors]
    axes = tuple(next(filter(None, column), ()) for column in zip(*padded, strict=True))
    entries = []
    for tensor, own in zip(tensors, padded, strict=True):
        counts, renamed = [], {}
        for mine, common in zip(own, axes, strict=True):
            counts += [part.count if mine else 1 for part in common]
            renamed |= matched(mine, common) if mine else {}
        entries.append(renamed_in(moved(tensor.entries, lambda a, n=counts: a.reshape(n)), renamed))
    return entries, axes


def matched(axis: Axis, other: Axis) -> dict:
    """Variables of one axis to those of an axis of the same parts."""
    lengths = [[part.length for part in each] for each in (axis, other)]
    if prod(lengths[0], start=ONE) != prod(lengths[1], start=ONE):
        raise ValueError(f"axes of {lengths[0]} and {lengths[1]} do not broadcast at every size")
    if lengths[0] != lengths[1]:
        raise Refused("axes", lengths, "axes made of the same parts are")
    pairs = [pair for pair in zip(axis, other, strict=True) if isinstance(pair[0], Run)]
    return {mine.variable: Polynomial.of(its.variable) for mine, its in pairs}


def renamed_in(entries: Entries, variables: dict) -> Entries:
    return entries.put(variables) if isinstance(entries, Polynomial) else entries


def concatenated(tensors: Sequence[Tensor], axis: int) -> Tensor:
    """Side by side along an axis.

    Raises
    ------
    ValueError
        The other axes differ.
    Refused
        The axis is of open length.
    """
    first = tensors[0]
    if len(tensors) == 1:
        return first
    entries, total = [], 0
    start, behind = first.span(axis)
    counts = [part.count for part in first.parts]
    for tensor in tensors:
        if any(isinstance(part, Run) for part in tensor.axes[axis]):
            raise Refused("axis of length", tensor.shape[axis], "one of fixed length is")
        renamed = others_matched(tensor, first, axis)
        count = tensor.shape[axis].number
        shape = [*counts[:start], count, *counts[behind:]]
        entries.append(
            renamed_in(moved(tensor.entries, lambda a, to=shape: a.reshape(to)), renamed)
        )
        total += count
    axes = (*first.axes[:axis], axis_of(Polynomial.of(total)), *first.axes[axis + 1 :])
    return Tensor(side_by_side(entries, start), axes)


def others_matched(tensor: Tensor, first: Tensor, axis: int) -> dict:
    """Variables of a tensor to those of another that is the same but along one axis."""
    rest = [[s for k, s in enumerate(t.shape) if k != axis] for t in (tensor, first)]
    if rest[0] != rest[1]:
        raise ValueError(f"{first.shape} and {tensor.shape} cannot be concatenated")
    renamed = {}
    for k, (mine, its) in enumerate(zip(tensor.axes, first.axes, strict=True)):
        renamed |= {} if k == axis else matched(mine, its)
    return renamed


def side_by_side(entries: list[Entries], start: int) -> Entries:
    if not any(isinstance(each, Polynomial) for each in entries):
        return np.concatenate(entries, axis=start)
    terms = [Polynomial.of(each) for each in entries]
    return Polynomial(
        {
            key: np.concatenate(
                [each.terms.get(key, np.zeros(each.shape, np.int64)) for each in terms], axis=start
            )
            for key in {key for each in terms for key in each.terms} | {()}
        }
    )
