"""hwlstm: a trained LSTM to bit-exact Verilog, with its proof.

    network = hwlstm.load("model.onnx")
    fixed = hwlstm.quantize(network, data)
    plan = hwlstm.plan(fixed, device_name="ecp5-25f")
    build = hwlstm.write(plan, "rtl_out/model")
    hwlstm.verify(build)
    y = hwlstm.run(build, other_data).array
    hwlstm.synth(build / "model.v", "model", "ecp5-25f", build / "synth")

Each stage is a function from one frozen value to the next; stop after any of them and look. A
build keeps its network: ``hwlstm.load_network(build)`` is `fixed` again, integer for integer.
"""

from .activation import Activation
from .build.network import load_network
from .build.record import record_synthesis, record_verification
from .build.write import write
from .conversion import Conversion
from .devices import DEVICES
from .errors import HwlstmError, Mismatch, ToolFailed, UnsupportedModel
from .fixed import Format
from .fixed_network import FixedLayer, FixedNetwork
from .golden import evaluate, gradients, integer_gradients, run_float, run_integer
from .load import from_arrays, from_cell, load, load_cell
from .network import Layer, Network
from .plan.network import NetworkPlan, plan
from .quantize import measure, quantize, quantize_backward, requantize
from .report import report
from .rtl.activation import ActivationUnit
from .simulate.run import run
from .simulate.simulate import verify
from .synth.activation import activation_verilog, synth_activation
from .synth.synth import synth
from .time_gate import TimeGate

__version__ = "0.1.0"

__all__ = [
    "DEVICES",
    "Activation",
    "ActivationUnit",
    "Conversion",
    "FixedLayer",
    "FixedNetwork",
    "Format",
    "HwlstmError",
    "Layer",
    "Mismatch",
    "Network",
    "NetworkPlan",
    "TimeGate",
    "ToolFailed",
    "UnsupportedModel",
    "activation_verilog",
    "evaluate",
    "from_arrays",
    "from_cell",
    "gradients",
    "integer_gradients",
    "load",
    "load_cell",
    "load_network",
    "measure",
    "plan",
    "quantize",
    "quantize_backward",
    "record_synthesis",
    "record_verification",
    "report",
    "requantize",
    "run",
    "run_float",
    "run_integer",
    "synth",
    "synth_activation",
    "verify",
    "write",
]
