"""The whole network over sequences: floats as the reference, raw integers as the golden model."""

from dataclasses import dataclass, field

import numpy as np

from ..fixed import Format, quantise, real
from ..fixed_network import FixedNetwork
from ..network import Network
from ..time_gate import checked_time
from .engine import IntegerEngine, float_engine

__all__ = ["Trace", "evaluate", "raw_time", "run_float", "run_integer", "run_sequences"]


@dataclass(frozen=True, eq=False)
class Trace:
    """What a network gave.

    Attributes
    ----------
    output : array (sequences, steps, outputs), or (sequences, outputs) when many to one
    layers : dict
        Layer name to {signal: array (sequences, steps, units)}.
    saturation : dict
        "layer.signal" to the count of saturated values (integers only).
    """

    output: np.ndarray
    layers: dict[str, dict[str, np.ndarray]]
    saturation: dict[str, int] = field(default_factory=dict)


def run_float(network: Network, x, time=None) -> Trace:
    """Evaluate a Network in float64 on x (sequences, steps, inputs).

    `time` (sequences, steps) if the first layer reads time stamps.
    """
    x = sequences(x, network.inputs)
    check_time(network.stamped, time)
    x = network.conversion(x)
    layers = {}
    for layer in network.layers:
        x = x[:, -1:] if layer.reads == "last" else x
        stamps = time if layer.time_gate and layer.time_gate.stamped else None
        layers[layer.name] = float_engine(layer, x, stamps)
        x = layers[layer.name][layer.cell.states[0]]
    return Trace(result(network, x), layers)


def run_integer(
    fixed: FixedNetwork, x: np.ndarray, time=None, *, trace: bool = True, count: bool = False
) -> Trace:
    """Evaluate a FixedNetwork on raw x (sequences, steps, inputs).

    Parameters
    ----------
    time : array (sequences, steps)
        Raw time stamps, if the first layer reads them.
    trace : bool
        Keep every named value; else the states only (faster).
    count : bool
        Count saturated values.
    """
    check_time(fixed.stamp is not None, time)
    time = None if time is None else checked_time(time, *x.shape[:2])
    layers, counts = {}, {}
    for layer in fixed.layers:
        x = x[:, -1:] if layer.reads == "last" else x
        here: dict[str, int] | None = {} if count else None
        stamps = time if layer.time_gate and layer.time_gate.stamped else None
        layers[layer.name] = IntegerEngine(layer).run(x, count=stamps, trace=trace, saturation=here)
        counts |= {f"{layer.name}.{name}": n for name, n in (here or {}).items()}
        x = layers[layer.name][layer.output]
    return Trace(result(fixed, x), layers, counts)


def run_sequences(
    fixed: FixedNetwork,
    sequences: list[np.ndarray],
    keep: list[bool] | None = None,
    times: list[np.ndarray] | None = None,
) -> list[Trace]:
    """Evaluate raw sequences (steps, inputs) of any lengths, one after the other.

    Parameters
    ----------
    keep : list of bool
        The sequence continues from the state that the one before left; none does if not given.
    times : list of arrays (steps,)
        Raw time stamps, if the first layer reads them.

    Returns
    -------
    A Trace of one sequence for each.
    """
    check_time(fixed.stamp is not None, times)
    engines = [IntegerEngine(layer) for layer in fixed.layers]
    states: list[dict[str, np.ndarray] | None] = [None] * len(engines)
    traces, begun = [], 0
    keep = keep or [False] * len(sequences)
    for number, (x, held) in enumerate(zip(sequences, keep, strict=True)):
        begun = begun if held else 0
        regular = begun + np.arange(len(x))[None]
        begun += len(x)
        x, layers = x[None], {}
        for k, engine in enumerate(engines):
            layer = engine.layer
            x = x[:, -1:] if layer.reads == "last" else x
            stamped = layer.time_gate and layer.time_gate.stamped
            count = np.asarray(times[number])[None] if times and stamped else regular
            values = engine.run(x, count=count, state=states[k] if held else None)
            states[k] = {name: values[name][:, -1] for name in layer.cell.states}
            layers[layer.name] = values
            x = values[layer.output]
        traces.append(Trace(result(fixed, x), layers))
    return traces


def evaluate(network: Network | FixedNetwork, x, time=None) -> np.ndarray:
    """Outputs for real x (sequences, steps, inputs), as floats (class indices stay integers).

    `time` (sequences, steps) if the first layer reads time stamps.
    """
    if isinstance(network, Network):
        return run_float(network, x, time).output
    x = sequences(x, network.inputs)
    check_time(network.stamp is not None, time)
    raw = network.raw(x)
    stamps = None if time is None else raw_time(time, *x.shape[:2], network.stamp)
    output = run_integer(network, raw, stamps, trace=False).output
    return output if network.classify else real(output, network.y)


def raw_time(time, count: int, steps: int, stamp: Format) -> np.ndarray:
    """Time stamps (sequences, steps) as raw integers; refused beyond their format."""
    time = checked_time(time, count, steps)
    if not stamp.holds(0.0, float(time.max())):
        raise ValueError(f"Time must stay within {stamp}, not reach {time.max():g}")
    return quantise(time, stamp)


def check_time(stamped: bool, time) -> None:
    if stamped and time is None:
        raise ValueError("Time of every step must be given: the first layer reads time stamps")
    if time is not None and not stamped:
        raise ValueError("Time must not be given: no layer reads time stamps")


def result(network: Network | FixedNetwork, y: np.ndarray) -> np.ndarray:
    if network.classify:
        y = y.argmax(axis=-1)[..., None]
    return y[:, -1] if network.many_to_one else y


def sequences(x, inputs: int) -> np.ndarray:
    """Data as float64 (sequences, steps, inputs); refused if shape or values are wrong."""
    try:
        x = np.asarray(x)
    except ValueError:
        raise ValueError("Data must be one array: all sequences of the same length") from None
    if x.dtype.kind not in "biuf":
        raise TypeError(f"Data must be real numbers, not {x.dtype}")
    x = x.astype(np.float64)
    if x.ndim != 3 or x.shape[2] != inputs:
        raise ValueError(f"Data must have shape (sequences, steps, {inputs}), not {x.shape}")
    if 0 in x.shape:
        raise ValueError(f"Data must not be empty; its shape is {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("Data must be finite; it holds NaN or infinity")
    return x
