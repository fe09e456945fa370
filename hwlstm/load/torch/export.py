"""A module's forward as a graph whose numbers of steps and sequences are open."""

import contextlib
import inspect
import io
import logging
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.export import Dim, ExportedProgram, ShapesCollection
from torch.overrides import TorchFunctionMode

from ...errors import UnsupportedModel

__all__ = ["RECURRENT", "Example", "exported", "guards", "kept", "reason"]

RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
SIZES = (11, 13)
"""Of the axes 0 and 1 of the example; where a branch depends on one, a guard says so."""


SIZE = re.compile(r"L\['(\w+)'\](?:\[\d+\])?\.size\(\)\[(\d+)\]")
"""How the exporter writes a size of an argument."""

FORMS = ("x", "x, state", "x, h, c")


@torch.library.custom_op("hwlstm::recurrent", mutates_args=())
def recurrent(
    kind: str,
    x: torch.Tensor,
    states: list[torch.Tensor],
    weights: list[torch.Tensor],
    layers: int,
    bidirectional: bool,
    batch_first: bool,
) -> list[torch.Tensor]:
    """A recurrent layer as one operation: exported as it is, it would be fixed to its steps."""
    raise NotImplementedError("It is only exported")


@recurrent.register_fake
def _(kind, x, states, weights, layers, bidirectional, batch_first):
    width = states[0].shape[-1] * (2 if bidirectional else 1)
    return [x.new_empty(*x.shape[:-1], width), *(state.new_empty(state.shape) for state in states)]


class Whole(TorchFunctionMode):
    """Puts `recurrent` in the place of torch's own recurrent layers."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kind = getattr(function, "__name__", "")
        if kind not in RECURRENT or len(args) != 9:
            return function(*args, **(kwargs or {}))
        x, states, weights, _, layers, _, _, bidirectional, batch_first = args
        states = list(states) if kind == "lstm" else [states]
        results = recurrent(kind, x, states, list(weights), layers, bidirectional, batch_first)
        return tuple(results)


@dataclass(frozen=True)
class Example:
    """What a forward is given.

    Parameters
    ----------
    inputs, units : int
        Numbers in a step of x, and in a state.
    form : {"x", "x, state", "x, h, c"}
        Its arguments.
    names : tuple of str
        What it calls them.
    dtype, device
        Of its numbers.
    """

    inputs: int
    units: int
    form: str
    names: tuple[str, ...]
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, module, lstm) -> "Example":
        """Raises UnsupportedModel if the forward wants something else."""
        optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        accepted = inspect.signature(module.forward).parameters.values()
        needed = [p.name for p in accepted if p.default is p.empty and p.kind not in optional]
        if len(needed) > len(FORMS):
            hint = "x, or x with the states h and c of the LSTM, are"
            raise UnsupportedModel(type(module).__name__, "inputs of forward", needed, hint)
        form, weight = FORMS[max(len(needed) - 1, 0)], next(lstm.parameters())
        sizes = lstm.input_size, lstm.hidden_size
        return cls(*sizes, form, tuple(needed), weight.dtype, weight.device)

    def arguments(self, x, h, c) -> tuple:
        """Tensors in the places where the forward wants them."""
        return {"x": (x,), "x, state": (x, (h, c)), "x, h, c": (x, h, c)}[self.form]

    def zeros(self, outer: list[int], batch_axis: int) -> list[torch.Tensor]:
        """x of the outer sizes, and states of as many sequences as its batch axis has."""
        shapes = (*outer, self.inputs), *((1, outer[batch_axis], self.units),) * 2
        return [torch.zeros(shape, dtype=self.dtype, device=self.device) for shape in shapes]


def exported(module, example: Example, outer: tuple[int | None, ...], batch_axis: int):
    """The forward's graph, of ATen's operators and `recurrent`.

    Parameters
    ----------
    outer : tuple of int or None
        Sizes of the axes 0 and 1 of x; open where None.
    batch_axis : int
        Axis of x that counts sequences; matters if there are states.

    Raises
    ------
    Exception
        Whatever the forward or the exporter raises.
    """
    sizes = [usual if size is None else size for usual, size in zip(SIZES, outer, strict=True)]
    x, h, c = example.zeros(sizes, batch_axis)
    shapes = ShapesCollection()
    shapes[x] = {axis: Dim.DYNAMIC for axis in (0, 1) if outer[axis] is None}
    if example.form != "x" and outer[batch_axis] is None:
        shapes[h] = shapes[c] = {1: Dim.AUTO}
    with kept(module), silent(), torch.no_grad(), Whole():
        return torch.export.export(
            module, example.arguments(x, h, c), dynamic_shapes=shapes, strict=False
        )


def guards(program: ExportedProgram) -> list:
    """What must hold of the open sizes for the graph to be the forward's."""
    fakes = (getattr(node.meta.get("val"), "fake_mode", None) for node in program.graph.nodes)
    modes = [fake for fake in fakes if fake is not None]
    return [guard.expr for guard in modes[0].shape_env.guards] if modes else []


@contextlib.contextmanager
def kept(module) -> Iterator[None]:
    """Give every attribute back that a forward, or a hook of it, assigns."""
    parts = [(part, dict(vars(part))) for part in module.modules()]
    try:
        yield
    finally:
        for part, before in parts:
            vars(part).clear()
            vars(part).update(before)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep what the exporter prints of a forward that it cannot export: its error says it."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        nowhere = io.StringIO()
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def reason(error: BaseException) -> str:
    """The first line that an error says, in the forward's words."""
    lines = [line.strip() for line in str(error).splitlines()]
    line = next(filter(None, lines), type(error).__name__)
    line = SIZE.sub(r"\1.shape[\2]", line.partition(" For more information")[0])
    return f"{type(error).__name__}: {line}" if isinstance(error, LookupError) else line
