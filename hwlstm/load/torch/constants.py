"""Numbers of the graph that do not depend on its input: computed, as float64, with torch."""

import torch
from torch.utils._pytree import tree_leaves

from ..walk.polynomial import Polynomial
from .export import reason
from .operation import Operation
from .sizes import Opaque

__all__ = ["constant", "evaluate", "is_open"]

FILLED = ("empty_like", "full", "full_like", "new_full", "new_ones", "new_zeros", "ones")
SPREAD = frozenset(
    f"aten.{name}"
    for name in (
        *FILLED,
        *("ones_like", "zeros", "zeros_like", "expand", "expand_as", "repeat", "broadcast_to"),
        *(
            "alias",
            "clone",
            "contiguous",
            "detach",
            "detach_",
            "to",
            "_to_copy",
            "type_as",
            "unsqueeze",
        ),
        *("permute", "transpose", "add", "sub", "mul", "div", "neg"),
    )
)
"""Operators whose result, with an open size taken as 1, need only be spread to that size."""


def constant(value):
    """A copy to compute with: floats in float64. What is no tensor (a generator) stays."""
    if not isinstance(value, torch.Tensor):
        return value
    kind = torch.float64 if value.dtype.is_floating_point else value.dtype
    return value.detach().to("cpu", kind, copy=True)


def is_open(value) -> bool:
    """True of a size, or of a tensor with an axis, that depends on the input."""
    if isinstance(value, torch.Tensor):
        return any(map(is_open, value.shape))
    return isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool, Polynomial, Opaque))


def evaluate(operation: Operation, args: list, kwargs: dict):
    """Run an operator on tensors and numbers.

    An axis of an open size has 1 number, which stands for all; so where there is one, only what
    makes each number of those in its place may be done.

    Raises
    ------
    UnsupportedModel
        It is random, cannot be computed, or depends on an open size.
    """
    target = operation.node.target
    shapes = [node.meta.get("val") for node in operation.node.all_input_nodes]
    spread = any(map(is_open, tree_leaves([shapes, operation.result])))
    if torch.Tag.nondeterministic_seeded in getattr(target, "tags", ()):
        raise operation.refuse("result", "random", "the same at every run is")
    if spread:
        if operation.name not in SPREAD:
            raise operation.refuse("result", "depends on the size of the input")
        args = [closed(each) if isinstance(each, list) else each for each in args]
        if any(map(is_open, tree_leaves((args, kwargs)))):
            raise operation.refuse("result", "depends on the size of the input")
    try:
        result = target(*args, **kwargs)
    except Exception as error:  # an operator may raise anything
        raise operation.refuse("result", reason(error)) from None
    if spread and not stands_for(result, operation.result):
        raise operation.refuse("result", "depends on the size of the input")
    return widened(result)


def closed(sizes: list) -> list:
    return [1 if is_open(size) else size for size in sizes]


def stands_for(result: torch.Tensor, wanted: torch.Tensor) -> bool:
    """True if the axes are those of the true result, or of size 1 where that one's is open."""
    return result.ndim == wanted.ndim and all(
        given == (1 if is_open(size) else size)
        for given, size in zip(result.shape, wanted.shape, strict=True)
    )


def widened(result):
    """Floats as float64, in lists as well."""
    if isinstance(result, (tuple, list)):
        return [widened(item) for item in result]
    if isinstance(result, torch.Tensor) and result.dtype.is_floating_point:
        return result.double()
    return result
