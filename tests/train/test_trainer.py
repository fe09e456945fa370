"""The training loop: it learns, it repeats, and in integers it wins back what rounding lost."""

import numpy as np
import pytest

import hwlstm
from hwlstm.cells import GRU, Affine, Phased, Traditional
from hwlstm.digits import MODEL, load_data
from hwlstm.fixed import quantise, real
from hwlstm.golden import gradients, run_float, run_integer
from hwlstm.train import SGD, Adam, changed, initial_layer, parameters, train
from tests.designs import a_time_gate


def network(cell, *, units=6, outputs=2, reads="last", time_gate=None):
    recurrent = initial_layer("lstm", cell, 3, units, time_gate=time_gate)
    return hwlstm.Network(
        (recurrent, initial_layer("dense", Affine(), units, outputs, reads=reads))
    )


def echo(steps=6, count=64, seed=0):
    """Sequences, and the sign of their first number: to be remembered to the end."""
    x = np.random.default_rng(seed).uniform(-1, 1, (count, steps, 3))
    return x, (x[:, 0, 0] > 0).astype(int)


@pytest.mark.parametrize("cell", [Traditional(), GRU()], ids=lambda cell: cell.name)
def test_a_sign_seen_first_is_remembered_to_the_end(cell):
    x, y = echo()
    trained = train(network(cell), x, y, epochs=40, optimiser=Adam(2e-2), batch=16)
    assert trained.losses[0] > 0.6
    assert trained.losses[-1] < 0.1
    assert trained.fixed is None


def test_many_to_many_with_squared_error_learns_a_running_mean():
    x, _ = echo()
    target = np.cumsum(x[:, :, :1], axis=1) / 4
    start = network(Traditional(), outputs=1, reads="all")
    trained = train(
        start, x, target, loss="squared_error", epochs=30, optimiser=SGD(0.05, momentum=0.9)
    )
    assert trained.losses[-1] < 0.2 * trained.losses[0]


@pytest.mark.parametrize("truncate", [2, "1997"])
def test_truncated_gradients_train_too(truncate):
    x, _ = echo()
    target = np.cumsum(x[:, :, :1], axis=1) / 4
    start = network(Traditional(), outputs=1, reads="all")
    options = {"loss": "squared_error", "epochs": 10, "optimiser": Adam(1e-2)}
    found = train(start, x, target, truncate=truncate, **options)
    assert found.losses[-1] < 0.5 * found.losses[0]


def test_the_same_seed_gives_the_same_numbers():
    x, y = echo(count=20)
    first, again, other = (
        parameters(train(network(GRU()), x, y, epochs=2, batch=8, seed=seed).network)
        for seed in (1, 1, 2)
    )
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not all(np.array_equal(first[name], other[name]) for name in first)


def test_what_is_frozen_stays():
    x, y = echo(count=20)
    start = network(Traditional())
    moved = parameters(train(start, x, y, epochs=1, frozen=("weights", "initial")).network)
    for name, before in parameters(start).items():
        assert np.array_equal(before, moved[name]) == (".bias" not in name), name


def test_a_time_gate_is_trained_and_stays_one():
    x, y = echo()
    time = np.cumsum(np.random.default_rng(1).exponential(1, x.shape[:2]), axis=1)
    gate = a_time_gate(6, ratio=0.98, leak=0.01, stamped=True)
    start = network(Phased(), time_gate=gate)
    done = train(start, x, y, time=time, epochs=5, optimiser=Adam(5e-2))
    after = done.network.layers[0].time_gate
    for name in ("period", "shift", "ratio"):
        assert not np.array_equal(getattr(after, name), getattr(gate, name))
    assert np.array_equal(after.leak, gate.leak)
    assert after.ratio.max() <= 1


def test_straight_through_gradients_are_those_of_the_numbers_that_the_integers_are_worth():
    x, y = echo(count=8)
    start = network(Traditional())
    fixed = hwlstm.quantize(start, x, weights=4, bits=10, rounding="nearest")
    rate = 0.5
    moved = train(start, x, y, fixed=fixed, epochs=1, batch=8, clip=None, optimiser=SGD(rate))
    order = np.random.default_rng(0).permutation(8)
    raw = quantise(x[order], fixed.x)
    trace = run_integer(fixed, raw)
    real_trace = hwlstm.run_float(start, x[order])
    for layer in fixed.layers:
        for name, values in trace.layers[layer.name].items():
            real_trace.layers[layer.name][name] = real(values, layer.formats[name])
    worth = {
        f"{layer.name}.weights.{q}.{s}": real(m, layer.matrix(q, s))
        for layer in fixed.layers
        for q, parts in layer.weights.items()
        for s, m in parts.items()
    }
    logits = real_trace.layers["dense"]["y"][:, -1]
    odds = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    d = (odds - np.eye(2)[y[order]]) / 8
    found = gradients(changed(start, worth), real(raw, fixed.x), real_trace, d)
    after = parameters(moved.network)
    for name, before in parameters(start).items():
        if "initial" not in name:
            np.testing.assert_allclose(after[name], before - rate * found[name], atol=1e-12)


def test_fine_tuning_wins_back_what_few_bits_lost_on_the_digits():
    train_x, train_y, test_x, test_y = load_data()
    start = hwlstm.load(MODEL)
    fixed = hwlstm.quantize(start, train_x, weights=3, rounding="nearest")
    tuned = train(start, train_x, train_y, fixed=fixed, epochs=6, optimiser=Adam(1e-3)).fixed
    before, after = (
        (hwlstm.evaluate(each, test_x).ravel() == test_y).mean() for each in (fixed, tuned)
    )
    assert after > before + 0.01
    assert after > 0.975
    assert tuned.layers[0].formats["W"] == fixed.layers[0].formats["W"]


def test_parameters_can_be_exchanged_by_name():
    start = network(Traditional())
    found = parameters(start)
    assert sum(v.size for k, v in found.items() if "initial" not in k) == sum(
        layer.parameter_count for layer in start.layers
    )
    other = changed(start, {"lstm.bias.f": np.full(6, 7.0)})
    assert (other.layers[0].bias["f"] == 7).all()
    assert other.layers[0].weights["f"]["x"] is not None
    with pytest.raises(ValueError, match=r"^Parameter 'lstm\.bias\.q' is none of the network's$"):
        changed(start, {"lstm.bias.q": np.zeros(6)})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "hinge"}, "Loss must be one of squared_error, cross_entropy, not 'hinge'"),
        ({"target": np.zeros(3, int)}, "Targets must be given for 64 sequences, not 3"),
        ({"truncate": 0}, "truncate must be a number of steps, '1997' or None, not 0"),
        ({"time": np.zeros((64, 6))}, "Time must not be given: no layer reads time stamps"),
        (
            {"loss": lambda y, target: (np.nan, y)},
            "Loss must stay finite, not become nan; lower the rate",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(options, message):
    x, y = echo()
    with pytest.raises(ValueError) as caught:
        train(network(Traditional()), x, options.pop("target", y), **options)
    assert str(caught.value) == message


def test_gradients_have_the_names_of_the_parameters():
    x, _ = echo(count=4)
    start = network(Phased(), time_gate=a_time_gate(6))
    found = gradients(start, x, run_float(start, x), np.ones((4, 2)))
    assert set(found) - {"x"} == set(parameters(start))
