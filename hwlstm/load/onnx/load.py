"""ONNX to Network."""

import warnings
from pathlib import Path

from ...errors import UnsupportedModel
from ...network import Network
from ..arrays import from_arrays, identifier
from ..walk.signal import Signal
from .file import BadFile, import_onnx, opset_version, read_model
from .lstm import NEXT
from .operators import OPERATORS
from .trace import Trace, Value

__all__ = ["load_onnx"]

IR_OF_DEFAULTS = 4


def load_onnx(path: str | Path, *, name: str | None = None, classify: bool = False) -> Network:
    """Read one forward LSTM, optionally a linear layer, optionally ArgMax, from a file.

    The graph's input may be time-major or batch-major, the Network is always
    (sequences, steps, inputs). What depends on a size that the graph leaves open is refused. A
    scaled input, (x - mean) / std, is the Network's conversion.

    A graph that takes h and c and gives those of the last step, to be called again with them, is
    read as the network that keeps its state: 0 at first, and whoever drives it says with the first
    beat of a sequence (TUSER) whether it goes on from the state that was left.

    Parameters
    ----------
    name : str, optional
        Name of the network; made from the file's if None.
    classify : bool
        The result is the index of the largest output. A Softmax or Sigmoid at the end, which
        does not change it, is left out.

    Raises
    ------
    HwlstmError
        The file is damaged.
    UnsupportedModel
        The model holds something else; names node, attribute and value.

    Warns
    -----
    UserWarning
        Names inputs that become constants.
    """
    path = Path(path)
    onnx = import_onnx()
    model = read_model(path)
    opset = opset_version(onnx, model, path.name)
    trace = Trace(model, opset=opset, file=path.name, operators=OPERATORS)
    try:
        results = trace.run()
    except UnicodeDecodeError:
        raise BadFile(path, "is not a valid ONNX model: a name is not text") from None
    found = arguments(trace, results, classify=classify)
    warn_of_constants(model, path.name)
    try:
        return from_arrays(**found, name=name or identifier(path.stem))
    except ValueError as error:
        raise BadFile(path, error) from None


def warn_of_constants(model, file: str) -> None:
    """A file since IR 4 that lists initial values as inputs leaves them to the caller."""
    listed = {entry.name for entry in model.graph.input if model.ir_version >= IR_OF_DEFAULTS}
    names = [tensor.name for tensor in model.graph.initializer if tensor.name in listed]
    if names:
        text = f"{file}: constants from now on, though they are inputs with a default: "
        warnings.warn(text + ", ".join(names), stacklevel=3)


def arguments(trace: Trace, results: list[Value], *, classify: bool) -> dict:
    """What `from_arrays` needs, from the outputs of a graph."""
    names = [entry.name for entry in trace.graph.output]
    places = [f"{trace.file}: output {name!r}" for name in names]
    first, where = results[0], places[0]
    if not isinstance(first, Signal) or first.source in ("input", "c"):
        value = first.name if isinstance(first, Signal) else "a constant"
        raise UnsupportedModel(where, "source", value, "an LSTM, then at most a linear layer, is")
    check_end(first, classify=classify)
    steps = first.reads(where)
    further = list(zip(places[1:], results[1:], strict=True))
    if trace.kept:
        check_kept(trace, first, further)
        steps = "all" if first.steps == 1 else steps
    else:
        for place, extra in further:
            check_state(place, first, extra)
    return {"classify": classify, **first.network, "steps": steps}


def check_end(last: Signal, *, classify: bool) -> None:
    """Refuse a Softmax or Sigmoid at the end unless it is left out for an argmax."""
    if not last.squashed or (classify and last.width > 1):
        return
    if last.width == 1:
        hint = "export the logit, and compare it with 0: a threshold of 0.5"
    else:
        operator = last.squashed.partition(": ")[2].split()[0]
        hint = f"export the logits, or give --classify: argmax instead of {operator}"
        if operator == "Sigmoid":
            hint += "; or compare the logits with 0: a threshold of 0.5"
    raise UnsupportedModel(last.squashed, "place", "end of the model", hint)


def check_state(where: str, first: Signal, extra: Value) -> None:
    """Refuse a further output unless it is the last h or c of the LSTM that is the network."""
    hint = "one output, or the LSTM's with its last h and c, is"
    if not isinstance(extra, Signal):
        raise UnsupportedModel(where, "source", "a constant", hint)
    if first.source != "h" or extra.network is not first.network or extra.squashed:
        raise UnsupportedModel(where, "source", extra.name, hint)
    if extra.reads(where) == "all" and extra.steps != 1:
        raise UnsupportedModel(where, "steps", "all", hint)


def check_kept(trace: Trace, first: Signal, further: list[tuple[str, Value]]) -> None:
    """Refuse states that come in unless those of the last step leave."""
    hint = f"the output of the last layer, with states as inputs {NEXT}, is"
    left = ["h", "c"]
    for place, extra in further:
        if not isinstance(extra, Signal) or extra.source not in left or extra.squashed:
            value = extra.name if isinstance(extra, Signal) else "a constant"
            raise UnsupportedModel(place, "source", value, hint)
        if extra.reads(place) == "all" and extra.steps != 1:
            raise UnsupportedModel(place, "steps", "all", hint)
        left.remove(extra.source)
    if left:
        inputs = [state.name for state in trace.kept.values()]
        raise UnsupportedModel(trace.file, "states", inputs, f"a constant is; or both, with {NEXT}")
