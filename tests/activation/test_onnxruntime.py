"""The functions of ONNX's names against ONNX's own runtime, code by code."""

import numpy as np
import pytest

from hwlstm.activation import Activation, function
from hwlstm.fixed import Format, real

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

OPERATORS = [
    ("sigmoid", "Sigmoid", {}),
    ("tanh", "Tanh", {}),
    ("relu", "Relu", {}),
    ("leakyrelu", "LeakyRelu", {}),
    ("leakyrelu", "LeakyRelu", {"alpha": -0.7}),
    ("hardsigmoid", "HardSigmoid", {}),
    ("hardsigmoid", "HardSigmoid", {"alpha": 0.31, "beta": -0.2}),
    ("elu", "Elu", {}),
    ("elu", "Elu", {"alpha": 0.3}),
    ("softsign", "Softsign", {}),
    ("softplus", "Softplus", {}),
    ("identity", "Identity", {}),
    ("thresholdedrelu", "ThresholdedRelu", {"alpha": 0.3}),
]
FORMAT, TO = Format.parse("Q4.8"), Format.parse("Q5.10")


def theirs(operator: str, x: np.ndarray, given: dict) -> np.ndarray:
    """What onnxruntime makes of x, in float32."""
    node = onnx.helper.make_node(operator, ["x"], ["y"], **given)
    x_info, y_info = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None]) for name in "xy"
    )
    graph = onnx.helper.make_graph([node], "one", [x_info], [y_info])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 8
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": x.astype(np.float32)})[0].astype(np.float64)


@pytest.mark.parametrize(("name", "operator", "given"), OPERATORS)
def test_every_code_is_within_an_ulp_of_onnxruntime(name, operator, given):
    x = real(np.arange(FORMAT.lo, FORMAT.hi + 1), FORMAT)
    their = theirs(operator, x, given)
    unit = Activation(function(name, **given), FORMAT, TO)
    exact = np.clip(np.ldexp(their, TO.frac), TO.lo, TO.hi)
    # float32 is off by up to a thousandth of this ulp.
    assert np.abs(unit.codes - exact).max() <= 1.002
    assert np.abs(unit.function(x) - their).max() < 2e-6


def test_thresholdedrelu_keeps_its_threshold_where_the_operator_drops_it():
    x = np.array([0.5, 1.0, 1.5])
    np.testing.assert_array_equal(theirs("ThresholdedRelu", x, {"alpha": 1.0}), [0, 0, 1.5])
    # The LSTM's activation of that name is "x if x >= alpha".
    np.testing.assert_array_equal(function("thresholdedrelu", alpha=1.0)(x), [0, 1, 1.5])
