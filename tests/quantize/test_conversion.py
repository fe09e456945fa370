"""Inputs of different scale in one x, and normalisation in front: conversions, where they pay."""

import json
from dataclasses import replace

import numpy as np
import pytest

import hwlstm
from hwlstm.cells import GRU, Traditional
from hwlstm.conversion import Conversion
from hwlstm.network import Network, rebased
from hwlstm.simulate.simulate import verify
from hwlstm.train import SGD, train
from tests.designs import data, layer

UNLIKE = np.array([1.0, 1e-3, 300.0])


def unlike(cell, *, units=5):
    """A network whose columns of x, and its calibration data, are as far apart as UNLIKE."""
    network = Network((layer(cell, 3, units, scale=1.0),), "net")
    scale = 2.0 ** np.log2(UNLIKE).round()
    return rebased(network, Conversion(0.0, 1 / scale)), data(3) * scale


def error(network, fixed, x) -> float:
    difference = hwlstm.evaluate(fixed, x) - hwlstm.evaluate(network, x)
    return float(np.sqrt(np.square(difference).mean()))


@pytest.mark.parametrize("cell", [Traditional(), GRU()])
@pytest.mark.parametrize(("weights", "bits"), [(8, 16), (16, 16), (8, 8)])
def test_columns_of_unlike_scale_cost_no_accuracy(cell, weights, bits):
    network, x = unlike(cell)
    fixed = hwlstm.quantize(network, x, weights=weights, bits=bits)
    like, seen = rebased(network, fixed.conversion), fixed.conversion(x)
    best = hwlstm.quantize(like, seen, weights=weights, bits=bits)
    assert not fixed.conversion.is_identity
    assert error(network, fixed, x) == error(like, best, seen)
    plain = hwlstm.quantize(network, x, weights=weights, bits=bits, formats={"lstm.x": fixed.x})
    assert plain.conversion.is_identity
    assert error(network, fixed, x) < 0.1 * error(network, plain, x)


def test_columns_of_one_scale_have_one_format():
    network = Network((layer(Traditional(), 3, 5),), "net")
    fixed = hwlstm.quantize(network, data(3))
    assert fixed.conversion.is_identity


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


def test_a_rebased_network_gives_the_same_for_the_converted_input():
    network, x = unlike(Traditional())
    exact = Conversion(0.0, 2.0 ** np.array([3, -40, 17]))
    other = hwlstm.evaluate(rebased(network, exact), exact(x))
    assert np.array_equal(hwlstm.evaluate(network, x), other)
    line = Conversion([1.0, -0.2, 5.0], [0.3, 2.0, -7.0])
    other = hwlstm.evaluate(rebased(network, line), line(x))
    assert other == pytest.approx(hwlstm.evaluate(network, x), abs=1e-12)
    back = replace(rebased(network, line), conversion=line)
    assert hwlstm.evaluate(back, x) == pytest.approx(hwlstm.evaluate(network, x), abs=1e-12)


def test_raw_numbers_are_the_converted_input_rounded():
    network, x = unlike(Traditional())
    fixed = hwlstm.quantize(network, x)
    steps = fixed.conversion.scale * fixed.x.step
    assert np.array_equal(fixed.raw(x), np.rint(x / steps))
    assert np.array_equal(fixed.real(fixed.raw(x)), fixed.raw(x) * steps)


def normalised(mean, deviation):
    """A network that was trained behind (x - mean) / deviation, and its raw calibration data."""
    network = Network((layer(Traditional(), 3, 5, scale=1.0),), "net")
    conversion = Conversion(mean, deviation)
    return replace(network, conversion=conversion), conversion.inverse(data(3))


def test_normalisation_goes_into_the_weights_where_x_fits_its_bits():
    network, x = normalised([0.3, -0.2, 0.1], [0.5, 0.7, 1.3])
    fixed = hwlstm.quantize(network, x, weights=16)
    assert fixed.conversion.is_identity
    assert error(network, fixed, x) < 1e-4


def test_normalisation_of_a_small_spread_around_a_large_mean_stays_in_front():
    network, x = normalised([3000.0, -0.2, 0.1], [0.5, 0.7, 1.3])
    fixed = hwlstm.quantize(network, x)
    assert fixed.conversion.offset == pytest.approx(network.conversion.offset)
    assert error(network, fixed, x) < 5e-3


def test_gradients_pass_through_the_normalisation():
    network, x = normalised([0.3, -0.2, 0.1], [0.5, 0.7, 1.3])
    folded = rebased(network, Conversion())
    d = np.ones((*x.shape[:2], 5))
    one, other = (
        hwlstm.gradients(each, x, hwlstm.run_float(each, x), d) for each in (network, folded)
    )
    assert one["x"] == pytest.approx(other["x"])
    assert one["lstm.bias.i"] == pytest.approx(other["lstm.bias.i"])
    assert one["lstm.weights.i.h"] == pytest.approx(other["lstm.weights.i.h"])


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
    assert np.array_equal(integers.fixed.conversion.scale, fixed.conversion.scale)
    before = network.layers[0].weights["g"]["x"]
    moved, wanted = (t.network.layers[0].weights["g"]["x"] - before for t in (integers, floats))
    assert moved == pytest.approx(wanted, rel=1e-2)


def test_the_emitted_design_takes_the_integers_of_the_columns(tmp_path):
    network, x = unlike(Traditional())
    fixed = hwlstm.quantize(network, x)
    raw = list(fixed.raw(x[:4]))
    build = hwlstm.write(hwlstm.plan(fixed, parallel=2), tmp_path / "net", sequences=raw, taps=True)
    told = json.loads((build / "manifest.json").read_text())["input"]
    assert told["offset"] == [0, 0, 0]
    assert told["scale"] == fixed.conversion.scale.tolist()
    assert verify(build, idle=0.3, backpressure=0.3).outputs == 4 * x.shape[1] * 5
