"""Inputs of different scale in one x: a power of two for each column, where it pays."""

import json
from dataclasses import replace

import numpy as np
import pytest

import hwlstm
from hwlstm.cells import GRU, Traditional
from hwlstm.network import Network, scaled
from hwlstm.simulate.simulate import verify
from hwlstm.train import SGD, train
from tests.designs import data, layer

UNLIKE = np.array([1.0, 1e-3, 300.0])


def unlike(cell, *, units=5):
    """A network whose columns of x, and its calibration data, are as far apart as UNLIKE."""
    network = Network((layer(cell, 3, units, scale=1.0),), "net")
    exponents = np.log2(UNLIKE).round().astype(int)
    return scaled(network, -exponents), np.ldexp(data(3), exponents)


def error(network, fixed, x) -> float:
    difference = hwlstm.evaluate(fixed, x) - hwlstm.evaluate(network, x)
    return float(np.sqrt(np.square(difference).mean()))


@pytest.mark.parametrize("cell", [Traditional(), GRU()])
@pytest.mark.parametrize(("weights", "bits"), [(8, 16), (16, 16), (8, 8)])
def test_columns_of_unlike_scale_cost_no_accuracy(cell, weights, bits):
    network, x = unlike(cell)
    fixed = hwlstm.quantize(network, x, weights=weights, bits=bits)
    like = scaled(network, fixed.scale)
    best = hwlstm.quantize(like, fixed.normalised(x), weights=weights, bits=bits)
    assert fixed.scale != ()
    assert error(network, fixed, x) == error(like, best, fixed.normalised(x))
    plain = hwlstm.quantize(network, x, weights=weights, bits=bits, formats={"lstm.x": fixed.x})
    assert plain.scale == ()
    assert error(network, fixed, x) < 0.1 * error(network, plain, x)


def test_columns_of_one_scale_have_one_format():
    network = Network((layer(Traditional(), 3, 5),), "net")
    fixed = hwlstm.quantize(network, data(3))
    assert fixed.scale == ()
    assert set(fixed.columns) == {fixed.x}


@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_column_that_is_0_throughout_does_not_spoil_the_others(column):
    network, x = unlike(Traditional())
    x[..., column] = 0
    assert error(network, hwlstm.quantize(network, x), x) < 5e-3


def test_a_column_without_weights_does_not_spoil_the_others():
    network, x = unlike(Traditional())
    first = network.layers[0]
    weights = {
        q: {"x": parts["x"] * [0, 1, 1], "h": parts["h"]} for q, parts in first.weights.items()
    }
    network = replace(network, layers=(replace(first, weights=weights),))
    assert error(network, hwlstm.quantize(network, x), x) < 5e-3


def test_a_scaled_network_gives_the_same_for_the_scaled_input():
    network, x = unlike(Traditional())
    exponents = (3, -40, 17)
    other = hwlstm.evaluate(scaled(network, exponents), np.ldexp(x, np.negative(exponents)))
    assert np.array_equal(hwlstm.evaluate(network, x), other)


def test_raw_numbers_are_those_of_the_columns_formats():
    network, x = unlike(Traditional())
    fixed = hwlstm.quantize(network, x)
    by_column = [fmt.step for fmt in fixed.columns]
    assert np.array_equal(fixed.raw(x), np.rint(x / by_column))
    assert np.array_equal(fixed.real(fixed.raw(x)), fixed.raw(x) * by_column)
    assert np.abs(fixed.real(fixed.raw(x)) - x).max(axis=(0, 1)) == pytest.approx(
        np.array(by_column) / 2, rel=0.2
    )


def test_what_is_measured_is_the_scaled_network():
    network, x = unlike(Traditional())
    measured = hwlstm.measure(network, hwlstm.quantize(network, x), x)
    ratios = {signal.signal: signal.sqnr_db for signal in measured.signals}
    assert ratios["lstm.x"] > 75
    assert ratios["lstm.W"] > 35
    assert ratios["lstm.h"] > 38


def test_straight_through_training_moves_the_weights_of_the_scaled_columns():
    network, x = unlike(Traditional())
    fixed = hwlstm.quantize(network, x, weights=16)
    target = np.zeros((len(x), x.shape[1], 5))
    options = {"epochs": 1, "batch": len(x), "clip": None, "loss": "squared_error"}
    rate = 1e-3
    integers = train(network, x, target, fixed=fixed, optimiser=SGD(rate), **options)
    floats = train(network, x, target, optimiser=SGD(rate), **options)
    assert integers.fixed.scale == fixed.scale
    before = network.layers[0].weights["g"]["x"]
    moved, wanted = (t.network.layers[0].weights["g"]["x"] - before for t in (integers, floats))
    assert moved == pytest.approx(wanted, rel=1e-2)


def test_the_emitted_design_takes_the_integers_of_the_columns(tmp_path):
    network, x = unlike(Traditional())
    fixed = hwlstm.quantize(network, x)
    raw = list(fixed.raw(x[:4]))
    build = hwlstm.write(hwlstm.plan(fixed, parallel=2), tmp_path / "net", sequences=raw, taps=True)
    told = json.loads((build / "manifest.json").read_text())["input"]
    assert told["columns"] == [str(fmt) for fmt in fixed.columns]
    assert verify(build, idle=0.3, backpressure=0.3).outputs == 4 * x.shape[1] * 5
