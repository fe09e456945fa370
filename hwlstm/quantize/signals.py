"""What quantisation cost, signal by signal: range, saturation, signal-to-noise ratio."""

from dataclasses import dataclass

import numpy as np

from ..fixed import Format, quantise, real, saturated
from ..fixed_network import FixedLayer, FixedNetwork, matrix_name
from ..golden import run_float, run_integer
from ..golden.network import sequences
from ..network import Layer, Network

__all__ = ["SignalReport", "measure"]


@dataclass(frozen=True)
class SignalReport:
    """One signal, measured.

    Attributes
    ----------
    signal : str
        "layer.signal".
    lo, hi : float
        Range of the float reference.
    saturated, values : int
        How many values were clipped, of how many.
    sqnr_db : float
        Signal-to-quantisation-noise ratio against the float reference, in dB; infinite if equal.
    """

    signal: str
    fmt: Format
    lo: float
    hi: float
    saturated: int
    values: int
    sqnr_db: float


def measure(network: Network, fixed: FixedNetwork, data) -> list[SignalReport]:
    """Compare every signal of the golden model with the float reference on the same data."""
    x = sequences(data, network.inputs)
    raw = quantise(x, fixed.x)
    floats, integers = run_float(network, x), run_integer(fixed, raw, count=True)
    first = fixed.layers[0]
    reports = [report(f"{first.name}.x", fixed.x, x, raw, saturated(np.ldexp(x, 53), 53, fixed.x))]
    for layer, fixed_layer in zip(network.layers, fixed.layers, strict=True):
        reports += parameter_reports(layer, fixed_layer)
        for signal, values in integers.layers[layer.name].items():
            name = f"{layer.name}.{signal}"
            fmt = fixed_layer.formats[signal]
            clipped = integers.saturation.get(name, 0)
            reports.append(report(name, fmt, floats.layers[layer.name][signal], values, clipped))
    return reports


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
    if layer.peepholes:
        groups["p"] = [(layer.peepholes[q], fixed.peepholes[q]) for q in layer.peepholes]
    found = []
    for name, pairs in groups.items():
        values, raw = (np.concatenate([np.ravel(pair[k]) for pair in pairs]) for k in (0, 1))
        fmt = fixed.formats[name]
        clipped = saturated(np.ldexp(values, 53), 53, fmt)
        found.append(report(f"{layer.name}.{name}", fmt, values, raw, clipped))
    return found


def report(signal: str, fmt: Format, values, raw, clipped: int) -> SignalReport:
    noise = float(np.square(real(raw, fmt) - values).mean())
    power = float(np.square(values).mean())
    sqnr = np.inf if noise == 0 else 10 * np.log10(power / noise) if power else -np.inf
    return SignalReport(
        signal, fmt, float(values.min()), float(values.max()), clipped, int(values.size), float(sqnr)
    )
