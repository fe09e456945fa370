"""What the cells have in common: special cases that must be equal, node for node or bit for bit."""

import numpy as np
import pytest

from hwlstm.cells import FGR, NFG, NIAF, NOAF, NP, Phased, Vanilla
from hwlstm.fixed import quantise, real
from hwlstm.golden import run_float, run_integer
from hwlstm.network import Layer, Network
from hwlstm.quantize import quantize
from hwlstm.time_gate import TimeGate
from tests.designs import data, layer

INPUTS, UNITS = 3, 4


def recurrent(cell, of: Layer, *, time_gate=None, **changes) -> Layer:
    """A layer of another cell with the numbers of a layer; columns that it lacks are 0."""
    zero = np.zeros((of.units, of.units))
    return Layer(
        of.name,
        cell,
        weights={
            gate: {s: of.weights[gate].get(s, zero) for s in cell.sources(gate)}
            for gate in cell.gate_names
        },
        bias=of.bias,
        **{"peepholes": of.peepholes, "initial": of.initial, **changes},
        time_gate=time_gate,
    )


def traces(ours: Layer, theirs: Layer, **renamed):
    """Integer traces of two layers, the second in the formats of the first.

    Formats of matrices follow from their numbers, which are the same. `renamed` are values of the
    second that have the format of a value of the first.
    """
    x = data(INPUTS)
    fixed = quantize(Network((ours,), "net"), x, rounding="nearest")
    (own,) = fixed.layers
    formats = {f"lstm.{name}": fmt for name, fmt in own.formats.items()}
    formats |= {f"lstm.{name}": own.formats[of] for name, of in renamed.items()}
    names = {*theirs.cell.graph.names.values(), "x", "b"}
    given = {key: fmt for key, fmt in formats.items() if key.removeprefix("lstm.") in names}
    other = quantize(Network((theirs,), "net"), x, formats=given, rounding="nearest")
    raw = quantise(4 * x, fixed.x)  # beyond the calibrated range: saturation included
    return (run_integer(each, raw).layers["lstm"] for each in (fixed, other))


def vanilla():
    return layer(Vanilla(), INPUTS, UNITS, initial=True)


def test_full_gate_recurrence_with_zero_matrices_is_vanilla_bit_for_bit():
    plain, full = traces(vanilla(), recurrent(FGR(), vanilla()))
    assert plain.keys() == full.keys()
    for name, values in plain.items():
        np.testing.assert_array_equal(full[name], values, name)


def test_full_gate_recurrence_with_other_matrices_is_not_vanilla():
    full = layer(FGR(), INPUTS, UNITS)
    plain = recurrent(Vanilla(), full, initial={})
    outputs = [run_float(Network((of,), "net"), data(INPUTS)).output for of in (full, plain)]
    assert not np.allclose(*outputs, atol=1e-3)


ALWAYS_OPEN = {"period": np.ones(UNITS), "shift": 0.75, "ratio": 0.5}
"""Sampled at 0, 1, 2, ... the phase is 1/4 for ever: half of the open half, where the gate is 1."""


def test_phased_sampled_where_its_gate_is_1_is_vanilla_bit_for_bit():
    open_for_ever = recurrent(Phased(), vanilla(), time_gate=TimeGate(**ALWAYS_OPEN))
    plain, timed = traces(vanilla(), open_for_ever, u="c", v="h", squash_u="squash_c")
    assert (timed["k"] == timed["k"].max()).all()
    for name in ("g", "i", "f", "o", "c", "h"):
        np.testing.assert_array_equal(timed[name], plain[name], name)
    np.testing.assert_array_equal(timed["u"], plain["c"])
    np.testing.assert_array_equal(timed["v"], plain["h"])


def test_phased_sampled_where_its_gate_is_1_is_vanilla_in_floats():
    open_for_ever = recurrent(Phased(), vanilla(), time_gate=TimeGate(**ALWAYS_OPEN))
    expected = run_float(Network((vanilla(),), "net"), data(INPUTS)).output
    found = run_float(Network((open_for_ever,), "net"), data(INPUTS)).output
    np.testing.assert_array_equal(found, expected)


def test_the_format_of_the_time_gate_holds_1_even_if_no_data_opened_it_so_far():
    gate = TimeGate(**{**ALWAYS_OPEN, "shift": 0.9375})
    ajar = Network((recurrent(Phased(), vanilla(), time_gate=gate),), "net")
    assert (run_float(ajar, data(INPUTS)).layers["lstm"]["k"] == 0.25).all()
    assert quantize(ajar, data(INPUTS)).layers[0].formats["k"].holds(0, 1)


def test_peepholes_of_0_are_no_peepholes_bit_for_bit():
    bare = layer(NP(), INPUTS, UNITS, initial=True)
    zero = dict.fromkeys("ifo", np.zeros(UNITS))
    without, zeros = traces(bare, recurrent(Vanilla(), bare, peepholes=zero))
    assert without.keys() == zeros.keys()
    for name, values in without.items():
        np.testing.assert_array_equal(zeros[name], values, name)


@pytest.mark.parametrize(
    ("cell", "special"),
    [
        (NIAF(), Vanilla(activations={"g": "identity"})),
        (NOAF(), Vanilla(activations={"squash_c": "identity"})),
        (NP(), Vanilla(peepholes="")),
        (NP(activations={"g": "identity"}), NIAF(peepholes="")),
        (NIAF(activations={"squash_c": "identity"}), NOAF(activations={"g": "identity"})),
    ],
    ids=["NIAF", "NOAF", "NP", "NIAF without peepholes", "both"],
)
def test_a_variant_is_vanilla_with_other_options_node_for_node(cell, special):
    assert repr(cell.graph.outputs) == repr(special.graph.outputs)
    assert set(cell.graph.names.values()) == set(special.graph.names.values())


def test_an_activation_exchanged_for_itself_changes_nothing():
    same = Vanilla(activations={"g": "tanh", "i": "sigmoid", "squash_c": "tanh"})
    assert repr(same.graph.outputs) == repr(Vanilla().graph.outputs)


def phased(**options) -> Layer:
    gate = TimeGate(
        period=np.array([3.0, 5.5, 8.0, 11.0]), shift=np.arange(4.0), ratio=0.3, **options
    )
    return layer(Phased(), INPUTS, UNITS, initial=True, time_gate=gate)


def before(states, initial):
    """A state one step before each."""
    start = np.broadcast_to(initial, (len(states), 1, states.shape[2]))
    return np.concatenate([start, states[:, :-1]], axis=1)


def test_a_closed_unit_keeps_its_state_bit_for_bit():
    network = Network((phased(),), "net")
    fixed = quantize(network, data(INPUTS))
    trace = run_integer(fixed, quantise(data(INPUTS, steps=40), fixed.x)).layers["lstm"]
    closed = trace["k"] == 0
    assert 0.5 < closed.mean() < 0.9
    for state in ("h", "c"):
        was = before(trace[state], fixed.layers[0].initial[state])
        np.testing.assert_array_equal(trace[state][closed], was[closed])
        assert (trace[state][~closed] != was[~closed]).mean() > 0.9


def test_a_closed_unit_keeps_its_state_in_floats():
    network = Network((phased(),), "net")
    trace = run_float(network, data(INPUTS, steps=40)).layers["lstm"]
    closed = trace["k"] == 0
    assert 0.5 < closed.mean() < 0.9
    for state in ("h", "c"):
        was = before(trace[state], network.layers[0].initial[state])
        np.testing.assert_array_equal(trace[state][closed], was[closed])


def test_a_closed_unit_that_leaks_does_not_keep_its_state():
    trace = run_float(Network((phased(leak=0.1),), "net"), data(INPUTS, steps=40)).layers["lstm"]
    closed = trace["time.phi"] > 0.3
    was = before(trace["h"], phased().initial["h"])
    assert (trace["h"][closed] != was[closed]).all()


def accumulating(growth=0.0, *, initial=0.0) -> Network:
    """An LSTM of 1997 of numbers that are exact in 8 bits; its c grows by about `growth`."""
    rng = np.random.default_rng(2)
    cell = NFG(peepholes="")
    weights = {
        gate: {
            "x": rng.integers(-16, 17, (UNITS, INPUTS)) / 16,
            "h": np.zeros((UNITS, UNITS)),
        }
        for gate in cell.gate_names
    }
    bias = {gate: np.full(UNITS, growth) for gate in "gi"}
    start = {"c": np.full(UNITS, initial)}
    return Network((Layer("lstm", cell, weights, bias, initial=start),), "net")


def exact_data(steps, sequences=4):
    """Data that are exact in 9 bits."""
    return np.random.default_rng(3).integers(-255, 256, (sequences, steps, INPUTS)) / 256


LONG = 1000


@pytest.mark.parametrize("initial", [0.0, 0.75])
@pytest.mark.parametrize("growth", [0.5, 12.0, -12.0])
def test_c_that_nothing_forgets_is_wide_enough_for_the_steps_announced(growth, initial):
    network = accumulating(growth, initial=initial)
    fixed = quantize(network, exact_data(12), steps=LONG)
    trace = run_integer(fixed, quantise(exact_data(LONG), fixed.x), count=True)
    assert trace.saturation["lstm.c"] == 0
    if growth == 12:
        assert real(trace.layers["lstm"]["c"], fixed.layers[0].formats["c"]).max() > 990


@pytest.mark.parametrize("initial", [0.0, 0.75])
@pytest.mark.parametrize("steps", [1, 2, 16, 17, 64])
def test_the_width_is_enough_to_the_last_step_announced(steps, initial):
    network = accumulating(60.0, initial=initial)
    fixed = quantize(network, exact_data(12), steps=steps)
    trace = run_integer(fixed, quantise(exact_data(steps), fixed.x), count=True)
    assert trace.saturation["lstm.c"] == 0


def test_c_over_1000_steps_equals_the_float_reference_within_rounding():
    network = accumulating(0.5)
    fixed = quantize(network, exact_data(12), steps=LONG)
    x = exact_data(LONG)
    (own,) = fixed.layers
    found = real(run_integer(fixed, quantise(x, fixed.x)).layers["lstm"]["c"], own.formats["c"])
    reference = run_float(network, x).layers["lstm"]["c"]
    assert np.abs(reference[:, -1]).max() > 100
    step = {name: fmt.step for name, fmt in own.formats.items()}
    of_g = step["pre_g"] / 2 + step["g"]  # a rounded operand, and a table that is 1 ulp off
    of_i = step["pre_i"] / 8 + step["i"]
    once = of_g + of_i + of_g * of_i + step["c"] / 2
    assert (np.abs(found - reference).max(axis=(0, 2)) <= once * np.arange(1, LONG + 1)).all()


@pytest.mark.parametrize("growth", [3.0, -3.0])
def test_c_without_announced_steps_saturates_is_counted_and_never_wraps(growth):
    network = accumulating(growth)
    fixed = quantize(network, exact_data(12))
    trace = run_integer(fixed, quantise(exact_data(LONG), fixed.x), count=True)
    c, (own,) = trace.layers["lstm"]["c"], fixed.layers
    fmt = own.formats["c"]
    limit = fmt.hi if growth > 0 else fmt.lo
    assert fmt.width == 18
    moved = np.diff(c, axis=1)
    assert (moved * np.sign(growth) >= 0).all()
    assert (c[:, -1] == limit).all()
    assert trace.saturation["lstm.c"] >= np.count_nonzero(moved[c[:, 1:] == limit] == 0) > 0


def test_steps_that_are_no_number_of_steps_are_refused():
    for steps in (0, -1, 2.5):
        with pytest.raises(ValueError) as caught:
            quantize(accumulating(), exact_data(12), steps=steps)
        assert str(caught.value) == f"quantize steps must be at least 1, not {steps!r}"
