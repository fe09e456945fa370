"""Arithmetic on constants and on sizes: exact for every size, or refused."""

from collections.abc import Sequence
from functools import reduce
from math import prod

import numpy as np

from ..walk.decide import elementwise, undecided
from ..walk.part import ONE
from ..walk.polynomial import Polynomial
from ..walk.tensor import Tensor
from ..walk.together import aligned
from .evaluate import evaluate
from .node import Node

__all__ = ["ELEMENTWISE", "FOLDED", "fold", "shape_of"]

ELEMENTWISE = frozenset(
    ("Add", "Cast", "Div", "Equal", "Max", "Min", "Mod", "Mul", "Neg", "Sqrt", "Sub", "Where")
)
FOLDED = ELEMENTWISE.union(("Constant", "ConstantOfShape", "DequantizeLinear", "ReduceProd"))
INTEGERS = {6: "int32", 7: "int64"}


def fold(node: Node, args: Sequence[Tensor | np.ndarray], opset: int) -> list:
    """The outputs of an operator on constants.

    Raises
    ------
    Refused
        They depend on the size of the input.
    HwlstmError
        The operator refuses its inputs.
    """
    if node.op == "ConstantOfShape":
        return [filled(node, args[0])]
    if all(isinstance(arg, np.ndarray) for arg in args):
        return evaluate(node, args, opset)
    if node.op == "ReduceProd":
        return [product(node, args)]
    if node.op not in ELEMENTWISE:
        raise undecided("inputs", node.inputs)
    entries, axes = aligned([Tensor.of(arg) for arg in args])
    sized = [each for each in entries if isinstance(each, Polynomial) and each.constant is None]
    if sized:
        return [Tensor(of_sizes(node, entries), axes)]
    arrays = [each.constant if isinstance(each, Polynomial) else each for each in entries]
    (result,) = evaluate(node, arrays, opset)
    return [Tensor(result, axes)]


def filled(node: Node, shape: Tensor | np.ndarray) -> Tensor:
    value = node.attributes.get("value")
    number = np.float32(0) if value is None else node.array(value).reshape(-1)[0]
    sizes = Tensor.of(shape)
    if len(sizes.shape) != 1:
        raise ValueError(f"shape must have one axis, not {len(sizes.shape)}")
    sizes = list(Polynomial.of(sizes.entries)) if sizes.size != 1 else [scalar(sizes)]
    if not all(size.never_negative() for size in sizes):
        raise undecided("input", sizes)
    return Tensor.filled(number, sizes)


def scalar(tensor: Tensor) -> Polynomial:
    return Polynomial.of(tensor.entries).apply(lambda a: a.reshape(()))


def of_sizes(node: Node, entries: list) -> Polynomial | np.ndarray:
    """Arithmetic entry by entry, where at least one depends on a size."""
    if node.op == "Where":
        condition = entries[0]
        if isinstance(condition, Polynomial):
            raise undecided("condition", condition)
        chosen, other = map(integers, entries[1:])
        condition = condition.astype(np.int64)
        return chosen * condition + other * (1 - condition)
    numbers = [integers(each) for each in entries]
    if node.op == "Neg":
        return -numbers[0]
    if node.op == "Cast" and node.attributes.get("to") in INTEGERS:
        return numbers[0]
    if node.op in ("Cast", "Sqrt"):
        raise undecided("input", numbers[0])
    return reduce(lambda a, b: elementwise(node.op, integers(a), integers(b)), numbers)


def integers(entries: Polynomial | np.ndarray) -> Polynomial:
    if not isinstance(entries, Polynomial) and entries.dtype.kind not in "iu":
        raise ValueError(f"sizes and {entries.dtype} cannot be brought together")
    return Polynomial.of(entries)


def product(node: Node, args: Sequence) -> Tensor:
    """ReduceProd of a vector of sizes."""
    x = Tensor.of(args[0])
    if len(x.shape) != 1 or not isinstance(x.entries, Polynomial):
        raise undecided("data", x.entries)
    result = prod(x.entries, start=ONE)
    keeps = node.attributes.get("keepdims", 1)
    return Tensor.of(result.apply(np.atleast_1d) if keeps else result)


def shape_of(node: Node, shape: Sequence[Polynomial]) -> Tensor:
    """Shape, or part of it, or Size."""
    if node.op == "Size":
        return Tensor.of(prod(shape, start=ONE))
    part = list(shape)[node.attributes.get("start", 0) : node.attributes.get("end", None)]
    return Tensor.of(Polynomial.stack(part))
