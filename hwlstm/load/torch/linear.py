"""The linear layer of the graph, and constants added to or multiplied with what depends on x."""

from dataclasses import replace

import numpy as np
import torch

from ..walk.refused import Refused
from ..walk.signal import Signal
from .operation import Operation
from .trace import Trace

__all__ = ["LINEAR", "constants"]


def linear(trace: Trace, operation: Operation, x, weight, bias=None) -> Signal:
    """x W^T + b."""
    W = trace.weight(operation, operation.node.args[1], weight)
    b = np.zeros(len(W)) if bias is None else trace.weight(operation, operation.node.args[2], bias)
    return applied(operation, x, W, b)


def matmul(trace: Trace, operation: Operation, x, weight) -> Signal:
    W = trace.weight(operation, operation.node.args[1], weight)
    return applied(operation, x, W.T, np.zeros(W.shape[-1]))


def addmm(trace: Trace, operation: Operation, bias, x, weight, *, beta=1, alpha=1) -> Signal:
    """beta b + alpha x W, with b the same for every row."""
    W = trace.weight(operation, operation.node.args[2], weight)
    b = trace.weight(operation, operation.node.args[0], bias)
    if b.shape != (W.shape[-1],):
        raise operation.refuse("shape of bias", b.shape, f"{(W.shape[-1],)} is")
    return applied(operation, x, alpha * W.T, beta * b)


def applied(operation: Operation, x, W: np.ndarray, b: np.ndarray) -> Signal:
    """The linear layer: W (outputs, units) on every row of the LSTM's output."""
    if not isinstance(x, Signal) or x.source != "h" or x.squashed:
        name = x.name if isinstance(x, Signal) else "a constant"
        raise operation.refuse("input", name, "one linear layer, on the LSTM's output, is")
    rows = x.rows(operation.where)
    if W.ndim != 2 or W.shape[1] != x.width:
        raise operation.refuse("shape of weights", W.shape, f"(outputs, {x.width}) is")
    scale, offset = constants(operation, x)
    return replace(
        x,
        source="y",
        name=of(f"the output of {operation.module or operation.name}", x),
        labels=rows.vectors(len(W)),
        width=len(W),
        network={**x.network, "dense": (W * scale, b + W @ offset)},
        scale=None,
        offset=None,
    )


def of(what: str, x: Signal) -> str:
    """What a layer's output is called: with what it reads, if that was moved about."""
    return what if x.name.startswith("the output of") else f"{what}, which reads {x.name}"


def add(trace: Trace, operation: Operation, a, b, *, alpha=1) -> Signal:
    if not isinstance(a, Signal):
        return changed(trace, operation, b, scale=alpha, offset=a)
    return changed(trace, operation, a, offset=b, factor=alpha)


def sub(trace: Trace, operation: Operation, a, b, *, alpha=1) -> Signal:
    if not isinstance(a, Signal):
        return changed(trace, operation, b, scale=-alpha, offset=a)
    return changed(trace, operation, a, offset=b, factor=-alpha)


def rsub(trace: Trace, operation: Operation, a, b, alpha=1) -> Signal:
    return changed(trace, operation, a, scale=-alpha, offset=b)


def mul(trace: Trace, operation: Operation, a, b) -> Signal:
    x, factor = (a, b) if isinstance(a, Signal) else (b, a)
    return changed(trace, operation, x, scale=factor)


def div(trace: Trace, operation: Operation, a, b, *, rounding_mode=None) -> Signal:
    if not isinstance(a, Signal) or rounding_mode is not None:
        raise operation.refuse("operands", "divided by x, or rounded", "x / constant is")
    return changed(trace, operation, a, scale=b, inverse=True)


def neg(trace: Trace, operation: Operation, x: Signal) -> Signal:
    return changed(trace, operation, x, scale=-1)


def changed(
    trace: Trace, operation: Operation, x: Signal, *, scale=1, offset=0, factor=1, inverse=False
) -> Signal:
    """x * scale + factor * offset, for constants that are the same in every row.

    It becomes part of the weights that read x, or of the linear layer that gave it, in float64.
    """
    if x.squashed or x.source not in ("input", "h", "y"):
        raise operation.refuse("input", x.name, "the input or a layer's output is")
    scale, offset = (number(trace, operation, each) for each in (scale, offset))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale, offset = 1 / scale if inverse else scale, factor * offset
    if not (np.isfinite(scale).all() and np.isfinite(offset).all()):
        raise operation.refuse("constant", "not finite, or divided by 0", "a finite one is")
    if (scale == 1).all() and (offset == 0).all():
        return x
    x = x.changed(scale, offset)
    if x.source != "y":
        return x
    W, b = x.network["dense"]
    x.rows(operation.where)
    scale, offset = constants(operation, x)
    network = {**x.network, "dense": (W * scale[:, None], b * scale + offset)}
    return replace(x, network=network, scale=None, offset=None)


def number(trace: Trace, operation: Operation, value) -> np.ndarray:
    """A constant, with axes of size 1 where it is of an open size."""
    if isinstance(value, (int, float)):
        return np.float64(value)
    if not isinstance(value, torch.Tensor):
        raise Refused("operand", getattr(value, "name", value), "a constant is")
    return value.double().numpy()


def constants(operation: Operation, x: Signal) -> tuple[np.ndarray, np.ndarray]:
    """What every number of a row was multiplied by, and what was added, (units,) each."""
    found = [tensor.common_vector() for tensor in x.changes]
    if any(vector is None for vector in found):
        hint = "one for all steps and sequences is"
        raise operation.refuse("scale of its input", "different in each row", hint)
    return found[0], found[1]


LINEAR = {
    "aten.add": add,
    "aten.addmm": addmm,
    "aten.div": div,
    "aten.linear": linear,
    "aten.matmul": matmul,
    "aten.mm": matmul,
    "aten.mul": mul,
    "aten.neg": neg,
    "aten.rsub": rsub,
    "aten.sub": sub,
}
