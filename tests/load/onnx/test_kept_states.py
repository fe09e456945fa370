"""A graph that takes h and c and gives them back is the network that keeps its state."""

import numpy as np
import pytest

from hwlstm.golden import run_float
from hwlstm.load import load

UNITS, FLOAT = 4, 1
NEXT = "those of the last step as outputs"
ALONE = (
    "LSTM 'lstm': initial_{state} = \"input '{state}0'\" is not supported; "
    f"a constant is; or both states, with {NEXT}"
)


def with_states(graph, *names, batch="batch"):
    graph.extra_inputs = [(name, (FLOAT, [1, batch, UNITS])) for name in names]
    return graph


@pytest.mark.parametrize("steps", ["steps", 1, 6])
@pytest.mark.parametrize("batch", ["batch", 1])
def test_states_that_go_in_and_come_out_are_kept(graph, steps, batch):
    onnxruntime = pytest.importorskip("onnxruntime")
    with_states(graph, "h0", "c0", batch=batch)
    graph.shape = [steps, batch, 3]
    graph.lstm("x W R B - h0 c0").node("Squeeze", "Y one", "h")
    graph.tensors["E"] = graph.tensors["D"].T.copy()
    path = graph.node("MatMul", "h E", "y").save("y Y_h Y_c")
    network = load(path)
    assert not network.many_to_one
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).normal(size=(12, 1, 3)).astype(np.float32)
    h = c = np.zeros((1, 1, UNITS), np.float32)
    expected = []
    for part in np.split(x, 12 // (steps if isinstance(steps, int) else 4)):
        y, h, c = session.run(None, {"x": part, "h0": h, "c0": c})
        expected.append(y)
    output = run_float(network, x.swapaxes(0, 1)).output
    np.testing.assert_allclose(output, np.concatenate(expected).swapaxes(0, 1), atol=2e-6)


def test_states_may_come_out_through_other_axes(graph):
    graph.extra_inputs = [(name, (FLOAT, ["batch", UNITS])) for name in ("h0", "c0")]
    for name in ("h", "c"):
        graph.node("Unsqueeze", f"{name}0 zero", f"{name}1")
    graph.lstm("x W R B - h1 c1").head().node("Squeeze", "Y_c zero", "cn")
    assert load(graph.save("y cn h")).many_to_one


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ("h0 -", "Y Y_h Y_c", ALONE.format(state="h")),
        ("- c0", "Y", ALONE.format(state="c")),
        (
            "h0 c0",
            "Y Y_h",
            "states = [\"input 'h0'\", \"input 'c0'\"] is not supported; "
            f"a constant is; or both, with {NEXT}",
        ),
        (
            "h0 h0",
            "Y Y_h Y_c",
            "LSTM 'lstm': initial_c = \"input 'h0'\" is not supported; "
            "a constant, or an input of its own, is",
        ),
        (
            "h0 c0",
            "Y Y_c",
            "states = [\"input 'h0'\", \"input 'c0'\"] is not supported; "
            f"a constant is; or both, with {NEXT}",
        ),
    ],
)
def test_half_of_the_pattern_is_refused(graph, inputs, outputs, message):
    names = [name for name in dict.fromkeys(inputs.split()) if name != "-"]
    with_states(graph, *names).lstm(f"x W R B - {inputs}")
    assert graph.refusal(outputs) == f"model.onnx: {message}"


def test_a_state_that_is_changed_on_its_way_is_refused(graph):
    with_states(graph, "h0", "c0")
    graph.tensors["half"] = np.array(0.5, np.float32)
    graph.node("Mul", "h0 half", "h1").lstm("x W R B - h1 c0")
    assert graph.refusal("Y Y_h Y_c") == (
        "model.onnx: LSTM 'lstm': initial_h = \"input 'h0'\" is not supported; "
        "a constant, or an input of its own, is"
    )


def test_another_state_than_the_last_is_refused(graph):
    with_states(graph, "h0", "c0", batch=3)
    graph.shape = [6, 3, 3]
    graph.lstm("x W R B - h0 c0").node("Gather", "Y zero", "first")
    assert "steps read = [0]" in graph.refusal("Y first Y_c")
