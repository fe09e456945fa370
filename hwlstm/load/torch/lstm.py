"""The recurrent layer of the graph: an nn.LSTM of one layer, on the forward's input."""

import numpy as np

from ...errors import UnsupportedModel
from ..walk.part import ONE
from ..walk.polynomial import Polynomial
from ..walk.signal import Signal
from ..walk.tensor import Tensor
from .operation import Operation
from .trace import Trace

__all__ = ["recurrent"]


def recurrent(
    trace: Trace,
    operation: Operation,
    kind: str,
    x: Signal,
    states: list,
    weights: list,
    layers: int,
    bidirectional: bool,
    batch_first: bool,
) -> list[Signal]:
    """All h, the last h and the last c.

    Raises
    ------
    UnsupportedModel
        Names what would change the result.
    """
    where = operation.module or kind.upper()
    forms = (("kind", kind, "lstm"), ("num_layers", layers, 1))
    for attribute, value, wanted in (*forms, ("bidirectional", bidirectional, False)):
        if value != wanted:
            raise UnsupportedModel(where, attribute, value, f"{wanted} is")
    W, U, *biases = trace.weights(operation, 3, weights)
    units = len(W) // 4
    if U.shape[1] != units:
        raise UnsupportedModel(where, "proj_size", U.shape[1], "0 is")
    steps, batch = sizes_of_x(operation, x, batch_first=batch_first)
    trace.batch_first = is_whole(x) == batch_first
    if x.conversion is None:
        hint = "one finite scale and offset for all steps and sequences are"
        raise operation.refuse("scale of its input", "different in each row", hint)
    network = {
        "W": W,
        "U": U,
        "b": sum(biases) if biases else None,
        "conversion": x.conversion,
        "order": "ifgo",
        "initial": initial(operation, states, streams=trace.streams),
    }
    return outputs(where, network, steps, batch, batch_first=batch_first)


def sizes_of_x(operation: Operation, x, *, batch_first: bool) -> tuple[Polynomial, Polynomial]:
    """Steps and sequences of x, which must be the forward's input, transposed or not."""
    if not isinstance(x, Signal) or x.source != "input":
        name = x.name if isinstance(x, Signal) else "a constant"
        raise operation.refuse("input", name, "one LSTM, on the forward's input, is")
    if not (is_whole(x) or is_whole(x.moved(lambda labels: labels.transposed([1, 0, 2])))):
        raise operation.refuse("input", x.name, "all steps of all sequences, in order, are")
    first, second = x.labels.shape[:2]
    steps, batch = (second, first) if batch_first else (first, second)
    if steps.number is not None:
        raise operation.refuse("steps", f"fixed to {steps}", "any number is")
    return steps, batch


def is_whole(x: Signal) -> bool:
    """True if it is an input of the forward as it came."""
    return x.labels.shape == x.shape and x.labels.entries == x.labels.place


def initial(operation: Operation, states: list, *, streams: list) -> dict[str, np.ndarray]:
    """Initial states (units,), the same for every sequence; those that the forward is given, none.

    `streams` then gets their names.
    """
    found = {}
    for name, state in zip("hc", states, strict=True):
        if not isinstance(state, Signal):
            rows = state.reshape(-1, state.shape[-1]).numpy()
            if not np.isfinite(rows).all() or (rows != rows[0]).any():
                raise operation.refuse(f"initial {name}", "different for each sequence", "one is")
            found[name] = rows[0]
        elif state.source == name and is_whole(state) and state.scale is None:
            streams.append(name)
        else:
            raise operation.refuse(f"initial {name}", state.name, f"{name}, or a constant, is")
    return found


def outputs(where: str, network: dict, steps, batch, *, batch_first: bool) -> list[Signal]:
    """y, h_n, c_n."""
    units = network["U"].shape[1]
    every = Tensor.numbered((steps, batch, ONE * units))
    last = every.taken(0, (steps - 1).apply(np.atleast_1d))
    if batch_first:
        every = every.transposed([1, 0, 2])
    seen = {"width": units, "steps": steps, "batch": batch, "network": network}
    return Signal.of_lstm(every, last, where, **seen)
