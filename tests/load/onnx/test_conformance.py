"""onnxruntime's own test cases: each loads and gives its numbers, or is refused by name."""

import json
from pathlib import Path

import numpy as np
import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.golden import run_float
from hwlstm.load import load

FOLDER = Path(__file__).parents[3].parent / "shared/conformance/cases/ort"
CASES = sorted(path.stem for path in FOLDER.glob("*.json"))
REASON = "the folder shared/conformance is not beside the repository"
pytestmark = pytest.mark.skipif(not CASES, reason=REASON)

WEIGHTS = ("W", "R", "B", "P", "initial_h", "initial_c", "sequence_lens")
REFUSED = {"clip", "direction", "op_type", "sequence_lens"}
LOADING = {
    "lstm_BatchParallelFalseSeqLengthGreaterThanOne",
    "lstm_ForwardSimpleWeightsNoBiasTwoRows",
    "lstm_ForwardSimpleWeightsNoBiasTwoRows_2",
    "lstm_LargeBatchNoClipping",
    "lstm_TestLSTMActivation",
    "lstm_TestLSTMBatchReallocation",
    "lstm_TestLSTMForwardCellState",
    "lstm_TestLSTMForwardHiddenState",
    "lstm_TestLSTMForwardInputForget",
    "lstm_TestLSTMForwardNoBiasUsePeepholes",
    "lstm_TestLSTMForwardPeepHole",
}


def model(case, arrays, path):
    """The case's own graph, with its weights as constants and all outputs."""
    onnx = pytest.importorskip("onnx")
    proto = onnx.load(FOLDER / f"{case}.onnx")
    graph = proto.graph
    constants = [name for name in WEIGHTS if name in arrays]
    kept = [entry for entry in graph.input if entry.name not in constants]
    del graph.input[:], graph.output[:]
    graph.input.extend(kept)
    graph.initializer.extend(onnx.numpy_helper.from_array(arrays[name], name) for name in constants)
    graph.node[0].output[:] = ["Y", "Y_h", "Y_c"][: 3 if case.startswith("lstm") else 2]
    graph.output.extend(
        onnx.helper.make_empty_tensor_value_info(name) for name in graph.node[0].output
    )
    for output in graph.output:
        output.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    path.write_bytes(proto.SerializeToString())
    return path


@pytest.mark.parametrize("case", CASES or ["absent"])
def test_a_case_gives_its_numbers_or_is_refused(case, tmp_path):
    facts = json.loads((FOLDER / f"{case}.json").read_text())
    arrays = np.load(FOLDER / f"{case}.npz")
    path = model(case, arrays, tmp_path / "case.onnx")
    if case not in LOADING:
        with pytest.raises(UnsupportedModel) as refused:
            load(path)
        assert refused.value.attribute in REFUSED
        return
    trace = run_float(load(path), arrays["X"].swapaxes(0, 1)).layers["lstm"]
    given = {
        "exp_Y": trace["h"].swapaxes(0, 1)[:, None],
        "exp_Y_h": trace["h"][None, :, -1],
        "exp_Y_c": trace["c"][None, :, -1],
    }
    expected = [name for name in arrays.files if name.startswith("exp_")]
    assert expected
    for name in expected:
        np.testing.assert_allclose(given[name], arrays[name], **facts["tol"])
