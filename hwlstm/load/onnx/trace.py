"""Walk through an ONNX graph: fold what is constant, label what depends on the input.

No operator is recognised by its neighbours. The data path is evaluated on labels, integers that
say which step, sequence and unit a number is; so whatever chain of Transpose, Reshape, Slice and
Gather an exporter writes, the places that matter are checked for what they really receive.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from ...errors import HwlstmError, UnsupportedModel
from .evaluate import ELEMENTWISE, evaluate
from .file import first_line, import_onnx
from .node import Node
from .signal import Signal, numbered

__all__ = ["Trace", "Value"]

Value = np.ndarray | Signal

MOVES = frozenset(
    (
        *("Concat", "Expand", "Flatten", "Gather", "Identity", "Reshape"),
        *("Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"),
    )
)
FOLDED = MOVES.union(
    ELEMENTWISE,
    ("Cast", "Constant", "ConstantOfShape", "DequantizeLinear", "Neg"),
    ("ReduceProd", "Shape", "Size", "Sqrt"),
)


class Trace:
    """One walk through a graph.

    Parameters
    ----------
    model : onnx.ModelProto
    opset : int
    file : str
        Name for messages.
    sizes : iterator
        What to put for each dimension that the graph leaves open; all different.
    operators : dict
        Operator to function (trace, node) giving its outputs, for those that are more than moves.
    """

    def __init__(
        self,
        model,
        *,
        opset: int,
        file: str,
        sizes: Iterator[int],
        operators: Mapping[str, Callable],
    ):
        self.graph, self.opset, self.file = model.graph, opset, file
        self.sizes, self.operators = sizes, operators
        self.named_sizes: dict[str, int] = {}
        overridable = {entry.name for entry in self.graph.input if model.ir_version >= 4}
        self.tensors = {t.name: t for t in self.graph.initializer if t.name not in overridable}
        self.values: dict[str, Value] = {}

    def run(self) -> list[Value]:
        """The graph's outputs."""
        wanted = {entry.name for entry in self.graph.output}
        nodes = []
        for proto in reversed(self.graph.node):
            if wanted & set(proto.output):
                nodes.append(Node(proto, self.file))
                wanted |= set(proto.input) - {""}
        for entry in self.graph.input:
            if entry.name in wanted and entry.name not in self.tensors:
                self.values[entry.name] = self.input_signal(entry)
        for node in reversed(nodes):
            self.step(node)
        return [self.value(entry.name) for entry in self.graph.output]

    def input_signal(self, entry) -> Signal:
        """Label a graph input: its numbers in order."""
        where = f"{self.file}: input {entry.name!r}"
        if not entry.type.tensor_type.HasField("shape"):
            raise UnsupportedModel(where, "shape", "unknown", "a known rank is")
        shape = tuple(self.size(dim) for dim in entry.type.tensor_type.shape.dim)
        if not shape or min(shape) < 0:
            raise UnsupportedModel(where, "shape", shape, "a sequence of vectors is")
        labels = numbered(where, shape)
        return Signal("input", labels, shape[-1], f"input {entry.name!r}", shape)

    def size(self, dim) -> int:
        if dim.HasField("dim_value"):
            return dim.dim_value
        if not dim.dim_param:
            return next(self.sizes)
        if dim.dim_param not in self.named_sizes:
            self.named_sizes[dim.dim_param] = next(self.sizes)
        return self.named_sizes[dim.dim_param]

    def step(self, node: Node) -> None:
        if node.proto.domain not in ("", "ai.onnx"):
            raise node.refuse("domain", node.proto.domain, "standard ONNX operators are")
        args = [self.value(name) for name in node.inputs if name]
        signals = [arg for arg in args if isinstance(arg, Signal)]
        if not signals and node.op in FOLDED:
            results = self.evaluate(node)
        elif signals and node.op in self.operators:
            results = self.operators[node.op](self, node)
        elif signals and node.op in MOVES:
            results = self.move(node, signals)
        else:
            raise node.refuse("op_type", node.op, "one LSTM, one linear layer and ArgMax are")
        for name, result in zip(node.outputs, results, strict=False):
            self.values[name] = result

    def value(self, name: str) -> Value:
        if name not in self.values:
            if name not in self.tensors:
                raise UnsupportedModel(self.file, "value", name, "no node gives it")
            self.values[name] = self.array(name)
        return self.values[name]

    def array(self, name: str) -> np.ndarray:
        try:
            return import_onnx().numpy_helper.to_array(self.tensors[name])
        except (ValueError, TypeError, KeyError, MemoryError) as error:
            raise HwlstmError(
                f"{self.file}: initializer {name!r} is damaged: {first_line(error)}"
            ) from None

    def operand(self, node: Node, index: int) -> Value | None:
        """An input of a node; None if it is absent."""
        if index >= len(node.inputs) or not node.inputs[index]:
            return None
        return self.value(node.inputs[index])

    def constant(self, node: Node, index: int, name: str) -> np.ndarray | None:
        """An input of a node that must be constant."""
        value = self.operand(node, index)
        if isinstance(value, Signal):
            raise node.refuse(name, value.name, "a constant is")
        return value

    def signal(self, node: Node, index: int, name: str) -> Signal:
        """An input of a node that must depend on the graph's input."""
        value = self.operand(node, index)
        if not isinstance(value, Signal):
            raise node.refuse(name, "a constant", "data from the graph's input is")
        return value

    def weights(self, node: Node, index: int, name: str) -> np.ndarray:
        """A constant input as finite float64."""
        value = self.optional_weights(node, index, name)
        if value is None:
            raise node.refuse(name, None, "it must be given")
        return value

    def optional_weights(self, node: Node, index: int, name: str) -> np.ndarray | None:
        """A constant input as finite float64; None if it is absent."""
        value = self.constant(node, index, name)
        if value is None:
            return None
        if value.dtype.name not in ("float16", "bfloat16", "float32", "float64"):
            raise node.refuse(f"type of {name}", value.dtype.name, "floats are")
        with np.errstate(invalid="ignore"):  # a signalling NaN; refused below
            value = value.astype(np.float64)
        for place in np.argwhere(~np.isfinite(value))[:1]:
            raise node.refuse(f"{name}{[int(k) for k in place]}", float(value[tuple(place)]))
        return value

    def move(self, node: Node, signals: list[Signal]) -> list[Signal]:
        """Outputs of an operator that only puts numbers elsewhere."""
        first = signals[0]
        moved = len(node.inputs) if node.op == "Concat" else 1
        if len(signals) != moved or not isinstance(self.operand(node, 0), Signal):
            hint = "moving data by constant indices and shapes is"
            raise node.refuse("inputs", node.inputs, hint)
        for other in signals[1:]:
            if not other.same_origin(first):
                raise node.refuse("inputs", [first.name, other.name], "parts of one tensor are")
        return [replace(first, labels=labels) for labels in self.evaluate(node)]

    def evaluate(self, node: Node) -> list[np.ndarray]:
        """Run one operator on the arrays, or labels, of its inputs."""
        feeds = {name: self.value(name) for name in node.inputs if name}
        arrays = {k: v.labels if isinstance(v, Signal) else v for k, v in feeds.items()}
        return evaluate(node, arrays, self.opset)
