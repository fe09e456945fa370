"""What quantisation cost: range, saturation and noise of every signal, error at every step."""

from dataclasses import dataclass

import numpy as np

from ..cells.graph import leaf_format
from ..fixed import Format, quantise, real, saturated
from ..fixed_network import FixedLayer, FixedNetwork, matrix_name
from ..golden import run_float, run_integer
from ..golden.network import raw_time, sequences
from ..network import Layer, Network
from .confusion import checked_labels, confusion, right

__all__ = ["Quantisation", "SignalReport", "measure"]

EXACT = 53
"""Fraction bits that no format has: floats scaled so are rounded by `saturated` alone."""

QUANTILES = (0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0)


@dataclass(frozen=True)
class SignalReport:
    """One signal, measured.

    Attributes
    ----------
    signal : str
        "layer.signal".
    quantiles : tuple of float
        Of the float reference, at QUANTILES; the first and the last are its range.
    saturated, values : int
        How many values were clipped, of how many.
    sqnr_db : float
        Signal-to-quantisation-noise ratio against the float reference, in dB; infinite if equal.
    """

    signal: str
    fmt: Format
    quantiles: tuple[float, ...]
    saturated: int
    values: int
    sqnr_db: float


@dataclass(frozen=True)
class Quantisation:
    """The golden model beside the float reference, on the same data.

    Attributes
    ----------
    sequences, steps : int
        Size of the data.
    signals : list of SignalReport
    error : dict
        "layer.state" to the error at each step: (root mean square, largest).
    accuracy : (float, float) or None
        Share of sequences classified as labelled, by the float reference and by the golden model.
    confusion : (matrix, matrix) or None
        Of the same two: how often each label, a row, got each class, a column.
    """

    sequences: int
    steps: int
    signals: list[SignalReport]
    error: dict[str, list[tuple[float, float]]]
    accuracy: tuple[float, float] | None
    confusion: tuple[list[list[int]], list[list[int]]] | None


def measure(network: Network, fixed: FixedNetwork, data, labels=None, *, time=None) -> Quantisation:
    """Compare every signal of the golden model with the float reference.

    Parameters
    ----------
    data : array (sequences, steps, inputs)
    time : array (sequences, steps)
        Of every step, if the first layer reads time stamps.
    labels : array (sequences,)
        Classes, for the accuracy of a network that classifies; its last result counts.

    Raises
    ------
    ValueError
        Data or labels of another shape; labels for a network that does not classify.
    """
    x = sequences(data, network.inputs)
    raw = quantise(x, fixed.x)
    stamps = None if time is None else raw_time(time, *x.shape[:2], fixed.stamp)
    floats, integers = run_float(network, x, time), run_integer(fixed, raw, stamps, count=True)
    clipped = saturated(np.ldexp(x, EXACT), EXACT, fixed.x)
    signals = [report(f"{fixed.layers[0].name}.x", fixed.x, x, raw, clipped)]
    error = {}
    for layer, fixed_layer in zip(network.layers, fixed.layers, strict=True):
        signals += parameter_reports(layer, fixed_layer)
        for signal, values in integers.layers[layer.name].items():
            own = leaf_format(signal) if signal == "time.phi" else signal
            name, fmt = f"{layer.name}.{own}", fixed_layer.formats[own]
            reference = floats.layers[layer.name][signal]
            clipped = integers.saturation.get(name, 0)
            signals.append(report(name, fmt, reference, values, clipped))
            if signal in layer.cell.states:
                difference = np.abs(real(values, fmt) - reference)
                rms = np.sqrt(np.square(difference).mean(axis=(0, 2)))
                worst = difference.max(axis=(0, 2))
                error[name] = list(zip(rms.tolist(), worst.tolist(), strict=True))
    confused = None
    if labels is not None:
        wanted, classes = checked_labels(network, labels, len(x)), network.layers[-1].units
        confused = tuple(confusion(wanted, run.output, classes) for run in (floats, integers))
    accuracy = confused and tuple(map(right, confused))
    return Quantisation(len(x), x.shape[1], signals, error, accuracy, confused)


def parameter_reports(layer: Layer, fixed: FixedLayer) -> list[SignalReport]:
    groups = {
        matrix_name(source): [
            (m[source], fixed.weights[gate][source])
            for gate, m in layer.weights.items()
            if source in m
        ]
        for source in layer.cell.source_names
    }
    groups["b"] = [(layer.bias[gate], fixed.bias[gate]) for gate in layer.bias]
    for leaf, values in layer.vectors.items():
        groups.setdefault(leaf_format(leaf), []).append((values, fixed.vectors[leaf]))
    found = []
    for name, pairs in groups.items():
        values, raw = (np.concatenate([np.ravel(pair[k]) for pair in pairs]) for k in (0, 1))
        fmt = fixed.formats[name]
        clipped = saturated(np.ldexp(values, EXACT), EXACT, fmt)
        found.append(report(f"{layer.name}.{name}", fmt, values, raw, clipped))
    return found


def report(signal: str, fmt: Format, values, raw, clipped: int) -> SignalReport:
    noise = float(np.square(real(raw, fmt) - values).mean())
    power = float(np.square(values).mean())
    sqnr = np.inf if noise == 0 else 10 * np.log10(power / noise) if power else -np.inf
    quantiles = tuple(np.quantile(values, QUANTILES).tolist())
    return SignalReport(signal, fmt, quantiles, clipped, int(values.size), float(sqnr))
