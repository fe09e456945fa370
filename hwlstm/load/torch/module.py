"""PyTorch modules to Network."""

import contextlib

import sympy
import torch

from ...errors import UnsupportedModel
from ...network import Network
from ..arrays import from_arrays
from .export import Example, exported, guards, reason
from .operators import OPERATORS
from .results import arguments
from .sample import check_samples
from .state import check_tensor
from .trace import Trace

__all__ = ["load_module"]

FIXED = (13, 1009)
"""Numbers of sequences, where a forward fixes it (Python's len(x) does). The first one shows in
little time whether it is sequences, and not steps, that the axis counts; the second, a prime beyond
what a window or an index is likely to be, whether anything else depends on it."""

WRAPPERS = (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)
"""What spreads a module over devices; its own is in `module`."""


def load_module(module, *, classify: bool = False, name: str = "network") -> Network:
    """A module whose forward is one nn.LSTM of one layer and at most one nn.Linear.

    The forward is exported with its numbers of steps and sequences open, and the graph is
    followed from the input on; see `Trace`. Then the module runs on some data of several sizes
    and must give what the network gives: an exported graph holds from two steps and sequences on,
    and what Python decides beside the graph is not in it.

    A forward that takes the states h and c and gives those of the last step is read as the network
    that keeps its state: 0 at first, and whoever drives it says with the first beat of a sequence
    (TUSER) whether it goes on from the state that was left.

    Parameters
    ----------
    classify : bool
        The result is the index of the largest output, though the forward has no argmax. A softmax
        or sigmoid at the end, which does not change it, is left out.

    Raises
    ------
    UnsupportedModel
        Names the operation that is not supported; or why the forward cannot be exported.
    """
    module = unwrapped(module)
    title = type(module).__name__
    lstm = recurrent_part(module, title)
    example = Example.of(module, lstm)
    program, trace, results = walked(module, title, example, batch_axis=1 - lstm.batch_first)
    network = from_arrays(**arguments(title, trace, results, classify), name=name)
    check_guards(title, program, trace)
    check_used(title, example, trace)
    classified = results[0].source == "class"
    check_samples(module, network, example, batch_first=trace.batch_first, classified=classified)
    return network


def unwrapped(module):
    """What a wrapper calls: of several devices, or compiled."""
    while isinstance(module, WRAPPERS):
        module = module.module
    return getattr(module, "_orig_mod", module)


def recurrent_part(module, title: str):
    """The first nn.LSTM of a module, whose tensors must have numbers."""
    if isinstance(module, torch.jit.ScriptModule):
        raise UnsupportedModel(title, "kind", "TorchScript", "the nn.Module it was made of is")
    for key, tensor in (*module.named_parameters(), *module.named_buffers()):
        check_tensor(key, tensor, "parameters")
    for part in module.modules():
        if isinstance(part, torch.nn.LSTM):
            return part
    raise UnsupportedModel(title, "layers", "no nn.LSTM", "one is")


def walked(module, title: str, example: Example, *, batch_axis: int) -> tuple:
    """The exported forward, its walk and what that gives.

    Raises UnsupportedModel for the first operation that is not understood, or for the forward if
    it cannot be exported with its steps open.
    """
    try:
        program = exported(module, example, (None, None), batch_axis)
    except Exception as error:  # forward is the user's code and may raise anything
        hint = "a forward that torch.export follows at any size is"
        failure = UnsupportedModel(title, "forward", reason(error), hint)
    else:
        trace = Trace(program, title=title, operators=OPERATORS)
        return program, trace, trace.run()
    for axis in (batch_axis, 1 - batch_axis):
        with contextlib.suppress(NotSequences):
            for size in FIXED:
                outer = tuple(size if k == axis else None for k in (0, 1))
                found = walked_fixed(module, title, example, outer, batch_axis)
            return found
    raise failure


class NotSequences(Exception):
    """The axis of x that was fixed counts steps, or the forward cannot be exported so either."""


def walked_fixed(module, title: str, example: Example, outer: tuple, batch_axis: int) -> tuple:
    """As `walked`, with one axis of x fixed. Raises NotSequences if that does not help."""
    try:
        program = exported(module, example, outer, batch_axis)
    except Exception:  # as above
        raise NotSequences from None
    trace = Trace(program, title=title, operators=OPERATORS)
    try:
        return program, trace, trace.run()
    except UnsupportedModel:
        if trace.batch_first is None and max(filter(None, outer)) == FIXED[0]:
            raise NotSequences from None
        raise


def check_guards(title: str, program, trace: Trace) -> None:
    """Refuse a graph that is the forward's at some sizes only."""
    for guard in guards(program):
        if not is_union(guard):
            text = trace.sizes.text(guard)
            hint = "a forward that does the same at every size is"
            raise UnsupportedModel(title, "forward", f"something else unless {text}", hint)


def is_union(guard) -> bool:
    """True if two open sizes are the same: of x and a state, for those of x differ."""
    return isinstance(guard, sympy.Eq) and all(side.is_Symbol for side in guard.args)


def check_used(title: str, example: Example, trace: Trace) -> None:
    """Refuse a further input of the forward that is no state of the LSTM."""
    if example.form != "x" and sorted(trace.streams) != ["c", "h"]:
        hint = "x, or x with the states h and c of the LSTM, are"
        raise UnsupportedModel(title, "inputs of forward", list(example.names), hint)
