"""What the operators of the data path mean: linear layer, ArgMax, and those without effect."""

from dataclasses import replace

import numpy as np

from .lstm import lstm
from .node import Node
from .signal import Signal, numbered
from .trace import Trace

__all__ = ["OPERATORS"]

FLOATS = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16"}
INTEGERS = {2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64"}
COERCING_SOFTMAX = 12


def gemm(trace: Trace, node: Node) -> list[Signal]:
    """alpha * A B + beta * C, with A the data."""
    x = data(trace, node)
    if x.labels.ndim != 2:
        raise node.refuse("shape of A", x.labels.shape, "a matrix is")
    get = node.attributes.get
    if get("transA", 0):
        x = replace(x, labels=x.labels.T)
    weights = matrix(trace, node) * get("alpha", 1.0)
    y = linear(node, x, weights if get("transB", 0) else weights.T)
    bias = trace.optional_weights(node, 2, "C")
    return [y] if bias is None else [biased(node, y, bias * get("beta", 1.0))]


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
    steps = "all" if x.labels.ndim > 2 else "last"
    return replace(
        x,
        source="y",
        name=f"the output of {node.title}",
        labels=numbered(node.where, (x.steps * x.batch, outputs))[rows],
        width=outputs,
        network={**x.network, "dense": (weights, np.zeros(outputs)), "steps": steps},
    )


def add(trace: Trace, node: Node) -> list[Signal]:
    """Data plus constant, in either order: the bias of a linear layer."""
    index = int(isinstance(trace.operand(node, 0), Signal))
    y = trace.signal(node, 1 - index, "data")
    bias = trace.weights(node, index, "bias")
    if y.source != "y" or y.squashed:
        raise node.refuse("op_type", node.op, "adding a bias to a linear layer is")
    return [biased(node, y, bias)]


def biased(node: Node, y: Signal, bias: np.ndarray) -> Signal:
    """Add a constant to the linear layer; it must be the same for every row."""
    y.rows(node.where)
    try:
        shape = np.broadcast_shapes(y.labels.shape, bias.shape)
        labels = y.labels.reshape(shape)
        rows = np.broadcast_to(bias, shape).reshape(-1, y.width)
    except ValueError:
        raise node.refuse("shape of bias", bias.shape, f"({y.width},) is") from None
    if not (rows == rows[0]).all():
        raise node.refuse("bias", "different in each row", "one for all steps is")
    weights, before = y.network["dense"]
    network = {**y.network, "dense": (weights, before + rows[0])}
    return replace(y, labels=labels, network=network)


def softmax(trace: Trace, node: Node) -> list[Signal]:
    """Softmax or LogSoftmax over the units keeps the order of the outputs: ArgMax may follow."""
    x = behind_the_lstm(trace, node)
    default = 1 if trace.opset <= COERCING_SOFTMAX else -1
    over_units(node, x, default)
    return [replace(x, squashed=node.where)]


def argmax(trace: Trace, node: Node) -> list[Signal]:
    """Index of the largest unit, the first one on a tie."""
    x = behind_the_lstm(trace, node)
    over_units(node, x, default=0)
    if node.attributes.get("select_last_index", 0):
        raise node.refuse("select_last_index", 1, "0, the first of equals, is")
    rows = x.rows(node.where)
    return [
        replace(
            x,
            source="class",
            name=f"the output of {node.title}",
            labels=rows[..., None] if node.attributes.get("keepdims", 1) else rows,
            width=1,
            squashed="",
            network={**x.network, "classify": True},
        )
    ]


def behind_the_lstm(trace: Trace, node: Node) -> Signal:
    x = trace.signal(node, 0, "input")
    if x.source not in ("h", "y"):
        raise node.refuse("input", x.name, "the output of the last layer is")
    return x


def over_units(node: Node, x: Signal, default: int) -> None:
    axis, rank = node.attributes.get("axis", default), x.labels.ndim
    if axis not in (-1, rank - 1):
        raise node.refuse("axis", axis, f"{rank - 1}, the units, is")


def cast(trace: Trace, node: Node) -> list[Signal]:
    """Between floats; weights and data are converted anyway. A class index may be any integer."""
    x, to = trace.signal(node, 0, "input"), node.attributes.get("to", 0)
    known = FLOATS | INTEGERS if x.source == "class" else FLOATS
    if to not in known:
        raise node.refuse("to", (FLOATS | INTEGERS).get(to, to), "a cast to floats is")
    return [x]


def dropout(trace: Trace, node: Node) -> list[Signal]:
    """Nothing, unless it is left in training mode."""
    training = trace.constant(node, 2, "training_mode")
    if training is not None and training.any():
        raise node.refuse("training_mode", True, "export the model in evaluation mode")
    return [trace.signal(node, 0, "data")]


def shape(trace: Trace, node: Node) -> list[np.ndarray]:
    """The shape, or the size, is a constant of this walk."""
    return trace.evaluate(node)


OPERATORS = {
    "Add": add,
    "ArgMax": argmax,
    "Cast": cast,
    "Dropout": dropout,
    "Gemm": gemm,
    "LSTM": lstm,
    "LogSoftmax": softmax,
    "MatMul": matmul,
    "Shape": shape,
    "Size": shape,
    "Softmax": softmax,
}
