"""The ONNX operator LSTM: its attributes, weights and states."""

import numpy as np

from ...activation import FUNCTIONS, Function, function
from .node import Node
from .signal import Signal, numbered, squeezed
from .trace import Trace

__all__ = ["lstm"]

ACTIVATIONS = ["sigmoid", "tanh", "tanh"]
NEUTRAL_CLIP = 746.0  # exp(-746) is 0 in float64: beyond it sigmoid and tanh are 0 or +-1 already
# Its dynamo exporter cuts the gates to the projection; only initial_c keeps the true size.
PROJECTED = "; PyTorch exports proj_size wrongly"
KNOWN = (
    "activation_alpha",
    "activation_beta",
    "activations",
    "clip",
    "direction",
    "hidden_size",
    "input_forget",
    "layout",
)
PARAMETERS = ("alpha", "beta")
WITHOUT_DEFAULT = ("affine", "scaledtanh")
"""Runtimes disagree on their alpha and beta where the file gives none."""

GATES = (("i", "f", "o"), ("g",), ("squash_c",))
"""What each of the three activations is for."""


def lstm(trace: Trace, node: Node) -> list[Signal]:
    """Y, Y_h and Y_c of a forward LSTM with constant weights.

    Raises
    ------
    UnsupportedModel
        Names the attribute or input that would change the result.
    """
    check_attributes(node)
    W, R = trace.weights(node, 1, "W"), trace.weights(node, 2, "R")
    units = node.attributes.get("hidden_size", R.shape[-1] if R.ndim else 0)
    expect(node, "R", R, (1, 4 * units, units), PROJECTED)
    expect(node, "W", W, (1, 4 * units, W.shape[-1] if W.ndim else 0))
    B, P = (trace.optional_weights(node, i, name) for i, name in ((3, "B"), (7, "P")))
    if B is not None:
        expect(node, "B", B, (1, 8 * units))
    if P is not None:
        expect(node, "P", P, (1, 3 * units))
    if trace.operand(node, 4) is not None:
        raise node.refuse("sequence_lens", node.inputs[4], "sequences of one length are")
    batch_major = bool(node.attributes.get("layout", 0))
    steps, batch = sizes_of_x(node, trace.signal(node, 0, "X"), W.shape[2], batch_major=batch_major)
    states = {
        name: initial(trace, node, index, batch, units, batch_major=batch_major)
        for name, index in (("h", 5), ("c", 6))
    }
    network = {
        "W": W[0],
        "U": R[0],
        "b": None if B is None else B[0, : 4 * units] + B[0, 4 * units :],
        "p": None if P is None else P[0],
        "order": "iofc",
        "activations": activations(node),
        "coupled": bool(node.attributes.get("input_forget", 0)),
        "initial": {name: state for name, state in states.items() if state is not None},
    }
    return outputs(node, network, steps, batch, units, batch_major=batch_major)


def check_attributes(node: Node) -> None:
    given = node.attributes
    for name, value in given.items():
        if name not in KNOWN and value != []:
            raise node.refuse(name, value)
    if given.get("direction", "forward") != "forward":
        raise node.refuse("direction", given["direction"], "'forward' is")
    if not given.get("clip", NEUTRAL_CLIP) >= NEUTRAL_CLIP:
        raise node.refuse("clip", given["clip"], "no clipping is")
    for name in ("input_forget", "layout"):
        if given.get(name, 0) not in (0, 1):
            raise node.refuse(name, given[name])


def activations(node: Node) -> dict[str, Function]:
    """Gate to its function, where it is not the usual one.

    Alphas and betas are given to the functions that have them, in order; the rest has ONNX's.
    """
    names = node.attributes.get("activations", ACTIVATIONS)
    usable = [name for name in FUNCTIONS if name not in ("hardtanh", "identity")]
    lower = [str(name).lower() for name in names]
    if len(lower) != len(GATES) or not set(lower) <= set(usable):
        raise node.refuse("activations", names, f"three of {', '.join(usable)} are")
    given = {which: list(node.attributes.get(f"activation_{which}", [])) for which in PARAMETERS}
    coupled = bool(node.attributes.get("input_forget", 0))
    found: dict[str, Function] = {}
    for spelt, name, usual, gates in zip(names, lower, ACTIVATIONS, GATES, strict=True):
        own = {}
        for which in PARAMETERS:
            if has(name, which) and given[which]:
                own[which] = given[which].pop(0)
            elif has(name, which) and name in WITHOUT_DEFAULT:
                what = f"activation_{which}"
                raise node.refuse(what, f"none for {spelt}", "ONNX gives no default")
        if name != usual:
            chosen = function(name, **own)
            found |= {gate: chosen for gate in gates if not (coupled and gate == "f")}
    for which, left in given.items():
        if left:
            raise node.refuse(f"activation_{which}", left, "one for each function that has it is")
    return found


def has(name: str, parameter: str) -> bool:
    return getattr(FUNCTIONS[name], parameter) is not None


def expect(node: Node, name: str, array: np.ndarray, shape: tuple[int, ...], hint="") -> None:
    if array.shape != shape or 0 in shape:
        raise node.refuse(f"shape of {name}", array.shape, f"{shape} is{hint}")


def sizes_of_x(node: Node, x: Signal, inputs: int, *, batch_major: bool) -> tuple[int, int]:
    """Steps and sequences of X, which must be the graph's input, time-major or batch-major."""
    if x.source != "input":
        raise node.refuse("X", x.name, "one LSTM, on the graph's input, is")
    labels = x.labels
    if labels.ndim != 3 or labels.shape[2] != inputs:
        raise node.refuse(
            "shape of X", labels.shape, f"{inputs} features, fixed, on the last axis are"
        )
    labels = labels.swapaxes(0, 1) if batch_major else labels
    steps, batch, _ = labels.shape
    time_major = np.arange(labels.size).reshape(labels.shape)
    sequence_major = np.arange(labels.size).reshape(batch, steps, inputs).swapaxes(0, 1)
    outer = squeezed(x.shape)[:1]
    for order, size in ((time_major, steps), (sequence_major, batch)):
        if np.array_equal(labels, order) and (outer == (size,) or 1 in (steps, batch)):
            return steps, batch
    raise node.refuse("X", f"{x.name} rearranged", "(steps, batch, inputs) and transposed are")


def initial(trace: Trace, node: Node, index: int, batch: int, units: int, *, batch_major: bool):
    """An initial state (units,), the same for every sequence; None if absent."""
    name = ("initial_h", "initial_c")[index - 5]
    state = trace.optional_weights(node, index, name)
    if state is None:
        return None
    expect(node, name, state, (batch, 1, units) if batch_major else (1, batch, units), PROJECTED)
    rows = state.reshape(batch, units)
    if (rows != rows[0]).any():
        raise node.refuse(name, "different for each sequence", "one for all is")
    return rows[0]


def outputs(node: Node, network, steps, batch, units, *, batch_major: bool) -> list[Signal]:
    """Y, Y_h, Y_c. Y_h has the labels of the last step of Y, for it holds the same numbers."""
    every = numbered(node.where, (steps, 1, batch, units))
    last = every[-1]
    if batch_major:
        every, last = every.transpose(2, 0, 1, 3), last.swapaxes(0, 1)
    common = {"width": units, "steps": steps, "batch": batch, "network": network}
    h = {"source": "h", "name": f"the output of {node.title}", **common}
    c = {"source": "c", "name": f"the cell state of {node.title}", **common}
    return [Signal(labels=every, **h), Signal(labels=last, **h), Signal(labels=last, **c)]
