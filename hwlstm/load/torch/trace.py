"""Walk through an exported graph: compute what is constant, follow what depends on the input.

No operator is recognised by its neighbours: a tensor that depends on the input is a Signal, which
says of every number which step, sequence and unit it is, for all sizes at once. So whatever a
forward does to move its numbers about, the places that matter see what they really receive.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch.export.graph_signature import InputKind
from torch.utils._pytree import tree_leaves

from ...errors import UnsupportedModel
from ..walk.refused import Refused
from ..walk.signal import Signal
from ..walk.tensor import Tensor
from .constants import constant, evaluate
from .operation import Operation
from .sizes import Sizes
from .state import array

__all__ = ["Trace"]

LAYERS = "an LSTM, then at most a linear layer on all steps or the last one, then argmax, is"


class Trace:
    """One walk through a graph.

    Parameters
    ----------
    program : ExportedProgram
    title : str
        What messages call the module.
    operators : dict
        Operator to function (trace, operation, *arguments) giving its result, for those that may
        be done to what depends on the input.

    Attributes
    ----------
    sizes : Sizes
        The open sizes.
    batch_first : bool or None
        Axis 0 of x counts sequences, axis 1 steps; None before the LSTM.
    streams : list of str
        States, h and c, that the forward is given and the LSTM starts from.
    """

    def __init__(self, program, *, title: str, operators: Mapping[str, Callable]):
        self.program, self.title, self.operators = program, title, operators
        self.buffers: dict = {}
        self.names: dict = {}
        self.sizes = Sizes()
        self.streams: list[str] = []
        self.batch_first: bool | None = None

    def run(self) -> list:
        """What the forward gives, in order."""
        *nodes, output = self.program.graph.nodes
        given = [node for node in nodes if node.op == "placeholder"]
        needed = ancestors(output)
        done = needed.union(*(ancestors(node) for node in nodes if changes(node)))
        values = dict(zip(given, self.inputs(given), strict=True))
        for node in nodes[len(given) :]:
            if node in done:
                values[node] = self.value(node, values)
        self.check_unchanged(needed)
        results = tree_leaves(torch.fx.node.map_arg(output.args, values.__getitem__))
        return [result for result in results if result is not None]

    def inputs(self, nodes: list) -> list:
        """The module's own tensors, and what the forward is given."""
        program, arguments = self.program, iter(("x", "h", "c"))
        found = []
        for node, spec in zip(nodes, program.graph_signature.input_specs, strict=True):
            if spec.kind == InputKind.USER_INPUT:
                found.append(self.argument(node, next(arguments)))
                continue
            own = program.state_dict if spec.target in program.state_dict else program.constants
            found.append(constant(own[spec.target]))
            self.names[node] = spec.target
            if spec.kind == InputKind.BUFFER:
                self.buffers[node] = (spec.target, found[-1], found[-1].clone())
        return found

    def argument(self, node, which: str) -> Signal:
        """An input of the forward: x, or a state."""
        symbols = [getattr(size, "node", None) for size in node.meta["val"].shape]
        for axis, symbol in enumerate(symbols):
            if symbol is not None:
                self.sizes.name(symbol.expr, f"{which}.shape[{axis}]")
        shape = self.sizes.shape(node.meta["val"])
        source = "input" if which == "x" else which
        return Signal(source, Tensor.numbered(shape), shape[-1].number, which, shape)

    def value(self, node, values: dict):
        operation = Operation(node, self.title)
        if not isinstance(operation.result, (torch.Tensor, list, tuple)):
            return self.sizes.of(operation.result)
        args = list(torch.fx.node.map_arg(node.args, values.__getitem__))
        kwargs = dict(torch.fx.node.map_arg(node.kwargs, values.__getitem__))
        if operation.name == "getitem":
            return args[0][args[1]]
        if not any(isinstance(leaf, Signal) for leaf in tree_leaves((args, kwargs))):
            return evaluate(operation, args, kwargs)
        if operation.name not in self.operators:
            raise operation.refuse("operation", operation.name, LAYERS)
        try:
            result = self.operators[operation.name](self, operation, *args, **kwargs)
            self.check_shape(operation, result)
            return result
        except Refused as why:
            raise operation.refuse(why.attribute, why.value, why.hint) from None
        except (TypeError, ValueError) as error:  # an overload with other operands, or sizes
            raise operation.refuse("operands", str(error)) from None

    def check_shape(self, operation: Operation, result) -> None:
        """Refuse a result of another shape than the exporter found: constants would repeat it."""
        results = (result, operation.result)
        if not isinstance(result, list):
            results = [[each] for each in results]
        for each, wanted in zip(*results, strict=True):
            if isinstance(each, Signal) and each.labels.shape != self.sizes.shape(wanted):
                shape = self.sizes.shape(wanted)
                raise operation.refuse("shape of the result", shape, f"{each.labels.shape} is")

    def weights(self, operation: Operation, place: int, tensors: list) -> list[np.ndarray]:
        """Tensors of an argument of an operation, each as `weight`."""
        nodes = operation.node.args[place]
        return [self.weight(operation, *pair) for pair in zip(nodes, tensors, strict=True)]

    def weight(self, operation: Operation, node, tensor) -> np.ndarray:
        """A tensor that is a constant, or computed of some, as finite float64."""
        if not isinstance(tensor, torch.Tensor):
            raise operation.refuse("weights", getattr(tensor, "name", tensor), "constants are")
        return array(self.names.get(node, node.name), tensor, "parameters")

    def check_unchanged(self, needed: set) -> None:
        """Refuse a buffer that every call changes, if the result depends on it."""
        for node, (name, now, before) in self.buffers.items():
            if node in needed and not torch.equal(now, before):
                hint = "one that no call changes is; call eval() first"
                raise UnsupportedModel(self.title, "buffer", name, hint)


def ancestors(node) -> set:
    """A node and all that it is made of."""
    found, left = set(), [node]
    while left:
        node = left.pop()
        if node not in found:
            found.add(node)
            left.extend(node.all_input_nodes)
    return found


def changes(node) -> bool:
    """True if it writes to one of its arguments."""
    return isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable
