"""What a user is told of a quantisation, and what not."""

import numpy as np
import pytest

from hwlstm.cells import Affine, Traditional
from hwlstm.network import Layer, Network
from hwlstm.quantize import measure, quantize, remarks
from tests.designs import classifier, data, layer


def told(network, x, seen=None, **numbers) -> list[str]:
    return remarks(measure(network, quantize(network, x, **numbers), x if seen is None else seen))


def test_nothing_is_said_where_all_is_well():
    recurrent = layer(Traditional(), 3, 5)
    for bits in (8, 12, 16):
        assert told(Network((recurrent,), "net"), data(3), bits=bits) == []


def test_an_outlier_that_is_clipped_for_the_better_is_harmless():
    rng = np.random.default_rng(0)
    weights = {gate: {"x": rng.normal(size=(40, 30)), "h": np.eye(40)} for gate in "gifo"}
    weights["g"]["x"][0, 0] = 4.1
    bias = {gate: np.zeros(40) for gate in "gifo"}
    network = Network((Layer("lstm", Traditional(), weights, bias),), "net")
    measured = measure(network, quantize(network, data(30), weights=4), data(30))
    (w,) = (s for s in measured.signals if s.signal == "lstm.W")
    assert w.saturated == w.harmless > 0
    assert not any("lstm.W" in line for line in remarks(measured))


def test_data_that_are_not_scaled_are_asked_about():
    recurrent = layer(Traditional(), 3, 5, scale=2)
    lines = told(Network((recurrent,), "net"), data(3), 3 * data(3), bits=8)
    (line,) = (line for line in lines if line.startswith("warning: lstm.x clips "))
    assert line.endswith("is the data scaled as in training?")
    lines = told(Network((recurrent,), "net"), 255 * data(3))
    flat = [line for line in lines if "is beyond the flat part of its activation in" in line]
    assert flat and all(line.endswith("is the data scaled as in training?") for line in flat)


def test_features_of_different_scale_are_told_by_the_outputs_that_they_spoil():
    x = data(3) * [1, 1e-3, 300]
    weights = {"y": {"x": np.array([[1.0, 1000.0, 0.0], [0.0, 1000.0, 1000.0]])}}
    network = Network((Layer("dense", Affine(), weights, {"y": np.zeros(2)}),), "net")
    line = told(network, x)[0]
    assert line.startswith("warning: 1 of 2 outputs are off by more than 25% of their own spread")
    assert "the worst is output 0, by" in line


def test_an_output_that_never_moves_is_not_told():
    weights = {"y": {"x": np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])}}
    network = Network((Layer("dense", Affine(), weights, {"y": np.array([0.0, 0.3])}),), "net")
    assert told(network, data(3)) == []


def test_errors_of_a_classifier_are_those_of_what_it_compares():
    recurrent = layer(Traditional(), 3, 5)
    dense = layer(Affine(), 5, 4, name="dense", reads="last")
    network = Network((recurrent, dense), "net", classify=True)
    measured = measure(network, classifier(), data(3))
    assert len(measured.outputs) == 4
    assert all(0 < error < spread / 4 for error, spread in measured.outputs)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_state_that_reaches_far_loses_nothing(bits):
    """c to 95 with few bits: no saturation, and the error is that of h's own step."""
    weights = {gate: {"x": np.zeros((2, 1)), "h": np.zeros((2, 2))} for gate in "gifo"}
    bias = {gate: np.full(2, 9.0) for gate in "gifo"}
    network = Network((Layer("lstm", Traditional(), weights, bias),), "net")
    x = data(1, steps=100)
    fixed = quantize(network, x, bits=bits)
    measured = measure(network, fixed, x)
    assert sum(s.saturated - s.harmless for s in measured.signals) == 0
    c = next(s for s in measured.signals if s.signal == "lstm.c")
    assert c.quantiles[-1] > 90 and c.fmt.hi * c.fmt.step > 90
    assert max(worst for _, worst in measured.error["lstm.h"]) <= 2 * fixed.y.step
