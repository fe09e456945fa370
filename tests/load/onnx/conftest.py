"""A builder of small ONNX graphs around one LSTM."""

from pathlib import Path

import numpy as np
import pytest

from hwlstm.errors import HwlstmError
from hwlstm.golden import run_float
from hwlstm.load import load

INPUTS, UNITS, OUTPUTS = 3, 4, 5


class Graph:
    """Nodes, constants and inputs; `save` writes them as a model.

    W, R, B of a small LSTM, D and d of a linear layer, and axes are there from the start.
    """

    def __init__(self, folder: Path):
        rng = np.random.default_rng(1)
        self.folder = folder
        self.shape: list = ["steps", "batch", INPUTS]
        self.nodes: list = []
        self.extra_inputs: list = []
        self.opsets = {"": 17}
        self.ir_version = 8
        self.tensors = {
            "W": rng.normal(size=(1, 4 * UNITS, INPUTS)),
            "R": rng.normal(size=(1, 4 * UNITS, UNITS)),
            "B": rng.normal(size=(1, 8 * UNITS)),
            "D": rng.normal(size=(OUTPUTS, UNITS)),
            "d": rng.normal(size=OUTPUTS),
        }
        self.tensors = {name: value.astype(np.float32) for name, value in self.tensors.items()}
        for name, value in {"zero": 0, "one": 1, "minus": -1}.items():
            self.tensors[name] = np.array([value])

    def node(self, op, inputs, outputs, *, domain="", **attributes):
        """Add a node; names are separated by spaces, "-" is an absent one."""
        from onnx import helper

        names = [["" if n == "-" else n for n in text.split()] for text in (inputs, outputs)]
        count = sum(node.op_type == op for node in self.nodes)
        name = f"{op.lower()}_{count}" if count else op.lower()
        node = helper.make_node(op, *names, name=name, domain=domain, **attributes)
        self.nodes.append(node)
        return self

    def lstm(self, inputs="x W R B", outputs="Y Y_h Y_c", **attributes):
        return self.node("LSTM", inputs, outputs, **{"hidden_size": UNITS, **attributes})

    def head(self):
        """A linear layer on the last step, giving "y"."""
        self.node("Squeeze", "Y_h zero", "h")
        return self.node("Gemm", "h D d", "y", transB=1)

    def proto(self, outputs: str):
        from onnx import TensorProto, helper, numpy_helper

        given = {"x": (TensorProto.FLOAT, self.shape), **dict(self.extra_inputs)}
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [helper.make_tensor_value_info(name, *kind) for name, kind in given.items()],
            [helper.make_empty_tensor_value_info(name) for name in outputs.split()],
            [numpy_helper.from_array(array, name) for name, array in self.tensors.items()],
        )
        for output in graph.output:
            output.type.tensor_type.elem_type = output_type(self.nodes, output.name)
        opsets = [helper.make_opsetid(domain, version) for domain, version in self.opsets.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=self.ir_version)

    def build(self, nodes):
        """Add nodes of a table: (op, inputs, outputs, attributes), or "lstm", "head"."""
        for node in nodes:
            if isinstance(node, str):
                getattr(self, node)()
            else:
                self.node(*node[:3], **node[3])
        return self

    def refusal(self, outputs: str) -> str:
        """The message with which the model is refused."""
        with pytest.raises(HwlstmError) as refused:
            load(self.save(outputs))
        return str(refused.value)

    def save(self, outputs: str) -> Path:
        path = self.folder / "model.onnx"
        path.write_bytes(self.proto(outputs).SerializeToString())
        return path


def output_type(nodes, name: str) -> int:
    from onnx import TensorProto

    from_argmax = {"class", "index"}
    return TensorProto.INT64 if name in from_argmax else TensorProto.FLOAT


@pytest.fixture
def graph(tmp_path):
    pytest.importorskip("onnx")
    return Graph(tmp_path)


@pytest.fixture
def matches(request):
    """Function (path, **sizes) that compares the loaded Network with onnxruntime."""
    onnxruntime = pytest.importorskip("onnxruntime")

    def check(path, *, steps=6, batch=3, batch_major=False, tolerance=2e-6):
        x = np.random.default_rng(2).normal(size=(batch, steps, INPUTS)).astype(np.float32)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        given = x if batch_major else x.swapaxes(0, 1)
        shape = [n if isinstance(n, int) else -1 for n in session.get_inputs()[0].shape]
        given = given.reshape(shape) if shape.count(-1) < 2 else given
        expected = session.run(None, {"x": given})[0].squeeze()
        network = load(path)
        output = run_float(network, x).output.squeeze()
        if not network.many_to_one and expected.shape[:2] == (steps, batch):
            expected = expected.swapaxes(0, 1)
        assert expected.shape == output.shape
        assert np.abs(expected - output).max() <= tolerance
        return network

    return check
