"""What the operators of the data path mean: layers, argmax, and those without effect."""

from collections.abc import Callable
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
    return x.largest(labels, f"the output of {operation.name}")


def maximum(
    trace: Trace, operation: Operation, x: Signal, dim: int | None = None, keepdim: bool = False
) -> list:
    """The largest unit and its index, of which only the index may be used."""
    if not isinstance(dim, int):
        raise operation.refuse("dim", "none", "the units' is")
    if any(user.args[1:] == (0,) and user.users for user in operation.node.users):
        raise operation.refuse("output", "the largest value", "its index is")
    return [None, argmax(trace, operation, x, dim, keepdim)]


def like(trace: Trace, operation: Operation, *args, **kwargs):
    """A constant of the shape or kind of what depends on the input, whatever its numbers are."""
    return evaluate(
        operation, [blank(arg) if isinstance(arg, Signal) else arg for arg in args], kwargs
    )


def blank(x: Signal) -> torch.Tensor:
    return torch.empty([size.number or 1 for size in x.labels.shape], dtype=torch.float64)


def of_either(trace: Trace, operation: Operation, x, *args, **kwargs):
    """A cast or an expansion; of a constant, to the kind or shape of what depends on the input."""
    operator = ON_DATA[operation.name] if isinstance(x, Signal) else like
    return operator(trace, operation, x, *args, **kwargs)


def of_data(operator: Callable) -> Callable:
    """An operator that refuses a constant as its first operand."""

    def checked(trace: Trace, operation: Operation, x, *args, **kwargs):
        if isinstance(x, torch.Tensor):
            raise operation.refuse("input", "a constant", "what depends on x is")
        return operator(trace, operation, x, *args, **kwargs)

    return checked


ON_DATA = {
    **MOVES,
    **dict.fromkeys(("aten.dropout", "aten.alpha_dropout", "aten.feature_dropout"), dropout),
    **dict.fromkeys(("aten.to", "aten._to_copy", "aten.type_as"), cast),
    **dict.fromkeys(("aten.softmax", "aten.log_softmax", "aten.sigmoid"), squash),
    "aten.argmax": argmax,
    "aten.max": maximum,
}

OPERATORS = {
    **{name: of_data(operator) for name, operator in ON_DATA.items()},
    **LINEAR,
    **dict.fromkeys(("aten.to", "aten._to_copy", "aten.type_as", "aten.expand_as"), of_either),
    **dict.fromkeys(("aten.zeros_like", "aten.ones_like", "aten.full_like"), like),
    **dict.fromkeys(("aten.new_zeros", "aten.new_ones", "aten.new_full"), like),
    **{f"aten.{kind}": recurrent for kind in RECURRENT},
}
