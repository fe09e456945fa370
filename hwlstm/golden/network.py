"""The whole network over sequences: floats as the reference, raw integers as the golden model."""

from dataclasses import dataclass, field

import numpy as np

from ..fixed import quantise, real
from ..fixed_network import FixedNetwork
from ..network import Network
from .engine import IntegerEngine, float_engine

__all__ = ["Trace", "evaluate", "run_float", "run_integer", "run_sequences"]


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


def run_float(network: Network, x) -> Trace:
    """Evaluate a Network in float64 on x (sequences, steps, inputs)."""
    x = sequences(x, network.inputs)
    layers = {}
    for layer in network.layers:
        x = x[:, -1:] if layer.reads == "last" else x
        layers[layer.name] = float_engine(layer, x)
        x = layers[layer.name][layer.cell.states[0]]
    return Trace(result(network, x), layers)


def run_integer(
    fixed: FixedNetwork, x: np.ndarray, *, trace: bool = True, count: bool = False
) -> Trace:
    """Evaluate a FixedNetwork on raw x (sequences, steps, inputs).

    Parameters
    ----------
    trace : bool
        Keep every named value; else the states only (faster).
    count : bool
        Count saturated values.
    """
    layers, counts = {}, {}
    for layer in fixed.layers:
        x = x[:, -1:] if layer.reads == "last" else x
        here: dict[str, int] | None = {} if count else None
        layers[layer.name] = IntegerEngine(layer).run(x, trace=trace, saturation=here)
        counts |= {f"{layer.name}.{name}": n for name, n in (here or {}).items()}
        x = layers[layer.name][layer.output]
    return Trace(result(fixed, x), layers, counts)


def run_sequences(
    fixed: FixedNetwork, sequences: list[np.ndarray], keep: list[bool] | None = None
) -> list[Trace]:
    """Evaluate raw sequences (steps, inputs) of any lengths, one after the other.

    Parameters
    ----------
    keep : list of bool
        The sequence continues from the state that the one before left; none does if not given.

    Returns
    -------
    A Trace of one sequence for each.
    """
    engines = [IntegerEngine(layer) for layer in fixed.layers]
    states: list[dict[str, np.ndarray] | None] = [None] * len(engines)
    traces = []
    for x, held in zip(sequences, keep or [False] * len(sequences), strict=True):
        x, layers = x[None], {}
        for k, engine in enumerate(engines):
            layer = engine.layer
            x = x[:, -1:] if layer.reads == "last" else x
            values = engine.run(x, state=states[k] if held else None)
            states[k] = {name: values[name][:, -1] for name in layer.cell.states}
            layers[layer.name] = values
            x = values[layer.output]
        traces.append(Trace(result(fixed, x), layers))
    return traces


def evaluate(network: Network | FixedNetwork, x) -> np.ndarray:
    """Outputs for real x (sequences, steps, inputs), as floats (class indices stay integers)."""
    if isinstance(network, Network):
        return run_float(network, x).output
    raw = quantise(sequences(x, network.inputs), network.x)
    output = run_integer(network, raw, trace=False).output
    return output if network.classify else real(output, network.y)


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
