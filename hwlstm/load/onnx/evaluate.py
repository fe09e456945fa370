"""Run one operator on arrays, unless its result would be larger than any model needs."""

from collections.abc import Sequence
from math import prod

import numpy as np

from ...errors import HwlstmError
from ..walk.tensor import LARGEST
from .file import first_line
from .node import Node

__all__ = ["evaluate"]

FIRST_KNOWN = {"DequantizeLinear": 19}
"""Where onnx.reference begins to know an operator whose meaning is older."""


def evaluate(node: Node, arrays: Sequence[np.ndarray], opset: int) -> list[np.ndarray]:
    """The outputs of a node that works entry by entry.

    Raises
    ------
    UnsupportedModel
        The result would be too large.
    HwlstmError
        The operator refuses its inputs.
    """
    from onnx.reference import ReferenceEvaluator

    size = broadcast_size([array.shape for array in arrays])
    if size > LARGEST:
        raise node.refuse("size of the result", size, f"up to {LARGEST} numbers are")
    given = [name for name in node.inputs if name]
    try:
        results = ReferenceEvaluator(alone(node, opset)).run(
            None, dict(zip(given, arrays, strict=True))
        )
        return [np.asarray(result) for result in results]
    except Exception as error:  # onnx.reference raises anything on inconsistent input
        raise HwlstmError(f"{node.where} cannot be evaluated: {first_line(error)}") from None


def alone(node: Node, opset: int):
    """A model of one node: a node without one is read as of the newest operator set."""
    from onnx import helper

    inputs, outputs = (
        [helper.make_empty_tensor_value_info(name) for name in dict.fromkeys(names) if name]
        for names in (node.inputs, node.outputs)
    )
    opset = max(opset, FIRST_KNOWN.get(node.op, opset))
    graph = helper.make_graph([node.proto], "node", inputs, outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def broadcast_size(shapes: list[tuple[int, ...]]) -> int:
    rank = max(map(len, shapes), default=0)
    aligned = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return prod(max(sizes) for sizes in zip(*aligned, strict=True))
