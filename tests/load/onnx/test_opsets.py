"""Every operator that is folded, at every operator set since 7: onnxruntime's numbers."""

import numpy as np
import pytest

from hwlstm.load.onnx.fold import FOLDED
from hwlstm.load.onnx.moves import MOVES
from hwlstm.load.onnx.trace import Trace

OPSETS = range(7, 24)
A = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
B = np.linspace(-2, 3, 4, dtype=np.float32)
ONE_ROW = A[:1]


def ints(*values):
    return np.array(values, np.int64)


def tensor(value):
    from onnx import numpy_helper

    return numpy_helper.from_array(value)


# Operator, from which operator set, up to which, its inputs, its attributes, how many outputs.
FORMS = [
    ("Add", 7, 99, [A, B], {}, 1),
    ("Sub", 7, 99, [A, B], {}, 1),
    ("Mul", 7, 99, [A, B], {}, 1),
    ("Div", 7, 99, [A, B], {}, 1),
    ("Div", 7, 99, [ints(7, -7, 9), ints(2, 2, -3)], {}, 1),
    ("Mod", 10, 99, [ints(7, -7, 9), ints(2, 2, -4)], {}, 1),
    ("Mod", 10, 99, [A, B + 5], {"fmod": 1}, 1),
    ("Equal", 7, 99, [ints(1, 2), ints(2)], {}, 1),
    ("Min", 8, 99, [A, B, B + 1], {}, 1),
    ("Max", 8, 99, [A, B], {}, 1),
    ("Min", 12, 99, [ints(1, 9), ints(4)], {}, 1),
    ("Where", 9, 99, [A > 5, A, B], {}, 1),
    ("Neg", 7, 99, [A], {}, 1),
    ("Sqrt", 7, 99, [A], {}, 1),
    ("Cast", 7, 99, [A + 0.5], {"to": 7}, 1),
    ("Cast", 7, 99, [A - 5.5], {"to": 11}, 1),
    ("Constant", 7, 99, [], {"value": tensor(A)}, 1),
    ("Constant", 12, 99, [], {"value_ints": [1, 2, 3]}, 1),
    ("Constant", 12, 99, [], {"value_float": 0.5}, 1),
    ("ConstantOfShape", 9, 99, [ints(2, 3)], {}, 1),
    ("ConstantOfShape", 9, 99, [ints(2, 3)], {"value": tensor(ints(7))}, 1),
    ("DequantizeLinear", 10, 99, [ints(1, 5).astype(np.int8), np.float32(0.5)], {}, 1),
    ("ReduceProd", 7, 17, [A], {"axes": [1], "keepdims": 0}, 1),
    ("ReduceProd", 18, 99, [A, ints(1)], {"keepdims": 0}, 1),
    ("ReduceProd", 7, 99, [ints(2, 3, 4)], {}, 1),
    ("ReduceProd", 7, 99, [ints(2, 3, 4)], {"keepdims": 0}, 1),
    ("Shape", 7, 99, [A], {}, 1),
    ("Shape", 15, 99, [A], {"start": 1, "end": -1}, 1),
    ("Size", 7, 99, [A], {}, 1),
    ("Identity", 7, 99, [A], {}, 1),
    ("Transpose", 7, 99, [A], {}, 1),
    ("Transpose", 7, 99, [A], {"perm": [1, 2, 0]}, 1),
    ("Flatten", 7, 99, [A], {}, 1),
    ("Flatten", 7, 99, [A], {"axis": 0}, 1),
    ("Flatten", 11, 99, [A], {"axis": -1}, 1),
    ("Reshape", 7, 99, [A, ints(0, -1)], {}, 1),
    ("Reshape", 7, 99, [A, ints(4, 3, 2)], {}, 1),
    ("Reshape", 7, 99, [A[:1, :1, :1], ints()], {}, 1),
    ("Expand", 8, 99, [B, ints(2, 1, 4)], {}, 1),
    ("Expand", 8, 99, [ONE_ROW, ints(5, 1, 1)], {}, 1),
    ("Gather", 7, 99, [A, np.array([[2, 0], [1, 1]], np.int32)], {"axis": 1}, 1),
    ("Gather", 11, 99, [A, np.array(-1)], {"axis": -2}, 1),
    ("Slice", 7, 9, [A], {"starts": [1, -2], "ends": [9, 3], "axes": [1, 2]}, 1),
    ("Slice", 7, 9, [A], {"starts": [1], "ends": [2]}, 1),
    ("Slice", 10, 99, [A, ints(0, 1), ints(2, 99)], {}, 1),
    ("Slice", 10, 99, [A, ints(-1), ints(-(2**63)), ints(2), ints(-2)], {}, 1),
    ("Slice", 10, 99, [A, ints(-9), ints(2), ints(-1)], {}, 1),
    ("Slice", 10, 99, [A, ints(1), ints(3), ints(1), ints(3)], {}, 1),
    ("Slice", 10, 99, [A, ints(2), ints(1), ints(1)], {}, 1),
    ("Split", 7, 12, [A], {"axis": 2, "split": [1, 3]}, 2),
    ("Split", 7, 17, [A], {"axis": 1}, 3),
    ("Split", 13, 99, [A, ints(3, 1)], {"axis": -1}, 2),
    ("Split", 18, 99, [A], {"axis": 2, "num_outputs": 3}, 3),
    ("Squeeze", 7, 12, [ONE_ROW], {"axes": [0]}, 1),
    ("Squeeze", 7, 99, [ONE_ROW], {}, 1),
    ("Squeeze", 13, 99, [ONE_ROW, ints(0)], {}, 1),
    ("Unsqueeze", 7, 12, [A], {"axes": [0, 2]}, 1),
    ("Unsqueeze", 11, 12, [A], {"axes": [-1]}, 1),
    ("Unsqueeze", 13, 99, [A, ints(-1, 0)], {}, 1),
    ("Concat", 7, 99, [A, A[:, :1], A], {"axis": 1}, 1),
    ("Concat", 11, 99, [A, A], {"axis": -1}, 1),
]
NOT_MOVED = {"Concat", "Shape", "Size"}


def test_every_folded_operator_is_here():
    assert {form[0] for form in FORMS} == FOLDED | set(MOVES) | NOT_MOVED


@pytest.mark.parametrize("opset", OPSETS)
def test_every_folded_operator_gives_the_numbers_of_onnxruntime(opset):
    onnxruntime = pytest.importorskip("onnxruntime")
    from onnx.defs import onnx_opset_version

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if opset > onnx_opset_version():
        pytest.skip("onnx is older")
    for op, since, until, inputs, attributes, count in FORMS:
        if not since <= opset <= until:
            continue
        model = one_node(op, inputs, attributes, count, opset)
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        expected = session.run(None, {})
        trace = Trace(model, opset=opset, file="model.onnx", operators={})
        given = trace.run()
        assert len(given) == len(expected) == count
        for ours, theirs in zip(given, expected, strict=True):
            assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), (op, attributes)
            np.testing.assert_array_equal(ours, theirs, err_msg=f"{op} {attributes}")


def one_node(op, inputs, attributes, count, opset):
    """A model of one node, its inputs constants, and no input."""
    from onnx import helper, numpy_helper

    names = [f"i{k}" for k in range(len(inputs))]
    outputs = [f"o{k}" for k in range(count)]
    kind = output_type(op, inputs, attributes)
    graph = helper.make_graph(
        [helper.make_node(op, names, outputs, **attributes)],
        "graph",
        [],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(v), n) for v, n in zip(inputs, names, strict=True)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def output_type(op, inputs, attributes) -> int:
    from onnx import TensorProto, helper

    value = attributes.get("value")
    if op == "Where":
        inputs = inputs[1:]
    own = {"Equal": TensorProto.BOOL, "Shape": TensorProto.INT64, "Size": TensorProto.INT64}
    own |= {"Cast": attributes.get("to"), "DequantizeLinear": TensorProto.FLOAT}
    if op in own:
        return own[op]
    if op in ("Constant", "ConstantOfShape"):
        ints = "value_ints" in attributes
        return value.data_type if value else TensorProto.INT64 if ints else TensorProto.FLOAT
    return helper.np_dtype_to_tensor_dtype(inputs[0].dtype)
