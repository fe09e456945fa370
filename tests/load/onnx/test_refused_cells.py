"""A cell that would give another result is refused by name: node, attribute, value."""

import numpy as np
import pytest

UNITS = 4
FLOAT = 1


def floats(*shape):
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def attribute(**attributes):
    return lambda g: g.lstm(**attributes)


def tensor(name, array, inputs="x W R B"):
    def build(g):
        g.tensors[name] = array
        g.lstm(inputs)

    return build


def inputs(*extra):
    def build(g):
        g.extra_inputs = extra
        g.lstm("x W R B - h0 -" if extra[0][0] == "h0" else "x W R B")

    return build


def sequence_lens(g):
    g.shape = ["steps", 3, 3]
    g.tensors["lens"] = np.array([3, 3, 3], np.int32)
    g.lstm("x W R B lens")


def varying_state(g):
    g.shape = ["steps", 3, 3]
    g.tensors["c0"] = floats(1, 3, UNITS)
    g.lstm("x W R B - - c0")


def state_from_batch(g):
    g.tensors["units"] = np.array([UNITS])
    g.node("Shape", "x", "sizes").node("Gather", "sizes one", "batch")
    g.node("Concat", "one batch units", "wanted", axis=0)
    g.node("Cast", "batch", "number", to=FLOAT).node("Expand", "number wanted", "h0")
    g.lstm("x W R B - h0")


def not_a_number(g):
    g.tensors["W"][0, 3, 1] = np.nan
    g.lstm()


PROJECTED = "; a projection of h (proj_size), which PyTorch exports wrongly, is not"
ANY_SIZE = "what is the same at every size of the input is"
LSTM = "model.onnx: LSTM 'lstm': {} is not supported"
CELLS = {
    "reverse": (
        attribute(direction="reverse"),
        LSTM.format("direction = 'reverse'") + "; 'forward' is",
    ),
    "bidirectional": (
        attribute(direction="bidirectional"),
        LSTM.format("direction = 'bidirectional'") + "; 'forward' is",
    ),
    "activations": (
        attribute(activations=["Cosine", "Tanh", "Tanh"]),
        LSTM.format("activations = ['Cosine', 'Tanh', 'Tanh']")
        + "; three of sigmoid, tanh, relu, affine, leakyrelu, thresholdedrelu, scaledtanh, "
        "hardsigmoid, elu, softsign, softplus are",
    ),
    "no default": (
        attribute(activations=["Sigmoid", "ScaledTanh", "Tanh"], activation_alpha=[1.0]),
        LSTM.format("activation_beta = 'none for ScaledTanh'") + "; ONNX gives no default",
    ),
    "alpha": (
        attribute(activation_alpha=[0.5]),
        LSTM.format("activation_alpha = [0.5]") + "; one for each function that has it is",
    ),
    "clip": (attribute(clip=3.0), LSTM.format("clip = 3.0") + "; no clipping is"),
    "no hidden_size": (
        lambda g: g.node("LSTM", "x W R B", "Y"),
        LSTM.format("hidden_size = None") + "; a number of units is",
    ),
    "input_forget": (attribute(input_forget=2), LSTM.format("input_forget = 2")),
    "layout": (attribute(layout=2), LSTM.format("layout = 2")),
    "hidden_size": (
        attribute(hidden_size=5),
        LSTM.format("shape of R = (1, 16, 4)") + "; (1, 20, 5) is" + PROJECTED,
    ),
    "projection": (
        tensor("R", floats(1, 16, 2)),
        LSTM.format("shape of R = (1, 16, 2)") + "; (1, 16, 4) is" + PROJECTED,
    ),
    "bias": (
        tensor("B", floats(1, 16)),
        LSTM.format("shape of B = (1, 16)") + "; (1, 32) is",
    ),
    "peepholes": (
        tensor("P", floats(1, 11), "x W R B - - - P"),
        LSTM.format("shape of P = (1, 11)") + "; (1, 12) is",
    ),
    "features": (
        tensor("W", floats(1, 16, 2)),
        LSTM.format("shape of X = (steps, batch, 3)") + "; 2 features, fixed, on the last axis are",
    ),
    "not a number": (not_a_number, LSTM.format("W[0, 3, 1] = nan")),
    "infinity": (
        tensor("B", np.full((1, 32), np.inf, np.float32)),
        LSTM.format("B[0, 0] = inf"),
    ),
    "sequence_lens": (
        sequence_lens,
        LSTM.format("sequence_lens = 'lens'") + "; sequences of one length, steps, are",
    ),
    "a state for each sequence": (
        varying_state,
        LSTM.format("initial_c = 'different for each sequence'") + "; one for all is",
    ),
    "a state from the batch size": (
        state_from_batch,
        "model.onnx: Cast 'cast': input = 'batch, which depends on the size of the input' "
        "is not supported; " + ANY_SIZE,
    ),
    "a state as an input": (
        inputs(("h0", (FLOAT, [1, "batch", UNITS]))),
        LSTM.format("initial_h = \"input 'h0'\"")
        + "; a constant is; or both states, with those of the last step as outputs",
    ),
}


@pytest.mark.parametrize("case", CELLS)
def test_a_cell_that_is_not_supported_is_refused_by_name(graph, case):
    build, message = CELLS[case]
    build(graph)
    assert graph.refusal("Y") == message


@pytest.mark.parametrize(
    ("opsets", "what"),
    [
        ({"": 6}, "opset version = 6 is not supported; versions 7 to "),
        ({"": 999}, "opset version = 999 is not supported; versions 7 to "),
        ({"other": 1}, "opset_import = [] is not supported; one of versions 7 to "),
    ],
)
def test_an_unknown_operator_set_is_refused(graph, opsets, what):
    from onnx.defs import onnx_opset_version

    graph.opsets = opsets
    graph.lstm()
    assert graph.refusal("Y") == f"model.onnx: {what}{onnx_opset_version()} are"
