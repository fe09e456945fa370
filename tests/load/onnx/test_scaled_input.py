"""An input that is scaled before the LSTM is scaled in its weights."""

import numpy as np
import pytest

MEAN = np.array([0.5, -30.0, 2.0], np.float32)
STD = np.array([0.1, 20.0, 3.0], np.float32)
FORMS = {
    "(x - mean) / std": [("Sub", "x mean", "a", {}), ("Div", "a std", "z", {})],
    "x * scale + shift": [("Mul", "x std", "a", {}), ("Add", "shift a", "z", {})],
    "shift - x": [("Sub", "shift x", "z", {})],
    "one number for all": [("Sub", "x number", "a", {}), ("Div", "a number", "z", {})],
    "features with further axes": [("Sub", "x mean3", "a", {}), ("Mul", "std3 a", "z", {})],
    "casts between": [
        ("Sub", "x mean", "a", {}),
        ("Cast", "a", "b", {"to": 11}),
        ("Cast", "b", "c", {"to": 1}),
        ("Div", "c std", "z", {}),
    ],
}


@pytest.fixture
def scaled(graph):
    numbers = {"mean": MEAN, "std": STD, "shift": MEAN / STD, "number": np.float32(0.7)}
    graph.tensors |= {name: np.asarray(value, np.float32) for name, value in numbers.items()}
    graph.tensors |= {"mean3": MEAN.reshape(1, 1, 3), "std3": STD.reshape(1, 1, 3)}
    return graph


@pytest.mark.parametrize("bias", ["B", "-"])
@pytest.mark.parametrize("form", FORMS)
def test_scale_and_offset_are_the_network_s_conversion(scaled, matches, form, bias):
    scaled.build(FORMS[form]).lstm(f"z W R {bias}").head()
    matches(scaled.save("y"), tolerance=1e-6)


def test_each_place_may_be_scaled_as_its_feature_before_it_is_moved(scaled, matches):
    scaled.shape = ["batch", 18]
    scaled.tensors["every"] = np.tile(STD, 6)
    scaled.tensors["rows"] = np.array([-1, 6, 3])
    scaled.node("Div", "x every", "a").node("Reshape", "a rows", "b")
    scaled.node("Transpose", "b", "c", perm=[1, 0, 2]).lstm("c W R B").head()
    matches(scaled.save("y"), batch_major=True, tolerance=1e-6)


def test_a_scale_for_each_step_is_refused(scaled):
    scaled.shape = [6, 1, 3]
    scaled.tensors["ramp"] = np.arange(1, 7, dtype=np.float32).reshape(6, 1, 1)
    scaled.node("Mul", "x ramp", "z").lstm("z W R B")
    assert scaled.refusal("Y") == (
        "model.onnx: LSTM 'lstm': X = \"input 'x' scaled\" is not supported; "
        "one finite scale and offset for all steps are"
    )


@pytest.mark.parametrize("op", ["Mul", "Div"])
def test_a_scale_of_0_is_refused(scaled, op):
    scaled.tensors["none"] = np.array([1, 0, 1], np.float32)
    scaled.node(op, "x none", "z").lstm("z W R B")
    assert scaled.refusal("Y") == (
        f"model.onnx: {op} '{op.lower()}': constant = 0.0 is not supported; a scale other than 0 is"
    )


def test_a_constant_over_the_input_is_refused(scaled):
    scaled.node("Div", "std x", "z").lstm("z W R B")
    assert scaled.refusal("Y") == (
        "model.onnx: Div 'div': op_type = 'Div' is not supported; "
        "one LSTM, one linear layer and ArgMax are"
    )


def test_a_constant_for_a_number_of_steps_is_refused(scaled):
    scaled.tensors["five"] = np.ones((5, 1, 3), np.float32)
    scaled.node("Add", "x five", "z").lstm("z W R B")
    assert scaled.refusal("Y") == (
        "model.onnx: Add 'add' cannot be evaluated: "
        "axes of [5] and [steps] do not broadcast at every size"
    )
