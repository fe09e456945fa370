"""Matrices of a layer: what is rounded against the data, and formats by gate."""

from dataclasses import replace

import numpy as np
import pytest

from hwlstm.cells import FGR, GRU, Affine, Traditional
from hwlstm.fixed import quantise, real
from hwlstm.golden import run_float, run_integer
from hwlstm.network import Network
from hwlstm.quantize import measure, quantize, requantize
from hwlstm.quantize.columns import Columns
from tests.designs import data, layer, uneven
from tests.invented import InTurns

FAST = {"resources": ["bram"], "bits": 10}


def net(cell=None, inputs=4, units=6, *, change=lambda one: one):
    return Network((change(layer(cell or Traditional(), inputs, units)),), "net")


def worth(network, fixed):
    """The first layer in floats, with the weights and biases that its integers are worth."""
    own, like = fixed.layers[0], network.layers[0]
    weights = {
        gate: {s: real(m, own.matrix(gate, s)) for s, m in parts.items()}
        for gate, parts in own.weights.items()
    }
    bias = {gate: real(b, own.formats["b"]) for gate, b in own.bias.items()}
    return replace(like, weights=weights, bias=bias)


def sum_errors(network, fixed, x):
    """What rounding did to the sums of each gate, for the columns of the run in floats."""
    like, other = network.layers[0], worth(network, fixed)
    trace = run_float(network, x).layers[like.name]
    given = {"x": x.reshape(-1, x.shape[-1])}
    for s in like.cell.states:
        start = np.tile(like.initial[s], (len(x), 1, 1))
        before = np.concatenate([start, trace[s][:, :-1]], axis=1)
        given[s] = before.reshape(-1, like.units)
    return {
        gate: sum(given[s] @ (other.weights[gate][s] - m).T for s, m in parts.items())
        + (other.bias[gate] - like.bias[gate])
        for gate, parts in like.weights.items()
    }


CELLS = [Traditional(), FGR(), GRU(), InTurns(), Affine()]


@pytest.mark.parametrize("weights", [2, 4, 8, 18])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_sums_err_less_than_to_nearest_and_not_on_average(cell, weights):
    network, x = net(cell), data(4)
    plain, found = (
        quantize(network, x, weights=weights, rounding=rounding, **FAST)
        for rounding in ("nearest", "feedback")
    )
    assert [plain.layers[0].rounding, found.layers[0].rounding] == ["nearest", "feedback"]
    before, after = (sum_errors(network, one, x) for one in (plain, found))
    squares = [sum(np.square(e).sum() for e in errors.values()) for errors in (before, after)]
    assert squares[1] < squares[0]
    half = found.layers[0].formats["b"].step / 2
    assert max(np.abs(e.mean(axis=0)).max() for e in after.values()) <= half * (1 + 1e-6)


def test_the_output_errs_less_on_other_data():
    network = net(inputs=6, units=12)
    x, other = data(6, sequences=40), data(6, sequences=40, seed=1)
    reference = run_float(network, other).output
    errors = []
    for rounding in ("nearest", "feedback"):
        fixed = quantize(network, x, weights=5, rounding=rounding, **FAST)
        output = real(run_integer(fixed, quantise(other, fixed.x)).output, fixed.y)
        errors.append(np.sqrt(np.square(output - reference).mean()))
    assert errors[1] < 0.9 * errors[0]


def test_the_same_data_give_the_same_integers():
    first, again = (quantize(net(), data(4), weights=3, **FAST).layers[0] for _ in range(2))
    for gate, parts in first.weights.items():
        for s, m in parts.items():
            np.testing.assert_array_equal(m, again.weights[gate][s])


def test_too_few_vectors_are_rounded_to_nearest_and_it_is_said():
    network = Network((layer(Traditional(), 4, 6), layer(Affine(), 6, 2, name="dense")), "net")
    x = data(4, sequences=3)  # 36 vectors: 4 (4 + 6) are 40, 4 x 6 are 24
    fixed = quantize(network, x, **FAST)
    plain = quantize(network, x, rounding="nearest", **FAST)
    assert measure(network, fixed, x).rounding == {"lstm": "nearest", "dense": "feedback"}
    for gate, parts in plain.layers[0].weights.items():
        for s, m in parts.items():
            np.testing.assert_array_equal(m, fixed.layers[0].weights[gate][s])


def test_columns_that_never_change_leave_their_weights_to_nearest():
    network, x = net(Affine(), 3, 2), np.zeros((4, 4, 3))
    x[..., 1] = 0.75
    plain, found = (
        quantize(network, x, weights=3, rounding=rounding, **FAST).layers[0]
        for rounding in ("nearest", "feedback")
    )
    np.testing.assert_array_equal(plain.weights["y"]["x"], found.weights["y"]["x"])
    exact = network.layers[0].weights["y"]["x"][:, 1] * 0.75 + network.layers[0].bias["y"]
    sums = real(found.weights["y"]["x"][:, 1], found.formats["W"]) * 0.75
    assert sums + real(found.bias["y"], found.formats["b"]) == pytest.approx(exact, abs=1e-3)


def test_gates_of_smaller_weights_get_finer_formats():
    network = net(change=uneven)
    fixed = quantize(network, data(4), weights=6, **FAST).layers[0]
    coarse, fine = fixed.matrix("g", "x"), fixed.matrix("i", "x")
    finer = fine.frac - coarse.frac
    assert finer >= 2
    assert fixed.matrix("i", "h").frac - fixed.matrix("g", "h").frac == finer
    assert fixed.accumulators["i"].frac - fixed.accumulators["g"].frac == finer


def test_gates_alike_share_the_formats_of_the_layer():
    formats = quantize(net(), data(4), **FAST).layers[0].formats
    assert not [name for name in formats if name.startswith(("W_", "U_"))]


def test_a_format_by_hand_may_be_of_one_gate_and_moves_its_other_matrix():
    given = {"lstm.W": "Q2.6", "lstm.U": "Q2.6", "lstm.W_f": "Q3.8"}
    formats = quantize(net(), data(4), formats=given, **FAST).layers[0].formats
    names = [str(formats[name]) for name in ("W", "U", "W_f", "U_f")]
    assert names == ["Q2.6", "Q2.6", "Q3.8", "Q0.8"]


def test_an_unsigned_format_by_hand_stays_unsigned():
    like = layer(Affine(), 3, 2)
    positive = replace(like, weights={"y": {"x": np.abs(like.weights["y"]["x"])}})
    given = {"lstm.W": "UQ1.7"}
    fixed = quantize(Network((positive,), "net"), data(3), formats=given).layers[0]
    assert str(fixed.matrix("y", "x")) == "UQ1.7"
    assert fixed.weights["y"]["x"].min() >= 0


def test_the_formats_that_were_chosen_give_the_same_integers_when_given():
    network = net(change=uneven)
    first = quantize(network, data(4), weights=5, **FAST).layers[0]
    given = {f"lstm.{name}": fmt for name, fmt in first.formats.items()}
    again = quantize(network, data(4), weights=5, formats=given, **FAST).layers[0]
    assert again.formats == first.formats
    for gate, parts in first.weights.items():
        for s, m in parts.items():
            np.testing.assert_array_equal(m, again.weights[gate][s])


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"rounding": "up"}, "quantize rounding must be feedback or nearest, not 'up'"),
        (
            {
                "formats": {
                    "lstm.W": "Q2.6",
                    "lstm.U": "Q2.6",
                    "lstm.W_f": "Q2.6",
                    "lstm.U_f": "Q1.7",
                }
            },
            "lstm: weights of gate f must be shifted alike against those of the other gates, "
            "not have products of {'x': 14, 'h': 16} fraction bits",
        ),
    ],
)
def test_what_cannot_be_is_refused(numbers, message):
    numbers = {"formats": {}, **FAST, **numbers}
    numbers["formats"] |= {"lstm.x": "Q2.8"}
    with pytest.raises(ValueError) as caught:
        quantize(net(), data(4), **numbers)
    assert str(caught.value) == message


def test_numbers_put_into_the_formats_of_gates_are_rounded_to_nearest():
    network = net(change=uneven)
    fixed = quantize(network, data(4), weights=5, **FAST)
    (again,) = requantize(network, fixed).layers
    assert again.rounding == "nearest"
    for gate, parts in network.layers[0].weights.items():
        for s, m in parts.items():
            fmt = fixed.layers[0].matrix(gate, s)
            np.testing.assert_array_equal(again.weights[gate][s], quantise(m, fmt))


def test_moments_are_those_of_the_columns():
    one = layer(Traditional(), 2, 3, initial=True)
    x = data(2, sequences=5, steps=4)
    columns = Columns.of(one, x, run_float(Network((one,), "net"), x).layers["lstm"])
    h = np.empty((5, 4, 3))
    for t in range(4):
        seen = run_float(Network((one,), "net"), x[:, :t]).output[:, -1] if t else one.initial["h"]
        h[:, t] = seen
    both = np.concatenate([x, h], axis=2).reshape(-1, 5)
    np.testing.assert_allclose(columns.mean["h"], both[:, 2:].mean(axis=0), atol=1e-12)
    covariance = np.cov(both.T, bias=True)
    damped = covariance + 0.01 * np.trace(covariance) / 5 * np.eye(5)
    np.testing.assert_allclose(columns.between(["x", "h"]), damped, atol=1e-12)
