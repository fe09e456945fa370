"""The same network in onnxruntime and in PyTorch, with their dynamic 8-bit integers."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

import hwlstm

__all__ = ["onnxruntime_int8", "torch_int8"]

ONNX_GATES, TORCH_GATES = "iofg", "ifgo"


def onnxruntime_int8(network: hwlstm.Network, x: np.ndarray) -> np.ndarray:
    """Outputs of the last layer, before an argmax, at every step: 8-bit weights and columns."""
    with tempfile.TemporaryDirectory() as folder:
        path, small = (Path(folder) / name for name in ("float.onnx", "int8.onnx"))
        onnx.save(onnx_model(network), path)
        quantize_dynamic(path, small, weight_type=QuantType.QInt8)
        session = onnxruntime.InferenceSession(small, providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"x": x.swapaxes(0, 1).astype(np.float32)})
    return y.swapaxes(0, 1)


def onnx_model(network: hwlstm.Network) -> onnx.ModelProto:
    """An LSTM and, if there is one, the linear layer behind it, on every step."""
    lstm, *dense = network.layers
    bias = rows(lstm.bias, ONNX_GATES)
    tensors = {
        "W": rows({q: m["x"] for q, m in lstm.weights.items()}, ONNX_GATES)[None],
        "R": rows({q: m["h"] for q, m in lstm.weights.items()}, ONNX_GATES)[None],
        "B": np.concatenate([bias, np.zeros_like(bias)])[None],
        "axis": np.array([1]),
    }
    nodes = [
        helper.make_node("LSTM", ["x", "W", "R", "B"], ["all"], hidden_size=lstm.units),
        helper.make_node("Squeeze", ["all", "axis"], ["h"]),
    ]
    for layer in dense:
        tensors |= {"dense W": layer.weights["y"]["x"].T, "dense b": layer.bias["y"]}
        nodes.append(helper.make_node("MatMul", ["h", "dense W"], ["product"]))
        nodes.append(helper.make_node("Add", ["product", "dense b"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "peer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, None, lstm.inputs])],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        [
            numpy_helper.from_array(v if v.dtype.kind == "i" else v.astype(np.float32), name)
            for name, v in tensors.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    # Otherwise each call warns that shapes were not inferred before; there are none to infer.
    helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
    return model


def torch_int8(network: hwlstm.Network, x: np.ndarray) -> np.ndarray:
    """As `onnxruntime_int8`."""
    lstm, *dense = network.layers
    modules = {"lstm": torch.nn.LSTM(lstm.inputs, lstm.units, batch_first=True)}
    bias = rows(lstm.bias, TORCH_GATES)
    numbers = {
        "weight_ih_l0": rows({q: m["x"] for q, m in lstm.weights.items()}, TORCH_GATES),
        "weight_hh_l0": rows({q: m["h"] for q, m in lstm.weights.items()}, TORCH_GATES),
        "bias_ih_l0": bias,
        "bias_hh_l0": np.zeros_like(bias),
    }
    put(modules["lstm"], numbers)
    for layer in dense:
        modules["dense"] = torch.nn.Linear(layer.inputs, layer.units)
        put(modules["dense"], {"weight": layer.weights["y"]["x"], "bias": layer.bias["y"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that torch.ao.quantization will move
        kinds = {torch.nn.LSTM, torch.nn.Linear}
        small = torch.ao.quantization.quantize_dynamic(
            torch.nn.ModuleDict(modules), kinds, dtype=torch.qint8
        )
    with torch.no_grad():
        y, _ = small["lstm"](torch.tensor(x, dtype=torch.float32))
        y = small["dense"](y) if dense else y
    return y.numpy()


def rows(parts, order: str) -> np.ndarray:
    """The rows of the gates, stacked in an order."""
    return np.concatenate([parts[gate] for gate in order])


def put(module: torch.nn.Module, numbers: dict[str, np.ndarray]) -> None:
    module.load_state_dict({name: torch.tensor(v) for name, v in numbers.items()})
