"""An input that reaches the cell in another order, or changed, is refused by name."""

import numpy as np
import pytest

UNITS = 4
FLOAT, INT64 = 1, 7

OPERATORS = "one LSTM, one linear layer and ArgMax are"
STEPS = "all steps, or the last one, of every sequence in order are"
X_ORDER = "the whole of it, as (steps, batch, inputs) or transposed, is"
UNREADABLE = "LSTM 'lstm': X = \"input 'x' rearranged\" is not supported; " + X_ORDER

# Case: nodes, output, message.
INPUTS = {
    "permuted inputs": (
        [
            ("Gather", "x order3", "x2", {"axis": 2}),
            ("LSTM", "x2 W R", "Y", {"hidden_size": UNITS}),
        ],
        "Y",
        UNREADABLE,
    ),
    "reversed steps": (
        [
            ("Slice", "x minus start zero minus", "x2", {}),
            ("LSTM", "x2 W R", "Y", {"hidden_size": UNITS}),
        ],
        "Y",
        UNREADABLE,
    ),
    "repeated steps": (
        [
            ("Concat", "x x", "x2", {"axis": 0}),
            ("LSTM", "x2 W R", "Y", {"hidden_size": UNITS}),
        ],
        "Y",
        "Concat 'concat': axis of length = steps is not supported; one of fixed length is",
    ),
    "rounded input": (
        [
            ("Cast", "x", "i", {"to": INT64}),
            ("Cast", "i", "x2", {"to": FLOAT}),
            ("LSTM", "x2 W R", "Y", {"hidden_size": UNITS}),
        ],
        "Y",
        "Cast 'cast': to = 'int64' is not supported; a cast to float32 or float64 is",
    ),
    **{
        f"a cast to {name}": (
            [
                ("Cast", "x", "half", {"to": to}),
                ("Cast", "half", "x2", {"to": FLOAT}),
                ("LSTM", "x2 W R", "Y", {"hidden_size": UNITS}),
            ],
            "Y",
            f"Cast 'cast': to = '{name}' is not supported; a cast to float32 or float64 is",
        )
        for name, to in {"float16": 10, "bfloat16": 16}.items()
    },
    "a part that is missing": (
        [("Concat", "x - x", "x2", {"axis": 2}), ("LSTM", "x2 W R", "Y", {"hidden_size": UNITS})],
        "Y",
        "Concat 'concat' cannot be evaluated: an input is missing",
    ),
    "padded steps": (
        [
            ("ConstantOfShape", "pad", "z", {}),
            ("Concat", "x z", "x2", {"axis": 0}),
            ("LSTM", "x2 W R", "Y", {"hidden_size": UNITS}),
        ],
        "Y",
        "Concat 'concat': inputs = ['x', 'z'] is not supported; "
        "moving data by constant indices and shapes is",
    ),
}
CONSTANTS = {
    "order3": np.array([0, 2, 1]),
    "start": np.array([-(2**62)]),
    "pad": np.array([1, 3, 3]),
    "scale": np.full(1, 2.0, np.float32),
}


@pytest.mark.parametrize("case", INPUTS)
def test_an_input_that_is_changed_is_refused_by_name(graph, case):
    nodes, outputs, message = INPUTS[case]
    graph.tensors |= CONSTANTS
    assert graph.build(nodes).refusal(outputs) == f"model.onnx: {message}"


def test_a_reshape_in_place_of_a_transpose_is_refused(graph):
    graph.shape = [2, 3, 3]
    graph.tensors["turned"] = np.array([3, 2, -1])
    graph.node("Reshape", "x turned", "x2").lstm("x2 W R B")
    assert graph.refusal("Y") == f"model.onnx: {UNREADABLE}"
    graph.nodes.clear()
    graph.lstm().node("Reshape", "Y turned", "z")
    assert graph.refusal("z") == (
        "model.onnx: output 'z': order of steps and sequences = (3, 2) is not supported; " + STEPS
    )


def test_tokens_are_refused(graph):
    graph.extra_inputs = [("ids", (INT64, ["steps", "batch"]))]
    graph.tensors["table"] = np.ones((10, 3), np.float32)
    graph.node("Gather", "table ids", "x2").lstm("x2 W R B")
    assert graph.refusal("Y") == (
        "model.onnx: Gather 'gather': inputs = ['table', 'ids'] is not supported; "
        "moving data by constant indices and shapes is"
    )


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ([10**6, 10**6, 3], "; export with fewer sequences or steps"),
        ([0, 1, 3], "; export with fewer sequences or steps"),
    ],
)
def test_an_input_of_no_use_is_refused(graph, shape, hint):
    graph.shape = shape
    graph.lstm()
    assert graph.refusal("Y") == (
        f"model.onnx: input 'x': shape = {tuple(shape)} is not supported; "
        f"1 to 33554432 numbers are{hint}"
    )
