"""The example: its data, its model, and the training that made it."""

import numpy as np
import pytest

from hwlstm.digits import MODEL, load_data
from hwlstm.golden import run_float
from hwlstm.load import load


def test_data_are_rows_in_the_unit_range_split_by_class():
    train_x, train_y, test_x, test_y = load_data()
    assert train_x.shape == (1347, 8, 8)
    assert test_x.shape == (450, 8, 8)
    assert train_x.dtype == test_x.dtype == np.float64
    assert train_x.min() == test_x.min() == 0
    assert train_x.max() == test_x.max() == 1
    shares = np.bincount(test_y) / np.bincount(np.concatenate([train_y, test_y]))
    assert np.abs(shares - 0.25).max() < 0.01
    np.testing.assert_array_equal(load_data()[2], test_x)


def test_data_are_those_of_scikit_learn_and_so_is_the_split():
    datasets = pytest.importorskip("sklearn.datasets")
    selection = pytest.importorskip("sklearn.model_selection")
    pixels, classes = datasets.load_digits(return_X_y=True)
    parts = selection.train_test_split(
        pixels.reshape(-1, 8, 8) / 16, classes, test_size=0.25, random_state=0, stratify=classes
    )
    train_x, train_y, test_x, test_y = load_data()
    for found, expected in zip((train_x, test_x, train_y, test_y), parts, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_model_classifies_the_test_digits():
    pytest.importorskip("onnx")
    network = load(MODEL)
    assert (network.name, network.inputs, network.classify) == ("digits", 8, True)
    assert [layer.units for layer in network.layers] == [32, 10]
    _, _, x, y = load_data()
    assert (run_float(network, x).output[:, 0] == y).mean() >= 0.98


def test_the_model_gives_what_onnxruntime_gives():
    onnxruntime = pytest.importorskip("onnxruntime")
    _, _, x, _ = load_data()
    session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"x": x.astype(np.float32)})
    np.testing.assert_array_equal(run_float(load(MODEL), x).output[:, 0], expected)


def test_the_file_says_nothing_but_the_model():
    onnx = pytest.importorskip("onnx")
    proto = onnx.load(MODEL)
    fields = {field.name for field, _ in proto.ListFields()}
    assert fields == {"ir_version", "graph", "opset_import"}
    assert MODEL.stat().st_size < 30_000


def test_training_is_deterministic_and_exports_what_it_trained(tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    from hwlstm.digits.train import export, train

    model = train(epochs=2)
    for name, trained in (("a", model), ("b", train(epochs=2))):
        export(trained, tmp_path / f"{name}.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    x = torch.rand(50, 8, 8)
    with torch.no_grad():
        expected = model(x).argmax(-1)
    output = run_float(load(tmp_path / "a.onnx"), x.numpy()).output[:, 0]
    np.testing.assert_array_equal(output, expected)
