"""A graph that does more than the layers is refused by name: node, attribute, value."""

import numpy as np
import pytest

UNITS, OUTPUTS = 4, 5


def floats(*shape):
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


ONE_DENSE = "one linear layer, on the LSTM's output, is"
OPERATORS = "one LSTM, one linear layer and ArgMax are"
ONE_OUTPUT = "one output, or the LSTM's with its last h and c, is"
ONE_ROW = "all 4 units of one step of the output of LSTM 'lstm', in order, are"
ANY_SIZE = "what is the same at every size of the input is"
STEPS = "all steps, or the last one, of every sequence in order are"


# Case: nodes ("lstm" and "head" stand for those of the builder), outputs, message.
GRAPHS = {
    "another cell": (
        [("GRU", "x W R", "Y", {"hidden_size": 5})],
        "Y",
        f"GRU 'gru': op_type = 'GRU' is not supported; {OPERATORS}",
    ),
    "no cell": (
        [("Identity", "x", "y", {})],
        "y",
        "output 'y': source = \"input 'x'\" is not supported; "
        "an LSTM, then at most a linear layer, is",
    ),
    "two layers": (
        ["lstm", ("Squeeze", "Y one", "h", {}), ("LSTM", "h S R B", "Z", {"hidden_size": UNITS})],
        "Z",
        "LSTM 'lstm_1': X = \"the output of LSTM 'lstm'\" is not supported; "
        "one LSTM, on the graph's input, is",
    ),
    "two cells side by side": (
        [
            "lstm",
            ("LSTM", "x W R", "Z", {"hidden_size": UNITS}),
            ("Concat", "Y Z", "both", {"axis": -1}),
        ],
        "both",
        "Concat 'concat': inputs = [\"the output of LSTM 'lstm'\", "
        "\"the output of LSTM 'lstm_1'\"] is not supported; parts of one tensor are",
    ),
    "an activation behind": (
        ["lstm", "head", ("Relu", "y", "z", {})],
        "z",
        f"Relu 'relu': op_type = 'Relu' is not supported; {OPERATORS}",
    ),
    "softmax at the end": (
        ["lstm", "head", ("Softmax", "y", "z", {"axis": -1})],
        "z",
        "Softmax 'softmax': place = 'end of the model' is not supported; "
        "export the logits, or give --classify: argmax instead of Softmax",
    ),
    "softmax over the batch": (
        ["lstm", "head", ("Softmax", "y", "z", {"axis": 0})],
        "z",
        "Softmax 'softmax': axis = 0 is not supported; 1, the units, is",
    ),
    "argmax over the batch": (
        ["lstm", "head", ("ArgMax", "y", "class", {"axis": 0})],
        "class",
        "ArgMax 'argmax': axis = 0 is not supported; 1, the units, is",
    ),
    "the last of equals": (
        ["lstm", "head", ("ArgMax", "y", "class", {"axis": 1, "select_last_index": 1})],
        "class",
        "ArgMax 'argmax': select_last_index = 1 is not supported; 0, the first of equals, is",
    ),
    "the cell state": (
        ["lstm"],
        "Y_c",
        "output 'Y_c': source = \"the cell state of LSTM 'lstm'\" is not supported; "
        "an LSTM, then at most a linear layer, is",
    ),
    "the same twice": (
        ["lstm", ("Identity", "Y", "Z", {})],
        "Y Z",
        f"output 'Z': steps = 'all' is not supported; {ONE_OUTPUT}",
    ),
    "outputs of two layers": (
        ["lstm", "head"],
        "y Y_h",
        "output 'Y_h': source = \"the output of LSTM 'lstm'\" is not supported; " + ONE_OUTPUT,
    ),
    "the first step": (
        ["lstm", ("Gather", "Y zero", "h", {}), ("MatMul", "h E", "y", {})],
        "y",
        f"output 'y': steps read = [0] is not supported; {STEPS}",
    ),
    "a step that is last for one length only": (
        ["lstm", ("Gather", "Y one", "h", {}), ("MatMul", "h E", "y", {})],
        "y",
        "Gather 'gather': indices = '1 of steps, which depends on the size of the input' "
        f"is not supported; {ANY_SIZE}",
    ),
    "permuted units": (
        ["lstm", ("Gather", "Y order4", "h", {"axis": 3}), ("MatMul", "h E", "y", {})],
        "y",
        f"MatMul 'matmul': units = [0, 2, 1, 3] is not supported; {ONE_ROW}",
    ),
    "several steps in one row": (
        [
            "lstm",
            ("Reshape", "Y rows", "h", {}),
            ("MatMul", "h E", "y", {}),
        ],
        "y",
        "Reshape 'reshape': shape = '4*steps*batch / 8, which depends on the size of the input' "
        f"is not supported; {ANY_SIZE}",
    ),
    "a linear layer on the cell state": (
        ["lstm", ("MatMul", "Y_c E", "y", {})],
        "y",
        "MatMul 'matmul': left operand = \"the cell state of LSTM 'lstm'\" is not supported; "
        + ONE_DENSE,
    ),
    "two linear layers": (
        ["lstm", "head", ("Gemm", "y F", "z", {})],
        "z",
        "Gemm 'gemm_1': left operand = \"the output of Gemm 'gemm'\" is not supported; "
        + ONE_DENSE,
    ),
    "a linear layer of another size": (
        ["lstm", ("MatMul", "Y F", "y", {})],
        "y",
        "MatMul 'matmul': inputs of weights = 2 is not supported; 4, the units of the LSTM, are",
    ),
    "weights on the left": (
        ["lstm", ("MatMul", "D Y", "y", {})],
        "y",
        "MatMul 'matmul': left operand = 'a constant' is not supported; "
        "data from the graph's input is",
    ),
    "a bias for each row": (
        ["lstm", ("MatMul", "Y E", "y", {}), ("Add", "y rowwise", "z", {})],
        "z",
        "Add 'add': shape of bias = (2, 1, 3, 1) is not supported; (5,) is",
    ),
    "a bias without a linear layer": (
        ["lstm", ("Add", "Y scale", "z", {})],
        "z",
        "Add 'add': op_type = 'Add' is not supported; adding a bias to a linear layer is",
    ),
    "a residual": (
        ["lstm", ("Add", "Y Y", "z", {})],
        "z",
        "Add 'add': bias = \"the output of LSTM 'lstm'\" is not supported; a constant is",
    ),
    "dropout in training": (
        ["lstm", ("Dropout", "Y ratio yes", "z", {})],
        "z",
        "Dropout 'dropout': training_mode = True is not supported; "
        "export the model in evaluation mode",
    ),
    "an operator of others": (
        ["lstm", ("Gelu", "Y", "z", {"domain": "com.microsoft"})],
        "z",
        "Gelu 'gelu': domain = 'com.microsoft' is not supported; standard ONNX operators are",
    ),
    "a shape that cannot be": (
        ["lstm", ("Reshape", "Y sevens", "z", {})],
        "z",
        "Reshape 'reshape': shape = '4*steps*batch / 7, which depends on the size of the input' "
        f"is not supported; {ANY_SIZE}",
    ),
    "a tensor that no memory holds": (
        [("ConstantOfShape", "huge", "h0", {}), ("LSTM", "x W R B - h0", "Y", {})],
        "Y",
        "ConstantOfShape 'constantofshape': size of the result = 1000000000000000000 "
        "is not supported; up to 67108864 numbers are",
    ),
}
CONSTANTS = {
    "E": floats(UNITS, OUTPUTS),
    "F": floats(2, OUTPUTS),
    "S": floats(1, 4 * UNITS, UNITS),
    "scale": np.full(1, 2.0, np.float32),
    "rowwise": floats(2, 1, 3, 1),
    "order4": np.array([0, 2, 1, 3]),
    "rows": np.array([-1, 8]),
    "sevens": np.array([7, -1]),
    "huge": np.array([10**6] * 3),
    "ratio": np.array(0.5, np.float32),
    "yes": np.array(True),
}


@pytest.mark.parametrize("case", GRAPHS)
def test_a_graph_that_does_more_is_refused_by_name(graph, case):
    nodes, outputs, message = GRAPHS[case]
    graph.tensors |= CONSTANTS
    graph.opsets["com.microsoft"] = 1
    graph.build(nodes)
    assert graph.refusal(outputs) == f"model.onnx: {message}"


def test_with_fixed_sizes_the_reason_is_what_is_read(graph):
    graph.tensors |= CONSTANTS
    graph.shape = [2, 3, 3]
    graph.lstm().node("MatMul", "Y E", "y").node("Add", "y rowwise", "z")
    assert graph.refusal("z") == (
        "model.onnx: Add 'add': bias = 'different in each row' is not supported; "
        "one for all steps is"
    )
    graph.nodes.clear()
    graph.lstm().node("Reshape", "Y rows", "h").node("MatMul", "h E", "y")
    assert graph.refusal("y") == (
        "model.onnx: MatMul 'matmul': steps or sequences in one row = 2 is not supported; "
        + ONE_ROW
    )
    graph.nodes.clear()
    graph.lstm().node("Reshape", "Y sevens", "z")
    assert graph.refusal("z") == (
        "model.onnx: Reshape 'reshape' cannot be evaluated: "
        "cannot reshape array of size 24 into shape (7,newaxis)"
    )
    graph.nodes.clear()
    graph.lstm().node("Gather", "Y zero", "h").node("MatMul", "h E", "y")
    assert graph.refusal("y") == (
        f"model.onnx: output 'y': steps read = [0] is not supported; {STEPS}"
    )
