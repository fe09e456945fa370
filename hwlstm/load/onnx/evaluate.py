"""Run one operator on arrays, unless its result would be larger than any model needs."""

import math

import numpy as np

from ...errors import HwlstmError
from .file import first_line
from .node import Node

__all__ = ["ELEMENTWISE", "evaluate"]

ELEMENTWISE = frozenset(("Add", "Sub", "Mul", "Div", "Equal", "Where", "Min", "Max", "Mod"))
TO_SHAPE = frozenset(("ConstantOfShape", "Expand"))
LARGEST = 2**26


def evaluate(node: Node, feeds: dict[str, np.ndarray], opset: int) -> list[np.ndarray]:
    """The outputs of a node.

    Raises
    ------
    UnsupportedModel
        The result would be too large.
    HwlstmError
        The operator refuses its inputs.
    """
    from onnx.reference import ReferenceEvaluator

    size = result_size(node, list(feeds.values()))
    if size > LARGEST:
        raise node.refuse("size of the result", size, f"up to {LARGEST} numbers are")
    try:
        results = ReferenceEvaluator(node.proto, opsets={"": opset}).run(None, feeds)
        return [np.asarray(result) for result in results]
    except Exception as error:  # onnx.reference raises anything on inconsistent input
        raise HwlstmError(f"{node.where} cannot be evaluated: {first_line(error)}") from None


def result_size(node: Node, arrays: list[np.ndarray]) -> int:
    """How many numbers a node gives at most."""
    shapes = [array.shape for array in arrays]
    if node.op in TO_SHAPE:
        target = tuple(int(size) for size in arrays[-1].ravel()[:64])
        return broadcast_size([*shapes[:-1], target])
    if node.op in ELEMENTWISE:
        return broadcast_size(shapes)
    if node.op == "Gather":
        return gathered_size(arrays[0], arrays[-1], axis=node.attributes.get("axis", 0))
    return sum(array.size for array in arrays)


def gathered_size(data: np.ndarray, indices: np.ndarray, *, axis: int) -> int:
    """0 if the operator will fail anyway."""
    if not data.size or not -data.ndim <= axis < data.ndim:
        return 0
    return data.size // data.shape[axis] * indices.size


def broadcast_size(shapes: list[tuple[int, ...]]) -> int:
    rank = max(map(len, shapes))
    aligned = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return math.prod(max(sizes) for sizes in zip(*aligned, strict=True))
