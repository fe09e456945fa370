"""Random ONNX graphs around one LSTM, with onnxruntime as the judge.

    python tests/fuzz/onnx_mutations.py [--count 1000] [--seed 0]

What loads must give onnxruntime's numbers at every size; what onnxruntime rejects must be refused.
Every graph is its seed's alone: `--count 1 --seed N` repeats one.
"""

import argparse
import sys
import tempfile
import warnings
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from hwlstm.errors import HwlstmError
from hwlstm.golden import run_float
from hwlstm.load import load

STEPS, SEQUENCES = (1, 2, 3, 9, 17, 100), (1, 2, 5)
FEATURES, UNITS, OUTPUTS = 3, 4, 5
ENDS = (-100, -8, -2, -1, 0, 1, 2, 3, 8, 100, 2**31 - 1, 2**63 - 1, -(2**63))
KINDS = (
    *("slice", "slice", "gather", "transpose", "split"),
    *("pad", "flat", "cast", "same", "scale"),
)


class Graph:
    """A random graph of a seed, as a model."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.opset = int(self.rng.integers(7, 23))
        self.nodes, self.constants = [], {}
        self.shape = self.input_shape()
        self.rank = len(self.shape)

    def pick(self, options):
        return options[self.rng.integers(len(options))]

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def input_shape(self) -> list:
        steps = "t" if self.chance(0.7) else int(self.rng.integers(1, 7))
        batch = "b" if self.chance(0.5) else int(self.rng.integers(1, 4))
        forms = [[steps, batch, FEATURES], [batch, steps, FEATURES], [steps, FEATURES]]
        if isinstance(steps, int):
            forms.append([batch, steps * FEATURES])
        return self.pick(forms)

    def constant(self, value, dtype=np.int64) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = np.asarray(value, dtype)
        return name

    def floats(self, *shape: int) -> str:
        return self.constant(self.rng.normal(0, 0.5, shape), np.float32)

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes) -> str:
        names = [f"v{len(self.nodes)}_{k}" for k in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def axes(self, op: str, x: str, axes: list[int]) -> str:
        if self.opset < 13:
            return self.node(op, x, axes=axes)
        return self.node(op, x, self.constant(axes))

    def size(self, x: str, axis: int) -> str:
        """A size as a vector of one integer, sometimes with arithmetic."""
        shape = self.node("Shape", x)
        size = self.node("Gather", shape, self.constant([axis]))
        if self.chance(0.3):
            op = self.pick(["Add", "Sub", "Mul", "Div", "Mod", "Min", "Max"])
            if self.opset >= 12 or op not in ("Min", "Max", "Mod"):
                return self.node(op, size, self.constant([self.pick([1, 2, 3, 8])]))
        return size

    def bound(self, x: str, axis: int) -> str:
        return self.size(x, axis) if self.chance(0.2) else self.constant([int(self.pick(ENDS))])

    def sliced(self, x: str, rank: int) -> str:
        axis = int(self.rng.integers(rank))
        start, end = (
            (0, int(self.pick(ENDS)))
            if self.chance(0.5)
            else map(int, (self.pick(ENDS), 2**63 - 1))
        )
        if self.opset < 10:
            return self.node("Slice", x, starts=[start], ends=[end], axes=[axis])
        step = -1 if self.chance(0.15) else 1
        if step < 0:
            start, end = -1, -(2**63)
        bounds = [self.constant([v]) for v in (start, end)]
        if self.chance(0.3):
            bounds[int(self.rng.integers(2))] = self.bound(x, axis)
        return self.node("Slice", x, *bounds, self.constant([axis]), self.constant([step]))

    def split(self, x: str, rank: int) -> str:
        axis = int(self.rng.integers(rank))
        options = {"num_outputs": 2} if self.opset >= 18 else {}
        parts = self.node("Split", x, outputs=2, axis=axis, **options)
        if self.chance(0.5):
            return self.node("Concat", *parts, axis=axis)
        return self.pick(parts)

    def arithmetic(self, x: str, rank: int) -> str:
        shape = self.pick([(), (1,), (FEATURES,), (1, FEATURES)])
        operand = self.constant(self.rng.uniform(0.5, 2, shape), np.float32)
        op = self.pick(["Sub", "Div", "Mul", "Add"])
        pair = (operand, x) if self.chance(0.2) else (x, operand)
        return self.node(op, *pair)

    def move(self, x: str, rank: int) -> tuple[str, int]:
        """One operator that moves numbers, and the rank behind it."""
        kind = self.pick(
            [
                "slice",
                "slice",
                "gather",
                "transpose",
                "split",
                "pad",
                "flat",
                "cast",
                "same",
                "scale",
            ]
        )
        if kind == "slice":
            return self.sliced(x, rank), rank
        if kind == "gather":
            axis = int(self.rng.integers(rank))
            index = self.pick([[0], [-1], [1], [0, 1, 2], [2, 1, 0], [-2]])
            return self.node("Gather", x, self.constant(index), axis=axis), rank
        if kind == "transpose":
            order = [int(k) for k in self.rng.permutation(rank)]
            back = [order.index(k) for k in range(rank)]
            y = self.node("Transpose", x, perm=order)
            return (self.node("Transpose", y, perm=back) if self.chance(0.6) else y), rank
        if kind == "split":
            return self.split(x, rank), rank
        if kind == "pad":
            y = self.axes("Unsqueeze", x, [int(self.rng.integers(rank + 1))])
            return (self.node("Squeeze", y), rank) if self.chance(0.2) else (y, rank + 1)
        if kind == "flat":
            shape = self.node("Shape", x)
            y = self.node("Reshape", x, self.constant(self.pick([[-1, FEATURES], [-1], [0, -1]])))
            return self.node("Reshape", y, shape), rank
        if kind == "cast":
            return self.node(
                "Cast", x, to=self.pick([1, 1, 10, 16 if self.opset >= 13 else 10])
            ), rank
        return (
            (self.arithmetic(x, rank), rank)
            if kind == "scale"
            else (self.node("Identity", x), rank)
        )

    def entered(self, x: str, rank: int) -> str:
        """Three axes for the LSTM, time-major or not."""
        if len(self.shape) == 2 and self.shape[1] != FEATURES:
            x = self.node("Reshape", x, self.constant([-1, self.shape[1] // FEATURES, FEATURES]))
            return self.node("Transpose", x, perm=[1, 0, 2])
        if rank == 2:
            return self.axes("Unsqueeze", x, [1])
        if rank == 3 and self.chance(0.5):
            return self.node("Transpose", x, perm=[1, 0, 2])
        return x

    def lstm(self, x: str) -> list[str]:
        inputs = [x]
        for shape in ((1, 4 * UNITS, FEATURES), (1, 4 * UNITS, UNITS), (1, 8 * UNITS)):
            inputs.append(self.floats(*shape))
        attributes = {"hidden_size": UNITS}
        if self.chance(0.1):
            shape, batch = self.node("Shape", x), self.constant([1])
            sizes = [batch, self.node("Gather", shape, batch), self.constant([UNITS])]
            wanted = self.node("Concat", *sizes, axis=0)
            state = self.node("Expand", self.floats(1, 1, UNITS), wanted)
            inputs += ["", state, state]
        elif self.chance(0.05):
            inputs.append(self.constant(self.pick([[3], [2, 2], [6]]), np.int32))
        fault = self.rng.random()
        if fault < 0.03:
            attributes.pop("hidden_size")
        elif fault < 0.06:
            attributes |= self.pick([{"direction": "reverse"}, {"clip": 0.5}, {"layout": 1}])
        elif fault < 0.09:
            attributes["hidden_size"] = UNITS + 1
        return self.node("LSTM", *inputs, outputs=3, **attributes)

    def head(self, y: str, rank: int) -> str:
        weights, bias = self.floats(UNITS, OUTPUTS), self.floats(OUTPUTS)
        if rank == 2 and self.chance(0.5):
            y = self.node("Gemm", y, weights, bias)
        else:
            y = self.node("Add", self.node("MatMul", y, weights), bias)
        if self.chance(0.1):
            y = self.node("Softmax", y, axis=rank - 1)
        if self.chance(0.2):
            y = self.node("ArgMax", y, axis=rank - 1, keepdims=int(self.chance(0.5)))
        return y

    def model(self):
        x, rank = "x", self.rank
        for _ in range(self.pick([0, 0, 1, 1, 2, 3])):
            x, rank = self.move(x, rank)
        y, last, _ = self.lstm(self.entered(x, rank))
        form = self.pick(["all", "squeezed", "Y_h", "last", "gather"])
        if form == "all":
            y, rank = y, 4
        elif form == "Y_h":
            y, rank = self.axes("Squeeze", last, [0]), 2
        else:
            y, rank = self.axes("Squeeze", y, [1]), 3
        if form == "last":
            y, rank = self.node("Gather", y, self.constant(-1), axis=0), 2
        if form == "gather":
            index = self.node("Sub", self.size(y, 0), self.constant([1]))
            y = self.node("Gather", y, index, axis=0)
        for _ in range(self.pick([0, 0, 0, 1])):
            y, rank = self.move(y, rank)
        if self.chance(0.7):
            y = self.head(y, rank)
        return self.proto(y)

    def output_type(self) -> int:
        return TensorProto.INT64 if self.nodes[-1].op_type == "ArgMax" else TensorProto.FLOAT

    def proto(self, output: str):
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(output, self.output_type(), None)],
            [numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )
        opset = helper.make_opsetid("", self.opset)
        return helper.make_model(graph, opset_imports=[opset], ir_version=8)


def session(data: bytes):
    """None if onnxruntime rejects the model."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception:  # onnxruntime has many, without a common base
        return None


def readings(shape: tuple, rows: int) -> list[tuple]:
    """What the input's rows may be: (name, how many of the outer kind, of the inner kind)."""
    outer = [(axis, size) for axis, size in enumerate(shape[:-1]) if rows % size == 0]
    return [*((axis, size, rows // size) for axis, size in outer), ("one", 1, rows)]


def outputs(network, x: np.ndarray) -> dict[tuple, np.ndarray]:
    """What the network gives, under every reading of the input's and output's order."""
    found = {}
    for name, outer, inner in readings(x.shape, x.size // network.inputs):
        for time_major in (False, True):
            data = x.reshape(outer, inner, network.inputs)
            y = run_float(network, data.swapaxes(0, 1) if time_major else data).output
            found[name, time_major, False] = y.ravel()
            if not network.many_to_one:
                found[name, time_major, True] = y.swapaxes(0, 1).ravel()
    return found


def verdict(seed: int, folder: Path) -> str:
    """What came of a seed: "refused", "right", or the fault."""
    graph = Graph(seed)
    data = graph.model().SerializeToString()
    path = folder / "model.onnx"
    path.write_bytes(data)
    judge = session(data)
    try:
        network = load(path)
    except HwlstmError as error:
        if "\n" in str(error):
            return f"message of several lines: {error}"
        return "refused"
    if judge is None:
        return "loaded, but onnxruntime rejects it"
    rng, possible = np.random.default_rng(seed), None
    open_names = sorted({n for n in graph.shape if isinstance(n, str)}, reverse=True)
    choices = [STEPS if name == "t" else SEQUENCES for name in open_names]
    for sizes in product(*choices):
        named = dict(zip(open_names, sizes, strict=True))
        shape = [named.get(n, n) for n in graph.shape]
        x = rng.normal(size=shape).astype(np.float32)
        try:
            expected = judge.run(None, {"x": x})[0].ravel()
        except Exception as error:  # as above
            return f"loaded, but onnxruntime fails at {shape}: {str(error)[:120]}"
        agreeing = {
            reading
            for reading, y in outputs(network, x).items()
            if y.shape == expected.shape and np.abs(y - expected).max(initial=0) < 1e-5
        }
        possible = agreeing if possible is None else possible & agreeing
        if not possible:
            return f"other numbers at {shape}"
    return "right"


def run(seeds) -> tuple[Counter, list[str]]:
    """How many of each, and every fault."""
    counts, faults = Counter(), []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds:
            try:
                found = verdict(seed, Path(folder))
            except Exception as error:  # what no input may raise
                found = f"{type(error).__name__}: {error}"
            if found not in ("right", "refused"):
                faults.append(f"seed {seed}: {found}")
                found = "fault"
            counts[found] += 1
    return counts, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts, faults = run(range(options.seed, options.seed + options.count))
    print(f"seeds {options.seed} to {options.seed + options.count - 1}: {dict(counts)}")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
