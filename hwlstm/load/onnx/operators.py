"""What the operators of the data path mean: linear layer, ArgMax, input scaling, no effect."""

from dataclasses import replace

import numpy as np

from ..walk.refused import Refused
from ..walk.signal import Signal
from ..walk.tensor import Tensor
from .lstm import lstm
from .node import Node
from .trace import SUPPORTED, Trace

__all__ = ["OPERATORS"]

KEPT = {1: "float32", 11: "float64"}
ROUNDED = {10: "float16", 16: "bfloat16"}
INTEGERS = {2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64"}
COERCING_SOFTMAX = 12


def gemm(trace: Trace, node: Node) -> list[Signal]:
    """alpha * A B + beta * C, with A the data."""
    x = data(trace, node)
    if len(x.labels.axes) != 2:
        raise node.refuse("shape of A", x.labels.shape, "a matrix is")
    get = node.attributes.get
    if get("transA", 0):
        x = x.moved(lambda tensor: tensor.transposed([1, 0]))
    weights = matrix(trace, node) * get("alpha", 1.0)
    y = linear(node, x, weights if get("transB", 0) else weights.T)
    bias = trace.spread(node, 2, "C")
    return [y] if bias is None else [biased(node, y, bias, get("beta", 1.0))]


def matmul(trace: Trace, node: Node) -> list[Signal]:
    return [linear(node, data(trace, node), matrix(trace, node).T)]


def data(trace: Trace, node: Node) -> Signal:
    """The left operand, which must come from the LSTM."""
    x = trace.signal(node, 0, "left operand")
    if x.source != "h" or x.squashed:
        raise node.refuse("left operand", x.name, "one linear layer, on the LSTM's output, is")
    return x


def matrix(trace: Trace, node: Node) -> np.ndarray:
    weights = trace.weights(node, 1, "weights")
    if weights.ndim != 2 or 0 in weights.shape:
        raise node.refuse("shape of weights", weights.shape, "a matrix is")
    return weights


def linear(node: Node, x: Signal, weights: np.ndarray) -> Signal:
    """Apply weights (outputs, units) to every row."""
    rows = x.rows(node.where)
    outputs, units = weights.shape
    if units != x.width:
        raise node.refuse("inputs of weights", units, f"{x.width}, the units of the LSTM, are")
    steps = "all" if len(x.labels.axes) > 2 else "last"
    return replace(
        x,
        source="y",
        name=f"the output of {node.title}",
        labels=rows.vectors(outputs),
        width=outputs,
        network={**x.network, "dense": (weights, np.zeros(outputs)), "steps": steps},
    )


def add(trace: Trace, node: Node) -> list[Signal]:
    """Data plus constant, in either order: the bias of a linear layer, or a shift of the input."""
    index = int(isinstance(trace.operand(node, 0), Signal))
    y = trace.signal(node, 1 - index, "data")
    if y.source == "input":
        return scaled(trace, node)
    bias = trace.spread(node, index, "bias")
    if y.source != "y" or y.squashed:
        raise node.refuse("op_type", node.op, "adding a bias to a linear layer is")
    return [biased(node, y, bias)]


def biased(node: Node, y: Signal, bias: Tensor, factor: float = 1.0) -> Signal:
    """Add a constant to the linear layer; it must be the same for every row."""
    y.rows(node.where)
    try:
        shifted = replace(y, scale=None, offset=None).changed(1.0, bias)
    except (ValueError, Refused):
        raise node.refuse("shape of bias", bias.shape, f"({y.width},) is") from None
    vector = shifted.offset.common_vector()
    if vector is None:
        raise node.refuse("bias", "different in each row", "one for all steps is")
    weights, before = y.network["dense"]
    network = {**y.network, "dense": (weights, before + vector * factor)}
    return replace(y, labels=shifted.labels, network=network)


def scaled(trace: Trace, node: Node) -> list[Signal]:
    """The graph's input times a constant, or plus one: for the LSTM to take into its weights."""
    index = int(isinstance(trace.operand(node, 0), Signal))
    x = trace.signal(node, 1 - index, "data")
    if x.source != "input" or (node.op == "Div" and index == 0):
        raise node.refuse("op_type", node.op, SUPPORTED)
    constant = trace.spread(node, index, "constant")
    sign = -1.0 if node.op == "Sub" and index == 0 else 1.0
    if node.op in ("Add", "Sub"):
        turned = -1.0 if node.op == "Sub" and index == 1 else 1.0
        return [x.changed(sign, Tensor(constant.entries * turned, constant.axes))]
    if not constant.entries.all():
        raise node.refuse("constant", 0.0, "a scale other than 0 is")
    factor = constant.entries if node.op == "Mul" else 1.0 / constant.entries
    return [x.changed(Tensor(factor, constant.axes), 0.0)]


def squash(trace: Trace, node: Node) -> list[Signal]:
    """Softmax, LogSoftmax over the units and Sigmoid keep their order: ArgMax may follow."""
    x = behind_the_lstm(trace, node)
    if node.op != "Sigmoid":
        over_units(node, x, default=1 if trace.opset <= COERCING_SOFTMAX else -1)
    return [replace(x, squashed=node.where)]


def argmax(trace: Trace, node: Node) -> list[Signal]:
    """Index of the largest unit, the first one on a tie."""
    x = behind_the_lstm(trace, node)
    over_units(node, x, default=0)
    if node.attributes.get("select_last_index", 0):
        raise node.refuse("select_last_index", 1, "0, the first of equals, is")
    rows = x.rows(node.where)
    labels = rows.vectors(1) if node.attributes.get("keepdims", 1) else rows
    return [x.largest(labels, f"the output of {node.title}")]


def behind_the_lstm(trace: Trace, node: Node) -> Signal:
    x = trace.signal(node, 0, "input")
    if x.source not in ("h", "y"):
        raise node.refuse("input", x.name, "the output of the last layer is")
    return x


def over_units(node: Node, x: Signal, default: int) -> None:
    axis, rank = node.attributes.get("axis", default), len(x.labels.axes)
    if axis not in (-1, rank - 1):
        raise node.refuse("axis", axis, f"{rank - 1}, the units, is")


def cast(trace: Trace, node: Node) -> list[Signal]:
    """Between floats of at least 32 bits. A class index may be any integer."""
    x, to = trace.signal(node, 0, "input"), node.attributes.get("to", 0)
    if to not in (KEPT | INTEGERS if x.source == "class" else KEPT):
        known = KEPT | ROUNDED | INTEGERS
        raise node.refuse("to", known.get(to, to), "a cast to float32 or float64 is")
    return [x]


def dropout(trace: Trace, node: Node) -> list[Signal]:
    """Nothing, unless it is left in training mode."""
    training = trace.constant(node, 2, "training_mode")
    if training is not None and training.any():
        raise node.refuse("training_mode", True, "export the model in evaluation mode")
    return [trace.signal(node, 0, "data")]


OPERATORS = {
    "Add": add,
    "ArgMax": argmax,
    "Cast": cast,
    "Div": scaled,
    "Dropout": dropout,
    "Gemm": gemm,
    "LSTM": lstm,
    "LogSoftmax": squash,
    "MatMul": matmul,
    "Mul": scaled,
    "Sigmoid": squash,
    "Softmax": squash,
    "Sub": scaled,
}
