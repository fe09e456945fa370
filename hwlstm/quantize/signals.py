"""What quantisation cost: range, saturation and noise of every signal, error at every step."""

from dataclasses import dataclass, replace

import numpy as np

from ..activation import flat_beyond
from ..cells.graph import leaf_format
from ..fixed import Format, quantise, real, rounded, saturated
from ..fixed_network import FixedLayer, FixedNetwork, matrix_key
from ..golden import Trace, run_float, run_integer
from ..golden.network import raw_time, sequences
from ..network import Layer, Network, rebased
from .confusion import checked_labels, confusion, right
from .widths import squashings

__all__ = ["Quantisation", "SignalReport", "measure", "output_error"]

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
        How many values were clipped, of how many; an initial state is one of each sequence.
    harmless : int
        How many of the clipped ones are meant: a weight, where a format that held it would leave
        more error over all weights; an operand beyond the flat part of its activations; a value
        that cannot pass the last number of its format by more than one.
    operand : bool
        Nothing but activations reads the signal.
    sqnr_db : float
        Signal-to-quantisation-noise ratio against the float reference, in dB; infinite if equal.
    """

    signal: str
    fmt: Format
    quantiles: tuple[float, ...]
    saturated: int
    values: int
    sqnr_db: float
    harmless: int = 0
    operand: bool = False


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
    outputs : list
        Of each output of the last layer, over all sequences and steps that leave it: (root mean
        square of the error, standard deviation of the float reference).
    accuracy : (float, float) or None
        Share of sequences classified as labelled, by the float reference and by the golden model.
    confusion : (matrix, matrix) or None
        Of the same two: how often each label, a row, got each class, a column.
    rounding : dict
        Layer to how its weights became integers: see `FixedLayer.rounding`.
    """

    sequences: int
    steps: int
    signals: list[SignalReport]
    error: dict[str, list[tuple[float, float]]]
    outputs: list[tuple[float, float]]
    accuracy: tuple[float, float] | None
    confusion: tuple[list[list[int]], list[list[int]]] | None
    rounding: dict[str, str]


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
    network, x = rebased(network, fixed.conversion), fixed.conversion(x)
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
            found = report(name, fmt, reference, values, clipped)
            signals.append(started(explained(found, layer, fixed_layer), layer, len(x)))
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
    outputs = output_errors(fixed, floats, integers)
    rounding = {layer.name: layer.rounding for layer in fixed.layers}
    about = len(x), x.shape[1], signals, error, outputs, accuracy, confused, rounding
    return Quantisation(*about)


def started(found: SignalReport, layer: Layer, sequences: int) -> SignalReport:
    """With the initial states among the values of a state, if it has any."""
    initial = layer.initial.get(found.signal.partition(".")[2], np.zeros(0))
    if not initial.any():
        return found
    clipped = sequences * saturated(np.ldexp(initial, EXACT), EXACT, found.fmt)
    return replace(
        found,
        saturated=found.saturated + clipped,
        values=found.values + sequences * len(initial),
    )


def explained(found: SignalReport, layer: Layer, fixed: FixedLayer) -> SignalReport:
    """With what is harmless in the clipping of a signal of the cell."""
    graph, name = layer.cell.graph, found.signal.partition(".")[2]
    if within_one(fixed, name):
        return replace(found, harmless=found.saturated)
    reading = squashings(graph, name)
    if not reading:
        return found
    flat = max(flat_beyond(f, fixed.formats[gate]) for gate, f in reading.items())
    flat -= found.fmt.step
    harmless = found.saturated if found.fmt.holds(-flat, flat) else 0
    return replace(found, operand=True, harmless=harmless)


def within_one(fixed: FixedLayer, name: str) -> bool:
    """True if no result of the equations passes its format by more than one."""
    node = next((node for node, own in fixed.cell.graph.names.items() if own == name), None)
    if node is None:
        return False
    exact, to = fixed.ranges[node], fixed.formats[name]
    lo, hi = (rounded(end, exact.frac - to.frac) for end in (exact.lo, exact.hi))
    return to.lo - 1 <= lo and hi <= to.hi + 1


def output_error(fixed: FixedNetwork, floats: Trace, integers: Trace) -> np.ndarray:
    """What the outputs are off (sequences, steps that leave, units), before an argmax."""
    fmt = fixed.layers[-1].formats[fixed.layers[-1].output]
    return real(leaving(fixed, integers), fmt) - leaving(fixed, floats)


def leaving(fixed: FixedNetwork, trace: Trace) -> np.ndarray:
    """The last layer's output at the steps that leave."""
    values = trace.layers[fixed.layers[-1].name][fixed.layers[-1].output]
    return values[:, -1:] if fixed.many_to_one else values


def output_errors(fixed: FixedNetwork, floats: Trace, integers: Trace) -> list:
    """Error and spread of each output, over the steps that leave: see Quantisation."""
    error = output_error(fixed, floats, integers)
    rms, spread = np.sqrt(np.square(error).mean(axis=(0, 1))), leaving(fixed, floats).std((0, 1))
    return list(zip(rms.tolist(), spread.tolist(), strict=True))


def parameter_reports(layer: Layer, fixed: FixedLayer) -> list[SignalReport]:
    groups: dict[str, list] = {}
    for source in layer.cell.source_names:
        for gate in (gate for gate, parts in layer.weights.items() if source in parts):
            pair = layer.weights[gate][source], fixed.weights[gate][source]
            groups.setdefault(matrix_key(fixed.formats, gate, source), []).append(pair)
    groups["b"] = [(layer.bias[gate], fixed.bias[gate]) for gate in layer.bias]
    for leaf, values in layer.vectors.items():
        groups.setdefault(leaf_format(leaf), []).append((values, fixed.vectors[leaf]))
    found = []
    for name, pairs in groups.items():
        values, raw = (np.concatenate([np.ravel(pair[k]) for pair in pairs]) for k in (0, 1))
        fmt = fixed.formats[name]
        clipped = saturated(np.ldexp(values, EXACT), EXACT, fmt)
        harmless = clipped if meant(values, fmt) else 0
        one = report(f"{layer.name}.{name}", fmt, values, raw, clipped)
        found.append(replace(one, harmless=harmless))
    return found


def meant(values: np.ndarray, fmt: Format) -> bool:
    """True if the format clips for the better: one as wide that held all would be further off."""
    holding = Format.holding(fmt.width, float(np.abs(values).max()))
    own, other = (np.square(real(quantise(values, f), f) - values).sum() for f in (fmt, holding))
    return bool(own <= other)


def report(signal: str, fmt: Format, values, raw, clipped: int) -> SignalReport:
    noise = float(np.square(real(raw, fmt) - values).mean())
    power = float(np.square(values).mean())
    sqnr = np.inf if noise == 0 else 10 * np.log10(power / noise) if power else -np.inf
    quantiles = tuple(np.quantile(values, QUANTILES).tolist())
    return SignalReport(signal, fmt, quantiles, clipped, int(values.size), float(sqnr))
