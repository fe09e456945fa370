"""What loads must give what onnxruntime gives."""

import numpy as np
import pytest

from hwlstm.cells import CIFG, Traditional, Vanilla
from hwlstm.load import load

UNITS, OUTPUTS = 4, 5


def floats(*shape, seed=3):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_a_bare_lstm_gives_all_steps(graph, matches):
    network = matches(graph.lstm().save("Y"))
    assert [layer.name for layer in network.layers] == ["lstm"]
    assert isinstance(network.layers[0].cell, Traditional)
    assert not network.many_to_one
    assert network.name == "model"


def test_last_states_may_follow_the_output(graph, matches):
    matches(graph.lstm().node("Squeeze", "Y one", "out").save("out Y_h Y_c"))


def test_a_bias_may_be_absent(graph, matches):
    matches(graph.lstm("x W R").save("Y"))


def test_peepholes_are_in_the_order_of_the_operator(graph, matches):
    graph.tensors["P"] = floats(1, 3 * UNITS)
    network = matches(graph.lstm("x W R B - - - P").save("Y"))
    assert isinstance(network.layers[0].cell, Vanilla)
    assert network.layers[0].cell.peepholes == "i f o"


def test_peepholes_of_zero_are_none(graph, matches):
    graph.tensors["P"] = np.zeros((1, 3 * UNITS), np.float32)
    network = matches(graph.lstm("x W R B - - - P").save("Y"))
    assert network.layers[0].cell.peepholes == ""


def test_a_constant_initial_state_is_kept(graph, matches):
    graph.shape = ["steps", 3, 3]
    graph.tensors["h0"] = np.tile(floats(1, 1, UNITS), (1, 3, 1))
    graph.tensors["c0"] = np.tile(floats(1, 1, UNITS, seed=4), (1, 3, 1))
    network = matches(graph.lstm("x W R B - h0 c0").save("Y"))
    np.testing.assert_array_equal(network.layers[0].initial["h"], graph.tensors["h0"][0, 0])
    np.testing.assert_array_equal(network.layers[0].initial["c"], graph.tensors["c0"][0, 0])


def test_an_initial_state_may_be_made_for_the_batch_at_hand(graph, matches):
    graph.tensors["c1"] = floats(1, 1, UNITS)
    graph.tensors["units"] = np.array([UNITS])
    graph.node("Shape", "x", "sizes").node("Gather", "sizes one", "batch")
    graph.node("Concat", "one batch units", "wanted", axis=0)
    graph.node("Expand", "c1 wanted", "c0").node("ConstantOfShape", "wanted", "h0")
    network = matches(graph.lstm("x W R B - h0 c0").save("Y"))
    np.testing.assert_array_equal(network.layers[0].initial["c"], graph.tensors["c1"][0, 0])
    assert not network.layers[0].initial["h"].any()


@pytest.mark.parametrize("clip", [746.0, 9999.0])
def test_a_clip_where_activations_are_flat_already_changes_nothing(graph, matches, clip):
    matches(graph.lstm(clip=clip).save("Y"))


def test_default_attributes_may_be_spelled_out(graph, matches):
    graph.lstm(activations=["sigmoid", "TANH", "Tanh"], direction="forward", input_forget=0)
    matches(graph.save("Y"))


def test_layout_1_is_batch_major(graph, matches, tmp_path):
    graph.tensors["P"], h0 = floats(1, 3 * UNITS), floats(1, 1, UNITS)
    graph.tensors["h0"] = np.tile(h0, (1, 3, 1))
    graph.shape = ["steps", 3, 3]
    first = matches(graph.lstm("x W R B - h0 - P").head().save("y"))
    graph.nodes.clear()
    graph.tensors["h0"] = np.tile(h0, (3, 1, 1))
    graph.shape = [3, "steps", 3]
    graph.lstm("x W R B - h0 - P", layout=1).node("Squeeze", "Y_h one", "h")
    second = load(graph.node("Gemm", "h D d", "y", transB=1).save("y"))
    for a, b in zip(first.layers, second.layers, strict=True):
        assert a.reads == b.reads
        np.testing.assert_array_equal(a.initial.get("h", 0), b.initial.get("h", 0))
        np.testing.assert_array_equal(
            [m["x"] for m in a.weights.values()], [m["x"] for m in b.weights.values()]
        )


def test_layout_1_gives_all_steps_of_every_sequence(graph):
    graph.shape = ["batch", "steps", 3]
    assert not load(graph.lstm(layout=1).save("Y Y_h Y_c")).many_to_one


def test_the_input_may_be_batch_major(graph, matches):
    graph.shape = ["batch", "steps", 3]
    graph.node("Transpose", "x", "xt", perm=[1, 0, 2]).lstm("xt W R B").head()
    matches(graph.save("y"), batch_major=True)


def test_the_input_may_be_flat_or_have_further_axes(graph, matches):
    graph.shape = ["batch", 18]
    graph.tensors["rows"] = np.array([-1, 6, 3])
    graph.node("Reshape", "x rows", "xb").node("Transpose", "xb", "xt", perm=[1, 0, 2])
    matches(graph.lstm("xt W R B").head().save("y"), batch_major=True)


def test_one_unbatched_sequence_loads(graph, matches):
    graph.shape = ["steps", 3]
    graph.node("Unsqueeze", "x one", "xb").lstm("xb W R B").node("Squeeze", "Y", "y")
    matches(graph.save("y"), batch=1)


HEADS = {
    "gemm on Y_h": [("Squeeze", "Y_h zero", "h", {}), ("Gemm", "h D d", "y", {"transB": 1})],
    "scaled gemm": [
        ("Squeeze", "Y_h zero", "h", {}),
        ("Gemm", "h D d", "y", {"transB": 1, "alpha": 0.5, "beta": -2.0}),
    ],
    "gemm on a transposed operand": [
        ("Squeeze", "Y_h zero", "h", {}),
        ("Transpose", "h", "ht", {}),
        ("Gemm", "ht D", "y", {"transA": 1, "transB": 1}),
    ],
    "matmul without bias": [
        ("Transpose", "D", "Dt", {}),
        ("Squeeze", "Y one", "h", {}),
        ("MatMul", "h Dt", "y", {}),
    ],
    "bias first": [
        ("Transpose", "D", "Dt", {}),
        ("MatMul", "Y_h Dt", "z", {}),
        ("Add", "d z", "y", {}),
    ],
    "last step behind the linear layer": [
        ("Transpose", "D", "Dt", {}),
        ("MatMul", "Y Dt", "z", {}),
        ("Add", "z d", "all", {}),
        ("Gather", "all minus", "y", {"axis": 0}),
    ],
    "all steps flattened": [
        ("Squeeze", "Y one", "h", {}),
        ("Transpose", "h", "hb", {"perm": [1, 0, 2]}),
        ("Flatten", "hb", "flat", {"axis": 2}),
        ("Gemm", "flat D d", "z", {"transB": 1}),
        ("Reshape", "z back", "y", {}),
    ],
    "two biases": [
        ("Squeeze", "Y_h zero", "h", {}),
        ("Gemm", "h D d", "z", {"transB": 1}),
        ("Add", "z d", "y", {}),
    ],
    "casts and dropout": [
        ("Squeeze", "Y_h zero", "h", {}),
        ("Cast", "h", "h64", {"to": 11}),
        ("Cast", "h64", "h32", {"to": 1}),
        ("Dropout", "h32", "dropped", {}),
        ("Gemm", "dropped D d", "y", {"transB": 1}),
    ],
}


@pytest.mark.parametrize("head", HEADS)
def test_a_linear_layer_loads(graph, matches, head):
    graph.shape = [6, "batch", 3]
    graph.tensors["back"] = np.array([-1, 6, OUTPUTS])
    graph.lstm().build(HEADS[head])
    network = matches(graph.save("y"))
    assert [layer.name for layer in network.layers] == ["lstm", "dense"]
    every = head in ("matmul without bias", "all steps flattened")
    assert network.layers[1].reads == ("all" if every else "last")


@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("softmax", ["Softmax", "LogSoftmax", None])
def test_argmax_behind_the_layers_classifies(graph, matches, softmax, keepdims):
    graph.lstm().head()
    if softmax:
        graph.node(softmax, "y", "p", axis=-1)
    graph.node("ArgMax", "p" if softmax else "y", "class", axis=1, keepdims=keepdims)
    assert matches(graph.save("class")).classify


def test_argmax_on_every_step_of_the_lstm_classifies(graph, matches):
    network = matches(graph.lstm().node("ArgMax", "Y", "class", axis=-1).save("class"))
    assert network.classify
    assert not network.many_to_one


@pytest.mark.parametrize("opset", [7, 11, 12, 14, 22])
def test_operator_sets_old_and_new_load(graph, matches, opset):
    graph.opsets = {"": opset}
    graph.lstm()
    if opset < 13:
        graph.node("Squeeze", "Y_h", "h", axes=[0])
    else:
        graph.node("Squeeze", "Y_h zero", "h")
    matches(graph.node("Gemm", "h D d", "y", transB=1).save("y"))


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats_are_converted(graph, dtype):
    graph.tensors = {
        name: value.astype(dtype) if value.dtype == np.float32 else value
        for name, value in graph.tensors.items()
    }
    proto = graph.lstm().head().proto("y")
    for entry in (*proto.graph.input, *proto.graph.output):
        entry.type.tensor_type.elem_type = {np.float16: 10, np.float64: 11}[dtype]
    path = graph.folder / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    network = load(path)
    np.testing.assert_array_equal(network.layers[1].weights["y"]["x"], graph.tensors["D"])


def test_weights_are_folded_out_of_constants(graph, matches):
    W = graph.tensors.pop("W")
    graph.tensors["upper"], graph.tensors["lower"] = W[0, :7], W[0, 7:] * 2
    graph.tensors["half"] = np.array(0.5, np.float32)
    graph.node("Mul", "lower half", "rest").node("Concat", "upper rest", "whole", axis=0)
    graph.node("Unsqueeze", "whole zero", "W")
    matches(graph.lstm().save("Y"))


def test_nodes_that_reach_no_output_are_not_looked_at(graph, matches):
    graph.lstm().node("Relu", "Y", "unused")
    matches(graph.save("Y"))


def test_an_old_file_lists_its_constants_as_inputs(graph, matches):
    from onnx import TensorProto

    graph.ir_version = 3
    graph.opsets = {"": 8}
    graph.extra_inputs = [
        (name, (TensorProto.FLOAT if array.dtype == np.float32 else TensorProto.INT64, array.shape))
        for name, array in graph.tensors.items()
    ]
    matches(graph.lstm().save("Y"))


@pytest.mark.parametrize("ir_version", [4, 8])
def test_a_default_that_a_caller_may_replace_becomes_a_constant(graph, matches, ir_version):
    from onnx import TensorProto

    graph.ir_version, graph.opsets = ir_version, {"": 9 if ir_version == 4 else 17}
    graph.extra_inputs = [
        (name, (TensorProto.FLOAT, graph.tensors[name].shape)) for name in ("W", "R")
    ]
    said = "model.onnx: constants from now on, though they are inputs with a default: W, R"
    with pytest.warns(UserWarning, match=f"^{said}$"):
        matches(graph.lstm().save("Y"))


def test_sequence_lens_that_are_all_steps_load(graph, matches):
    graph.shape = [6, 3, 3]
    graph.tensors["lens"] = np.full(3, 6, np.int32)
    matches(graph.lstm("x W R B lens").save("Y"))


def test_sequence_lens_made_of_the_steps_at_hand_load(graph, matches):
    graph.node("Shape", "x", "sizes").node("Gather", "sizes zero", "steps")
    graph.node("Gather", "sizes one", "batch").node("Expand", "steps batch", "long")
    graph.node("Cast", "long", "lens", to=6)
    matches(graph.lstm("x W R B lens").head().save("y"))


def test_one_step_and_one_sequence_load(graph):
    graph.shape = [1, 1, 3]
    assert load(graph.lstm().head().save("y")).layers[1].reads == "last"


@pytest.mark.parametrize(
    "attributes",
    [
        {"activations": ["Relu", "Softsign", "Tanh"]},
        {"activations": ["HardSigmoid", "Tanh", "Elu"]},
        {
            "activations": ["HardSigmoid", "Affine", "ScaledTanh"],
            "activation_alpha": [0.3, 0.7, 1.5],
            "activation_beta": [0.4, 0.1, 0.5],
        },
        {
            "activations": ["Sigmoid", "LeakyRelu", "ThresholdedRelu"],
            "activation_alpha": [0.2, 0.05],
        },
        {"activations": ["Softplus", "Tanh", "Sigmoid"]},
    ],
    ids=lambda given: "-".join(given["activations"]),
)
def test_any_activation_of_the_operator_is_an_option_of_the_cell(graph, matches, attributes):
    cell = matches(graph.lstm(**attributes).save("Y")).layers[0].cell
    assert isinstance(cell, Traditional)
    assert cell.activations


@pytest.mark.parametrize("peepholes", [False, True])
def test_input_forget_couples_the_forget_gate_to_the_input_gate(graph, matches, peepholes):
    inputs = "x W R B"
    if peepholes:
        graph.tensors["P"] = floats(1, 3 * UNITS)
        inputs += " - - - P"
    layer = matches(graph.lstm(inputs, input_forget=1).save("Y")).layers[0]
    assert isinstance(layer.cell, CIFG)
    assert set(layer.bias) == {"g", "i", "o"}
    assert set(layer.peepholes) == ({"i", "o"} if peepholes else set())
