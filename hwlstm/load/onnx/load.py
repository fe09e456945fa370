"""ONNX to Network."""

from itertools import count
from pathlib import Path

import numpy as np

from ...errors import UnsupportedModel
from ...network import Network
from ..arrays import from_arrays, identifier
from .file import BadFile, import_onnx, opset_version, read_model
from .operators import OPERATORS
from .signal import Signal
from .trace import Trace, Value

__all__ = ["load_onnx"]


def load_onnx(path: str | Path, *, name: str | None = None) -> Network:
    """Read one forward LSTM, optionally a linear layer, optionally ArgMax, from a file.

    The graph's input may be time-major or batch-major, the Network is always
    (sequences, steps, inputs). A graph that leaves sizes open is walked twice, with different
    sizes: what depends on them is refused.

    Parameters
    ----------
    name : str, optional
        Name of the network; made from the file's if None.

    Raises
    ------
    HwlstmError
        The file is damaged.
    UnsupportedModel
        The model holds something else; names node, attribute and value.
    """
    path = Path(path)
    onnx = import_onnx()
    model = read_model(path)
    opset = opset_version(onnx, model, path.name)
    walks = []
    for start in (2, 5):
        sizes = count(start)
        trace = Trace(model, opset=opset, file=path.name, sizes=sizes, operators=OPERATORS)
        try:
            results = trace.run()
        except UnicodeDecodeError:
            raise BadFile(path, "is not a valid ONNX model: a name is not text") from None
        walks.append(arguments(trace, results))
        if next(sizes) == start:
            break
    for key, value in walks[0].items():
        if not same(value, walks[-1][key]):
            hint = "the same for any number of sequences and steps is"
            raise UnsupportedModel(path.name, key, "depends on the size of the input", hint)
    try:
        return from_arrays(**walks[0], name=name or identifier(path.stem))
    except ValueError as error:
        raise BadFile(path, error) from None


def arguments(trace: Trace, results: list[Value]) -> dict:
    """What `from_arrays` needs, from the outputs of a graph."""
    names = [entry.name for entry in trace.graph.output]
    places = [f"{trace.file}: output {name!r}" for name in names]
    first, where = results[0], places[0]
    if not isinstance(first, Signal) or first.source in ("input", "c"):
        value = first.name if isinstance(first, Signal) else "a constant"
        raise UnsupportedModel(where, "source", value, "an LSTM, then at most a linear layer, is")
    if first.squashed:
        hint = "export the outputs before it, or an ArgMax behind it"
        raise UnsupportedModel(first.squashed, "place", "end of the model", hint)
    steps = first.reads(where)
    for place, extra in zip(places[1:], results[1:], strict=True):
        check_state(place, first, extra)
    return {**first.network, "steps": steps}


def check_state(where: str, first: Signal, extra: Value) -> None:
    """Refuse a further output unless it is the last h or c of the LSTM that is the network."""
    hint = "one output, or the LSTM's with its last h and c, is"
    if not isinstance(extra, Signal):
        raise UnsupportedModel(where, "source", "a constant", hint)
    if first.source != "h" or extra.network is not first.network or extra.squashed:
        raise UnsupportedModel(where, "source", extra.name, hint)
    if extra.reads(where) == "all" and extra.steps > 1:
        raise UnsupportedModel(where, "steps", "all", hint)


def same(a, b) -> bool:
    """Equality of arguments, arrays and containers of arrays included."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else a == b
