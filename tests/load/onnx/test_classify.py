"""classify=True takes the index of the largest output, whatever the file ends with."""

import numpy as np
import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.golden import run_float
from hwlstm.load import load

ENDS = {
    "logits": [],
    "Softmax": [("Softmax", "y", "p", {"axis": -1})],
    "LogSoftmax": [("LogSoftmax", "y", "p", {"axis": 1})],
    "Sigmoid": [("Sigmoid", "y", "p", {})],
    "ArgMax": [("ArgMax", "y", "class", {"axis": 1})],
}


@pytest.mark.parametrize("end", ENDS)
def test_a_file_of_scores_classifies_if_told(graph, end):
    onnxruntime = pytest.importorskip("onnxruntime")
    graph.lstm().head().build(ENDS[end])
    output = ENDS[end][0][2] if ENDS[end] else "y"
    path = graph.save(output)
    network = load(path, classify=True)
    assert network.classify
    x = np.random.default_rng(1).normal(size=(6, 50, 3)).astype(np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    expected = session.run(None, {"x": x})[0]
    expected = expected[:, 0] if end == "ArgMax" else expected.argmax(-1)
    output = run_float(network, x.swapaxes(0, 1)).output
    np.testing.assert_array_equal(output.ravel(), expected)


@pytest.mark.parametrize("end", ["Softmax", "LogSoftmax", "Sigmoid"])
def test_without_it_a_squashed_end_is_refused_with_what_would_do(graph, end):
    outputs = ENDS[end][0][2]
    graph.lstm().head().build(ENDS[end])
    hint = f"export the logits, or give --classify: argmax instead of {end}"
    if end == "Sigmoid":
        hint += "; or compare the logits with 0: a threshold of 0.5"
    name = end.lower()
    assert graph.refusal(outputs) == (
        f"model.onnx: {end} '{name}': place = 'end of the model' is not supported; {hint}"
    )


def test_one_sigmoid_is_no_class(graph):
    graph.tensors["D"], graph.tensors["d"] = graph.tensors["D"][:1], graph.tensors["d"][:1]
    path = graph.lstm().head().node("Sigmoid", "y", "p").save("p")
    for classify in (False, True):
        with pytest.raises(UnsupportedModel) as refused:
            load(path, classify=classify)
        assert str(refused.value) == (
            "model.onnx: Sigmoid 'sigmoid': place = 'end of the model' is not supported; "
            "export the logit, and compare it with 0: a threshold of 0.5"
        )
