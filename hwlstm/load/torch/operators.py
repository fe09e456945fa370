"""What the operators of the data path mean: layers, argmax, and those without effect."""

from dataclasses import replace

import torch

from ..walk.part import ONE
from ..walk.signal import Signal
from .constants import evaluate
from .export import RECURRENT
from .linear import LINEAR
from .lstm import recurrent
from .moves import MOVES
from .operation import Operation
from .trace import Trace

__all__ = ["OPERATORS"]

INDICES = (torch.int64, torch.int32, torch.int16)


def dropout(trace: Trace, operation: Operation, x: Signal, p: float, train: bool) -> Signal:
    """Nothing, unless it is left in training mode."""
    if train and p > 0:
        raise operation.refuse("training", True, "call eval() first")
    return x


def cast(trace: Trace, operation: Operation, x: Signal, *_, **__) -> Signal:
    """Between floats that lose nothing; a class index may be any integer that holds it."""
    before, after = operation.node.args[0].meta["val"].dtype, operation.result.dtype
    if x.source == "class":
        known = after in INDICES
    else:
        known = after.is_floating_point and after.itemsize >= before.itemsize
        known = known and {before, after} != {torch.float16, torch.bfloat16}
    if not known:
        raise operation.refuse("cast", f"{before} to {after}", "one that loses nothing is")
    return x


def units_last(operation: Operation, x: Signal, dim) -> Signal:
    """The outputs of the last layer, with the axis `dim`, which must be the units', as the last."""
    if x.source not in ("h", "y") or x.scale is not None:
        raise operation.refuse("input", x.name, "the output of the last layer is")
    rank = len(x.labels.axes)
    if dim is None:
        raise operation.refuse("dim", None, f"{rank - 1}, the units, is")
    order = [axis for axis in range(rank) if axis != dim % rank] + [dim % rank]
    x = replace(x, labels=x.labels.transposed(order))
    x.rows(operation.where)
    return x


def squash(trace: Trace, operation: Operation, x: Signal, dim: int = -1, *_, **__) -> Signal:
    """Softmax, its logarithm and sigmoid keep the order of the outputs: argmax may follow."""
    units_last(operation, x, dim)
    return replace(x, squashed=operation.where)


def argmax(
    trace: Trace, operation: Operation, x: Signal, dim: int | None = None, keepdim: bool = False
) -> Signal:
    """Index of the largest unit, the first one on a tie."""
    labels = units_last(operation, x, dim).rows(operation.where)
    if keepdim:
        shape = list(labels.shape)
        shape.insert(dim % len(x.labels.axes), ONE)
        labels = labels.reshaped(shape)
    return replace(
        x,
        source="class",
        name=f"the output of {operation.name}",
        labels=labels,
        width=1,
        squashed="",
        network={**x.network, "classify": True},
    )


def maximum(
    trace: Trace, operation: Operation, x: Signal, dim: int | None = None, keepdim: bool = False
) -> list:
    """The largest unit and its index, of which only the index may be used."""
    if any(user.args[1:] == (0,) and user.users for user in operation.node.users):
        raise operation.refuse("output", "the largest value", "its index is")
    return [None, argmax(trace, operation, x, dim, keepdim)]


def like(trace: Trace, operation: Operation, x: Signal, *args, **kwargs):
    """A constant of the shape or kind of a tensor, whose numbers do not matter."""
    blank = torch.empty([size.number or 1 for size in x.labels.shape], dtype=torch.float64)
    return evaluate(operation, [blank, *args], kwargs)


OPERATORS = {
    **MOVES,
    **LINEAR,
    **dict.fromkeys(("aten.dropout", "aten.alpha_dropout", "aten.feature_dropout"), dropout),
    **dict.fromkeys(("aten.to", "aten._to_copy", "aten.type_as"), cast),
    **dict.fromkeys(("aten.softmax", "aten.log_softmax", "aten.sigmoid"), squash),
    **dict.fromkeys(("aten.zeros_like", "aten.ones_like", "aten.full_like"), like),
    **dict.fromkeys(("aten.new_zeros", "aten.new_ones", "aten.new_full"), like),
    **{f"aten.{kind}": recurrent for kind in RECURRENT},
    "aten.argmax": argmax,
    "aten.max": maximum,
}
