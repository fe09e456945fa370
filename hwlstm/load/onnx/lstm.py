"""The ONNX operator LSTM: its attributes, weights and states."""

import numpy as np

from ...activation import FUNCTIONS, Function, function
from ...conversion import Conversion
from ..walk.part import ONE
from ..walk.polynomial import Polynomial
from ..walk.signal import Signal
from ..walk.tensor import Tensor, squeezed
from .node import Node
from .trace import Trace

__all__ = ["NEXT", "lstm"]

ACTIVATIONS = ["sigmoid", "tanh", "tanh"]
NEUTRAL_CLIP = 746.0  # exp(-746) is 0 in float64: beyond it sigmoid and tanh are 0 or +-1 already
# Its dynamo exporter cuts the gates to the projection; only initial_c keeps the true size.
PROJECTED = "; a projection of h (proj_size), which PyTorch exports wrongly, is not"
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

X_ORDER = "the whole of it, as (steps, batch, inputs) or transposed, is"
NEXT = "those of the last step as outputs"
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
    arrays = parameters(trace, node)
    inputs, units = arrays["W"].shape[1], arrays["U"].shape[1]
    x, batch_major = trace.signal(node, 0, "X"), bool(node.attributes.get("layout", 0))
    steps, batch = sizes_of_x(node, x, inputs, batch_major=batch_major)
    check_lengths(trace, node, steps, batch)
    states = {
        name: initial(trace, node, index, batch, units, batch_major=batch_major)
        for name, index in (("h", 5), ("c", 6))
    }
    check_kept(trace, node)
    network = {
        **arrays,
        "conversion": conversion(node, x),
        "order": "iofc",
        "activations": activations(node),
        "coupled": bool(node.attributes.get("input_forget", 0)),
        "initial": {name: state for name, state in states.items() if state is not None},
    }
    return outputs(node, network, steps, batch, units, batch_major=batch_major)


def parameters(trace: Trace, node: Node) -> dict:
    """W, U, b and p of `from_arrays`; b is the sum of both biases, b and p are None if absent."""
    W, R = trace.weights(node, 1, "W"), trace.weights(node, 2, "R")
    units = node.attributes.get("hidden_size", 0)
    if units < 1:
        raise node.refuse("hidden_size", node.attributes.get("hidden_size"), "a number of units is")
    expect(node, "R", R, (1, 4 * units, units), PROJECTED)
    expect(node, "W", W, (1, 4 * units, W.shape[-1] if W.ndim else 0))
    B, P = (trace.optional_weights(node, i, name) for i, name in ((3, "B"), (7, "P")))
    for name, array, size in (("B", B, 8 * units), ("P", P, 3 * units)):
        if array is not None:
            expect(node, name, array, (1, size))
    bias = None if B is None else B[0, : 4 * units] + B[0, 4 * units :]
    return {"W": W[0], "U": R[0], "b": bias, "p": None if P is None else P[0]}


def conversion(node: Node, x: Signal) -> Conversion:
    """What is done to the data in front of the LSTM."""
    found = x.conversion
    if found is None:
        hint = "one finite scale and offset for all steps are"
        raise node.refuse("X", f"{x.name} scaled", hint)
    return found


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


def sizes_of_x(node: Node, x: Signal, inputs: int, *, batch_major: bool) -> tuple:
    """Steps and sequences of X, which must be the whole of the graph's input, in order."""
    if x.source != "input":
        raise node.refuse("X", x.name, "one LSTM, on the graph's input, is")
    labels = x.labels
    if len(labels.axes) != 3 or labels.shape[2] != inputs:
        raise node.refuse(
            "shape of X", labels.shape, f"{inputs} features, fixed, on the last axis are"
        )
    labels = labels.transposed([1, 0, 2]) if batch_major else labels
    steps, batch, _ = labels.shape
    for outer, inner in ((0, 1), (1, 0)):
        sizes = (labels.shape[outer], labels.shape[inner], Polynomial.of(inputs))
        row = labels.along(outer) * sizes[1] + labels.along(inner)
        if labels.entries == row * inputs + labels.along(2) and laid_out(x.shape, sizes):
            return steps, batch
    raise node.refuse("X", f"{x.name} {difference(x)}", X_ORDER)


def laid_out(shape: tuple, sizes: tuple) -> bool:
    """True if a tensor of this shape is (outer, inner, inputs), or keeps apart what it can.

    Its outer axis must be there, for it says what a sequence is; where that has length 1, all may
    be in one.
    """
    given, wanted = squeezed(shape), squeezed(sizes)
    whole = Tensor.numbered(shape).size == Tensor.numbered(sizes).size
    one = sizes[0] == 1 or sizes[1] == 1
    return whole and (given[:1] == wanted[:1] or (one and len(given) == 1) or len(wanted) < 2)


def difference(x: Signal) -> str:
    size = Tensor.numbered(x.shape).size
    return "rearranged" if x.labels.size == size else "in part, or repeated"


def check_lengths(trace: Trace, node: Node, steps: Polynomial, batch: Polynomial) -> None:
    """Refuse sequence_lens unless every sequence has all steps."""
    given = trace.constant(node, 4, "sequence_lens")
    if given is None:
        return
    lengths = Tensor.of(given)
    if lengths.shape != (batch,):
        raise node.refuse("shape of sequence_lens", lengths.shape, f"({batch},) is")
    if Polynomial.of(lengths.entries) != steps:
        shown = node.inputs[4]
        raise node.refuse("sequence_lens", shown, f"sequences of one length, {steps}, are")


def initial(trace: Trace, node: Node, index: int, batch, units: int, *, batch_major: bool):
    """An initial state (units,), the same for every sequence; None if absent or kept."""
    name = ("initial_h", "initial_c")[index - 5]
    shape = (batch, ONE) if batch_major else (ONE, batch)
    shape = (*shape, Polynomial.of(units))
    given = trace.operand(node, index)
    if isinstance(given, Signal):
        keep(trace, node, name, given, shape)
        return None
    state = trace.spread(node, index, name)
    if state is None:
        return None
    if state.shape != shape:
        raise node.refuse(f"shape of {name}", state.shape, f"{shape} is{PROJECTED}")
    vector = state.common_vector()
    if vector is None:
        raise node.refuse(name, "different for each sequence", "one for all is")
    return vector


def check_kept(trace: Trace, node: Node) -> None:
    """Refuse one state alone as an input of the graph."""
    if len(trace.kept) == 1:
        ((name, state),) = trace.kept.items()
        raise node.refuse(name, state.name, f"a constant is; or both states, with {NEXT}")


def keep(trace: Trace, node: Node, name: str, state: Signal, shape: tuple) -> None:
    """Take a state that an input of the graph brings as one that the network keeps."""
    taken = [trace.signal(node, 0, "X").name, *(each.name for each in trace.kept.values())]
    if state.source != "input" or state.scale is not None or state.name in taken:
        raise node.refuse(name, state.name, "a constant, or an input of its own, is")
    whole = state.labels.size == Tensor.numbered(state.shape).size
    if state.labels.shape != shape or not (whole and state.labels.entries == state.labels.place):
        raise node.refuse(name, f"{state.name} rearranged", f"the whole of it, as {shape}, is")
    trace.kept[name] = state


def outputs(node: Node, network, steps, batch, units, *, batch_major: bool) -> list[Signal]:
    """Y, Y_h, Y_c."""
    every = Tensor.numbered((steps, ONE, batch, Polynomial.of(units)))
    last = every.taken(0, steps - 1)
    if batch_major:
        every, last = every.transposed([2, 0, 1, 3]), last.transposed([1, 0, 2])
    seen = {"width": units, "steps": steps, "batch": batch, "network": network}
    return Signal.of_lstm(every, last, node.title, **seen)
