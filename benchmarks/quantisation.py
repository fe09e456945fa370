"""What few bits cost: random nets and trained ones, beside the 8-bit integers of others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch

import hwlstm
from hwlstm.digits import MODEL, load_data
from hwlstm.fixed import real
from hwlstm.golden import run_float, run_integer
from hwlstm.train import cross_entropy

from .models.data import characters, sine, sunspots
from .models.train import CHARACTERS, SINE, SUNSPOTS
from .peers import onnxruntime_int8, torch_int8

__all__ = [
    "RANDOM_COLUMNS",
    "ROUNDING_COLUMNS",
    "TRAINED_COLUMNS",
    "random_rows",
    "rounding_rows",
    "trained_rows",
]

WIDTHS = [(16, 16), (8, 16), (8, 12), (8, 8), (4, 8)]
"""Bits of (weights, x and h)."""

RANDOM_COLUMNS = ["inputs, units", "weights / bits", "to nearest", "against the data"]
TRAINED_COLUMNS = ["net", "measured", "float", *(f"{w}/{b}" for w, b in WIDTHS)]
TRAINED_COLUMNS += ["onnxruntime int8", "torch int8"]
ROUNDING_COLUMNS = ["net", "bits a weight", "to nearest", "against the data", "formats by gate"]
SEEDS, SCALE, STEPS, CALIBRATION = 5, 3, 32, 200
MOST = 32_000
"""Steps of training data that numbers are chosen by, over all sequences."""


def random_rows() -> Iterator[tuple]:
    """Root mean square error of h on other data, the median over the seeds."""
    for inputs, units, others in ((6, 20, 1000), (16, 64, 200)):
        nets = [random_net(inputs, units, others, seed) for seed in range(SEEDS)]
        for weights, bits in WIDTHS:
            errors = [
                median(
                    error(outputs(quantised(net, x, weights, bits, rounding), other), reference)
                    for net, x, other, reference in nets
                )
                for rounding in ("nearest", "feedback")
            ]
            yield (f"{inputs}, {units}", f"{weights} / {bits}", *(f"{e:.2e}" for e in errors))
        for name, peer in (("onnxruntime int8", onnxruntime_int8), ("torch int8", torch_int8)):
            found = median(error(peer(net, other), reference) for net, _, other, reference in nets)
            yield f"{inputs}, {units}", name, f"{found:.2e}", ""


def random_net(inputs: int, units: int, others: int, seed: int):
    """(network, calibration data, other data, its h in float64)."""
    torch.manual_seed(seed)
    module = torch.nn.LSTM(inputs, units, batch_first=True)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter *= SCALE
    x = np.random.default_rng(seed).uniform(-1, 1, (CALIBRATION + others, STEPS, inputs))
    network = hwlstm.load(module)
    return network, x[:CALIBRATION], x[CALIBRATION:], run_float(network, x[CALIBRATION:]).output


def quantised(network, x, weights: int, bits: int, rounding: str = "feedback"):
    return hwlstm.quantize(network, x, weights=weights, bits=bits, rounding=rounding)


def outputs(network, x: np.ndarray) -> np.ndarray:
    """Of the last layer, before an argmax, as floats."""
    last = network.layers[-1]
    if isinstance(network, hwlstm.Network):
        return run_float(network, x).layers[last.name][last.cell.states[0]]
    raw = run_integer(network, network.raw(x)).layers[last.name][last.output]
    return real(raw, last.formats[last.output])


def error(y: np.ndarray, reference: np.ndarray) -> float:
    return float(np.sqrt(np.square(y - reference).mean()))


@dataclass(frozen=True)
class Trained:
    """A trained net, its data, and how it is measured: on the outputs, against the targets."""

    network: hwlstm.Network
    data: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    what: str
    measure: Callable[[np.ndarray, np.ndarray], float]


def trained() -> dict[str, Trained]:
    """The nets beside this file, and the digits."""

    def read(path: Path, steps: str) -> hwlstm.Network:
        return hwlstm.load(path, cell="Traditional", steps=steps)

    return {
        "digits": Trained(hwlstm.load(MODEL), load_data(), "accuracy", accuracy),
        "sine": Trained(read(SINE, "last"), sine(), "rms error", last_error),
        "sunspots": Trained(read(SUNSPOTS, "last"), sunspots(), "rms error", last_error),
        "characters": Trained(read(CHARACTERS, "all"), characters(), "bits a character", bits),
    }


def rounding_rows() -> Iterator[tuple]:
    """Root mean square error of h of the trained nets, by what is done to their weights."""
    for name, one in trained().items():
        x, _, test, _ = one.data
        x = x[: MOST // x.shape[1]]
        lstm = replace(one.network, layers=one.network.layers[:1], classify=False)
        reference = outputs(lstm, test)
        for weights in (8, 6, 4, 3):
            plain = quantised(lstm, x, weights, 16, "nearest")
            (layer,) = plain.layers
            formats = {f"{layer.name}.{matrix}": layer.formats[matrix] for matrix in "WU"}
            nets = (
                plain,
                hwlstm.quantize(lstm, x, weights=weights, formats=formats),
                quantised(lstm, x, weights, 16),
            )
            yield name, weights, *(f"{error(outputs(net, test), reference):.1e}" for net in nets)


def accuracy(y: np.ndarray, target: np.ndarray) -> float:
    return float((y[:, -1].argmax(axis=-1) == target).mean())


def last_error(y: np.ndarray, target: np.ndarray) -> float:
    return error(y[:, -1], target)


def bits(y: np.ndarray, target: np.ndarray) -> float:
    return cross_entropy(y, target)[0] / np.log(2)


def trained_rows() -> Iterator[tuple]:
    """Each net on its test data; formats chosen by training data, nothing trained on."""
    for name, one in trained().items():
        x, _, test, target = one.data
        x = x[: MOST // x.shape[1]]
        found = [outputs(one.network, test)]
        for weights, width in WIDTHS:
            found.append(outputs(quantised(one.network, x, weights, width), test))
        found += [peer(one.network, test) for peer in (onnxruntime_int8, torch_int8)]
        yield name, one.what, *(f"{one.measure(y, target):.4f}" for y in found)
