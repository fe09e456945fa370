"""Walk through an ONNX graph: fold what is constant, label what depends on the input.

No operator is recognised by its neighbours. The data path is evaluated on labels, which say which
step, sequence and unit a number is; so whatever chain of Transpose, Reshape, Slice and Gather an
exporter writes, the places that matter are checked for what they really receive. Sizes that the
graph leaves open stay open: see `hwlstm.load.walk`.
"""

from collections.abc import Callable, Mapping
from math import prod

import numpy as np

from ...errors import HwlstmError, UnsupportedModel
from ..walk.decide import undecided
from ..walk.polynomial import Polynomial, Variable
from ..walk.refused import Refused
from ..walk.signal import Signal
from ..walk.tensor import Tensor
from ..walk.together import concatenated
from .file import first_line, import_onnx
from .fold import ELEMENTWISE, FOLDED, fold, shape_of
from .moves import MOVES, Operands, axis_of
from .node import Node

__all__ = ["Trace", "Value"]

Value = np.ndarray | Tensor | Signal
"""A constant; one whose shape or numbers depend on a size; data."""

FLOATS = ("float16", "bfloat16", "float32", "float64")
LARGEST = 2**25
NEEDS_ALL = ELEMENTWISE.union(("Concat", "Gather", "Expand", "Reshape"))
SUPPORTED = "one LSTM, one linear layer and ArgMax are"


class Trace:
    """One walk through a graph.

    Parameters
    ----------
    model : onnx.ModelProto
    opset : int
    file : str
        Name for messages.
    operators : dict
        Operator to function (trace, node) giving its outputs, for those that are more than moves.

    Attributes
    ----------
    kept : dict
        "initial_h" and "initial_c" to the graph's input that brings this state.
    """

    def __init__(self, model, *, opset: int, file: str, operators: Mapping[str, Callable]):
        self.graph, self.opset, self.file = model.graph, opset, file
        self.operators = operators
        self.variables: dict[str, Polynomial] = {}
        self.tensors = {t.name: t for t in self.graph.initializer}
        self.values: dict[str, Value] = {}
        self.kept: dict[str, Signal] = {}
        self.read: set[str] = set()

    def run(self) -> list[Value]:
        """The graph's outputs."""
        wanted = {entry.name for entry in self.graph.output}
        nodes = []
        for proto in reversed(self.graph.node):
            if wanted & set(proto.output):
                nodes.append(Node(proto, self.file))
                self.read |= set(proto.input)
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
        dims = entry.type.tensor_type.shape.dim
        shape = tuple(self.size(dim, entry.name, axis) for axis, dim in enumerate(dims))
        fixed = [size.number for size in shape if size.number is not None]
        if not shape or min(fixed, default=1) < 0:
            raise UnsupportedModel(where, "shape", shape, "a sequence of vectors is")
        if not 0 < prod(fixed) <= LARGEST:
            hint = f"1 to {LARGEST} numbers are; export with fewer sequences or steps"
            raise UnsupportedModel(where, "shape", shape, hint)
        return Signal("input", Tensor.numbered(shape), 1, f"input {entry.name!r}", shape)

    def size(self, dim, name: str, axis: int) -> Polynomial:
        """A number, or a variable; the same one for the same name."""
        if dim.HasField("dim_value"):
            return Polynomial.of(dim.dim_value)
        if not dim.dim_param:
            return Polynomial.of(Variable(f"{name}.{axis}"))
        known = Polynomial.of(Variable(dim.dim_param))
        return self.variables.setdefault(dim.dim_param, known)

    def step(self, node: Node) -> None:
        if node.proto.domain not in ("", "ai.onnx"):
            raise node.refuse("domain", node.proto.domain, "standard ONNX operators are")
        args = [self.value(name) for name in node.inputs if name]
        signals = [arg for arg in args if isinstance(arg, Signal)]
        try:
            if "" in node.inputs and node.op in NEEDS_ALL:
                raise ValueError("an input is missing")
            results = self.results(node, args, signals)
        except Refused as refused:
            raise node.refuse(refused.attribute, refused.value, refused.hint) from None
        except ValueError as error:
            raise HwlstmError(f"{node.where} cannot be evaluated: {first_line(error)}") from None
        for name, result in zip(node.outputs, results, strict=False):
            self.values[name] = settled(result)

    def results(self, node: Node, args: list[Value], signals: list[Signal]) -> list:
        if node.op in ("Shape", "Size"):
            x = args[0]
            return [shape_of(node, (x.labels if isinstance(x, Signal) else Tensor.of(x)).shape)]
        if node.op == "Concat":
            return [self.concatenated(node, args, signals)]
        if node.op in MOVES:
            return self.moved(node, signals)
        if signals and node.op in self.operators:
            return self.operators[node.op](self, node)
        if not signals and node.op in FOLDED:
            return fold(node, args, self.opset)
        raise node.refuse("op_type", node.op, SUPPORTED)

    def moved(self, node: Node, signals: list[Signal]) -> list[Value]:
        """Outputs of an operator that only puts numbers elsewhere."""
        x = self.operand(node, 0)
        if x is None:
            raise ValueError("the input is missing")
        if signals and (len(signals) > 1 or not isinstance(x, Signal)):
            hint = "moving data by constant indices and shapes is"
            raise node.refuse("inputs", node.inputs, hint)
        x = x if isinstance(x, Signal) else Tensor.of(x)
        shape = x.labels.shape if isinstance(x, Signal) else x.shape
        last = not self.read & set(node.outputs)
        moves = MOVES[node.op](Operands(node, shape, self.integers(node), last=last))
        return [x.moved(move) if isinstance(x, Signal) else move(x) for move in moves]

    def concatenated(self, node: Node, args: list[Value], signals: list[Signal]) -> Value:
        """Data of one tensor side by side, or constants."""
        if "axis" not in node.attributes:
            raise ValueError("axis is missing")
        if signals and len(signals) != len(args):
            hint = "moving data by constant indices and shapes is"
            raise node.refuse("inputs", node.inputs, hint)
        for other in signals[1:]:
            if not other.same_origin(signals[0]):
                names = [signals[0].name, other.name]
                raise node.refuse("inputs", names, "parts of one tensor are")
        tensors = [Tensor.of(arg) for arg in args] if not signals else []
        rank = len(signals[0].labels.axes if signals else tensors[0].axes)
        axis = axis_of(node.attributes["axis"], rank)
        return Signal.concatenated(signals, axis) if signals else concatenated(tensors, axis)

    def integers(self, node: Node) -> Callable[[int, str], Polynomial | None]:
        """Function that gives operands as integers, which may depend on sizes."""

        def operand(index: int, name: str) -> Polynomial | None:
            value = self.operand(node, index)
            if value is None:
                return None
            tensor = Tensor.of(value)
            entries = tensor.entries
            if not isinstance(entries, Polynomial) and entries.dtype.name not in ("int32", "int64"):
                raise ValueError(f"{name} must be integers, not {entries.dtype}")
            counts = [size.number for size in tensor.shape]
            if None in counts:
                raise Refused(name, f"of shape {tensor.shape}", "a fixed number of them is")
            return Polynomial.of(entries).apply(lambda a: a.reshape(counts))

        return operand

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

    def constant(self, node: Node, index: int, name: str) -> np.ndarray | Tensor | None:
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
        if isinstance(value, Tensor):
            raise undecided(f"shape of {name}", value.shape)
        return None if value is None else floats(node, name, value)

    def spread(self, node: Node, index: int, name: str) -> Tensor | None:
        """A constant input as finite float64 in axes that may be open; None if it is absent."""
        value = self.constant(node, index, name)
        if value is None:
            return None
        tensor = Tensor.of(value)
        if isinstance(tensor.entries, Polynomial):
            raise node.refuse(name, "made of sizes", "floats are")
        return Tensor(floats(node, name, tensor.entries), tensor.axes)


def settled(result: Value) -> Value:
    """A constant that depends on no size, as an array."""
    if isinstance(result, Tensor):
        array = result.settled
        return result if array is None else array
    return result


def floats(node: Node, name: str, value: np.ndarray) -> np.ndarray:
    if value.dtype.name not in FLOATS:
        raise node.refuse(f"type of {name}", value.dtype.name, "floats are")
    with np.errstate(invalid="ignore"):  # a signalling NaN; refused below
        value = value.astype(np.float64)
    for place in np.argwhere(~np.isfinite(value))[:1]:
        raise node.refuse(f"{name}{[int(k) for k in place]}", float(value[tuple(place)]))
    return value
