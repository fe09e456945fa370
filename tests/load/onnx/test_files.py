"""A file that is no model gives one clear line, never a traceback."""

import os
import re

import numpy as np
import pytest

from hwlstm.errors import HwlstmError
from hwlstm.load import load


@pytest.fixture
def path(tmp_path):
    pytest.importorskip("onnx")
    return tmp_path / "model.onnx"


def refusal(source):
    with pytest.raises(HwlstmError) as refused:
        load(source)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_missing_file_is_named(path):
    assert refusal(path) == f"{path} does not exist"


def test_a_folder_is_named(path):
    path.mkdir()
    assert refusal(path) == f"{path} must be a file, not a folder"


def test_an_empty_file_is_named(path):
    path.touch()
    assert refusal(path) == f"{path}: is empty"


@pytest.mark.parametrize("text", ["This is no model.\n", "0", "\x08\x03"])
def test_a_text_file_is_no_model(path, text):
    path.write_text(text)
    assert re.fullmatch(
        re.escape(f"{path}: is not an ONNX model") + "(, or is cut off)?", refusal(path)
    )


SUFFIXES = {
    "weights.pt": "of PyTorch give the module or state dict in Python: "
    "hwlstm.load(torch.load(FILE, weights_only=True), steps='last')",
    "weights.safetensors": "give the state dict in Python: "
    "hwlstm.load(safetensors.numpy.load_file(FILE))",
    "model.h5": "of a Keras model give the arrays in Python: W, U, b = lstm.get_weights(), then "
    'hwlstm.from_arrays(W=W, U=U, b=b, order="ifco", dense=dense.get_weights())',
}


@pytest.mark.parametrize("name", SUFFIXES)
def test_of_another_kind_of_file_the_way_is_told(name):
    assert refusal(name) == f"{name} must be an .onnx or .npz file; {SUFFIXES[name]}"
    assert refusal("model.xyz") == "model.xyz must be an .onnx or .npz file"


def test_another_kind_of_source_is_refused():
    message = (
        "Source must be the path of an .onnx or .npz file, a torch.nn.Module or a state dict, "
        "not int"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        load(3)


def test_a_file_cut_off_anywhere_is_refused(graph):
    path = graph.lstm().head().save("y")
    data = path.read_bytes()
    for size in np.linspace(1, len(data) - 1, 60).astype(int):
        path.write_bytes(data[:size])
        refusal(path)


def test_a_file_damaged_anywhere_is_refused_or_still_a_model(graph):
    graph.node("Shape", "x", "sizes").node("Gather", "sizes zero", "n")
    path = graph.lstm().head().node("ArgMax", "y", "class", axis=1).save("class")
    data, rng, messages = path.read_bytes(), np.random.default_rng(5), set()
    for _ in range(400):
        damaged = bytearray(data)
        for place in rng.integers(len(data), size=rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            load(path)
        except HwlstmError as error:
            messages.add(str(error))
    assert len(messages) > 5
    assert not any("\n" in message for message in messages)


def test_a_tensor_whose_sizes_lie_is_refused_by_name(graph):
    proto = graph.lstm().proto("Y")
    proto.graph.initializer[0].dims[:] = [1, 10**9, 10**9]
    path = graph.folder / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    assert refusal(path).startswith(
        f"{path}: is not a valid ONNX model: TensorProto (tensor name: W) raw_data size"
    )


def test_weights_of_another_type_than_the_data_are_refused(graph):
    graph.tensors["W"] = np.ones((1, 16, 3), np.int32)
    path = graph.lstm().save("Y")
    assert refusal(path) == (
        f"{path}: is not a valid ONNX model: [ShapeInferenceError] "
        "(op_type:LSTM, node name: lstm): W typestr: T, has unsupported type: tensor(int32)"
    )


def test_a_model_without_output_is_refused(graph):
    path = graph.lstm().save("")
    assert refusal(path) == f"{path}: has no output"


def test_nodes_out_of_order_are_refused(graph):
    path = graph.node("Identity", "Y", "z").lstm().save("z")
    assert refusal(path).startswith(
        f"{path}: is not a valid ONNX model: Nodes in a graph must be topologically sorted"
    )


def external(graph, location):
    """The model with its tensor W in another file, named `location`."""
    from onnx import TensorProto

    proto = graph.lstm().proto("Y")
    tensor = proto.graph.initializer[0]
    data = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": "0", "length": str(len(data))}.items():
        tensor.external_data.add(key=key, value=value)
    path = graph.folder / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    return path, data


def test_external_data_beside_the_model_is_read(graph):
    path, data = external(graph, "model.data")
    path.with_name("model.data").write_bytes(data)
    gate = load(path).layers[0].weights["i"]["x"]
    np.testing.assert_array_equal(gate, graph.tensors["W"][0, :4])


def test_missing_external_data_is_named(graph):
    path, _ = external(graph, "model.data")
    assert refusal(path).startswith(f"{path}: tensor 'W' cannot be read from 'model.data': ")


def test_external_data_that_is_too_short_is_named(graph):
    path, data = external(graph, "model.data")
    path.with_name("model.data").write_bytes(data[:-1])
    assert "'W'" in refusal(path) or "tensor name: W" in refusal(path)


@pytest.mark.parametrize("location", ["../model.data", "/etc/hostname", "a/../../b", ""])
def test_external_data_elsewhere_is_refused(graph, location):
    path, data = external(graph, location)
    (path.parent.parent / "model.data").write_bytes(data)
    assert refusal(path) == (
        f"{path}: tensor 'W' lies in {location!r}, but external data must be in the model's folder"
    )


def test_a_link_out_of_the_folder_is_refused(graph):
    path, data = external(graph, "model.data")
    (path.parent.parent / "outside.data").write_bytes(data)
    os.symlink("../outside.data", path.with_name("model.data"))
    assert refusal(path) == (
        f"{path}: tensor 'W' lies in 'model.data', but external data must be in the model's folder"
    )


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    (tmp_path / "model.onnx").touch()
    assert refusal(tmp_path / "model.onnx") == (
        "Reading ONNX needs onnx: pip install 'hwlstm[onnx]'"
    )


@pytest.mark.parametrize(
    ("stem", "name"),
    [("lstm", "lstm_net"), ("dense", "dense_net"), ("1 a-b.c", "n1_a_b_c"), ("é", "n_")],
)
def test_the_network_is_named_after_the_file(graph, stem, name):
    path = graph.lstm().save("Y")
    assert load(path.rename(path.with_name(f"{stem}.onnx"))).name == name


def test_a_name_can_be_given(graph):
    assert load(str(graph.lstm().save("Y")), name="mine").name == "mine"
