"""What a declaration cannot mean is refused: holds, parameters, activations, time gates, time."""

import inspect

import numpy as np
import pytest

from hwlstm.cells import Cell, CellError, Phased, State, Traditional, Vanilla, narrow, sigmoid, tanh
from hwlstm.golden import evaluate, run_float
from hwlstm.network import Layer, Network
from hwlstm.quantize import quantize
from hwlstm.time_gate import TimeGate
from tests.designs import data, layer

INPUTS, UNITS = 3, 4


class Kept(Cell):
    """A low pass of one trained constant for every unit."""

    gates = "a"
    parameters = "keep"

    def step(self, z, p, prev):
        return State(h=p.keep * prev.h + tanh(z.a))


def timed(step, **declared):
    return type("Timed", (Cell,), {"gates": "a", "timed": True, "step": step, **declared})()


def held_in_full(self, z, p, prev, time):
    k = narrow("k", time.phi * time.rate)
    return State(h=k * tanh(z.a) + (1 - k) * prev.h)


def held_in_part(self, z, p, prev, time):
    k = narrow("k", time.phi * time.rate)
    return State(h=k * tanh(z.a))


def held_by_a_gate(self, z, p, prev, time):
    k = sigmoid(z.a)
    return State(h=k * time.phi + (1 - k) * prev.h)


def named_like_time(self, z, p, prev, time):
    return State(h=narrow("rate", time.phi * time.rate) * tanh(z.a))


def unknown_time(self, z, p, prev, time):
    return State(h=time.speed * tanh(z.a))


def traced(cell):
    with pytest.raises(CellError) as caught:
        _ = cell.graph
    return str(caught.value)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (
            {"step": held_in_full, "hold": "q"},
            "Timed: hold 'q' must be the name of a value",
        ),
        (
            {"step": held_in_part, "hold": "k"},
            "Timed: state h must stay as it was where k is 0, not become 0",
        ),
        (
            {"step": held_by_a_gate, "hold": "a"},
            "Timed: hold 'a' must depend on time and parameters only, not z.a",
        ),
        (
            {"step": named_like_time},
            "Timed: 'rate' names two values, one of them time.rate",
        ),
        (
            {"step": unknown_time},
            "Timed: time.speed is not declared; declared are: phi, rate, leak",
        ),
    ],
)
def test_what_a_timed_cell_cannot_mean_is_refused(declared, message):
    lines, first = inspect.getsourcelines(declared["step"])
    pointers = [f"; in line {first + k}: {line.strip()}" for k, line in enumerate(lines)]
    assert traced(timed(**declared)) in [message, *(message + pointer for pointer in pointers)]


def test_a_cell_that_holds_is_accepted():
    assert timed(held_in_full, hold="k").states == ["h"]


@pytest.mark.parametrize("place", ["q", "pre_g", "c"])
def test_an_activation_in_a_place_that_has_none_is_refused(place):
    known = ["g", "i", "f", "o", "squash_c"]
    assert traced(Traditional(activations={place: "tanh"})) == (
        f"Traditional: activation {place!r} is none of this cell's; those are {known}"
    )


def test_an_activation_of_an_unknown_name_is_refused():
    with pytest.raises(
        ValueError, match=r"^Activation function must be one of sigmoid, tanh, .*, not 'tanhh'$"
    ):
        Traditional(activations={"g": "tanhh"})


@pytest.mark.parametrize("remembered", ["q", "c", "pre_i"])
def test_remembering_what_is_no_activation_is_refused(remembered):
    cell = type("Remembering", (Traditional,), {"remembered": remembered})()
    assert traced(cell) == (
        f"Remembering: remembered {remembered!r} must be an activation that is no state yet"
    )


def test_a_column_source_that_is_no_state_is_refused():
    cell = type("Forgetful", (Traditional,), {"columns": {"o": "x h i"}})()
    assert traced(cell) == "Forgetful: column source i is no state of the cell"


def test_a_parameter_that_is_never_read_is_refused():
    cell = type("Idle", (Traditional,), {"parameters": "keep"})()
    assert traced(cell) == (
        "Idle: parameter keep is declared and never read; in parameters = 'keep'"
    )


def test_a_parameter_that_is_not_declared_is_refused():
    message = traced(type("Undeclared", (Kept,), {"parameters": ""})())
    assert message.startswith("Undeclared: p.keep is not declared; declared are: none; in line ")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "lstm: parameters of Kept must be given for ['keep'], not []"),
        (
            {"keep": np.ones(2), "lose": np.ones(2)},
            "lstm: parameters of Kept must be given for ['keep'], not ['keep', 'lose']",
        ),
        ({"keep": np.ones(3)}, "lstm: parameters keep must have shape (2,), not (3,)"),
        (
            {"keep": [1, np.nan]},
            "lstm: parameters keep must be finite; it holds NaN or infinity",
        ),
    ],
)
def test_parameters_that_are_missing_or_wrong_are_refused(parameters, message):
    weights = {"a": {"x": np.ones((2, 3)), "h": np.ones((2, 2))}}
    with pytest.raises(ValueError) as caught:
        Layer("lstm", Kept(), weights, parameters=parameters)
    assert str(caught.value) == message


def test_a_parameter_is_what_the_equations_multiply():
    of = layer(Kept(), INPUTS, UNITS, initial=True)
    trace = run_float(Network((of,), "net"), data(INPUTS)).layers["lstm"]
    found, kept = trace["h"], of.parameters["keep"]
    np.testing.assert_allclose(found[:, 0], kept * of.initial["h"] + np.tanh(trace["z.a"][:, 0]))
    np.testing.assert_allclose(found[:, 1:], kept * found[:, :-1] + np.tanh(trace["z.a"][:, 1:]))


GATE = {"period": [2.0, 3.0], "shift": [0.0, 1.0], "ratio": [0.5, 0.25]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"period": 2.0}, "TimeGate period must have shape (units,), not ()"),
        ({"period": []}, "TimeGate period must have shape (units,), not (0,)"),
        ({"period": np.ones((2, 2))}, "TimeGate period must have shape (units,), not (2, 2)"),
        ({"period": [2.0, 0.0]}, "TimeGate period must be above 0, not 0"),
        ({"period": [2.0, -1.5]}, "TimeGate period must be above 0, not -1.5"),
        ({"period": [2.0, np.inf]}, "TimeGate period must be finite; it holds NaN or infinity"),
        ({"shift": [0.0, 1.0, 2.0]}, "TimeGate shift must have shape (2,), not (3,)"),
        ({"shift": [0.0, np.nan]}, "TimeGate shift must be finite; it holds NaN or infinity"),
        ({"ratio": [0.5, 0.0]}, "TimeGate ratio must be above 0 and at most 1"),
        ({"ratio": [0.5, 1.1]}, "TimeGate ratio must be above 0 and at most 1"),
        ({"leak": [0.0, -0.1]}, "TimeGate leak must not be negative, as -0.1 is"),
        ({"leak": [0.0]}, "TimeGate leak must have shape (2,), not (1,)"),
        ({"interval": 0.0}, "TimeGate interval must be above 0, not 0.0"),
        ({"interval": np.inf}, "TimeGate interval must be above 0, not inf"),
    ],
)
def test_a_time_gate_that_never_opens_or_has_no_phase_is_refused(changes, message):
    with pytest.raises(ValueError) as caught:
        TimeGate(**{**GATE, **changes})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("cell", "gate", "message"),
    [
        (Phased(), None, "lstm: time_gate of Phased must be a TimeGate"),
        (Vanilla(), TimeGate(**GATE), "lstm: time_gate of Vanilla must be none"),
        (
            Phased(),
            TimeGate([1.0] * 3, 0.0, 0.5),
            "lstm: time_gate must have 2 units, not 3",
        ),
    ],
)
def test_a_time_gate_that_does_not_fit_the_cell_is_refused(cell, gate, message):
    weights = {gate: {"x": np.ones((2, 3)), "h": np.ones((2, 2))} for gate in "gifo"}
    peepholes = dict.fromkeys("ifo", np.zeros(2))
    with pytest.raises(ValueError) as caught:
        Layer("lstm", cell, weights, peepholes=peepholes, time_gate=gate)
    assert str(caught.value) == message


def test_time_stamps_behind_the_first_layer_are_refused():
    second = layer(Phased(), 3, 2, name="second", time_gate=TimeGate(**GATE, stamped=True))
    with pytest.raises(ValueError) as caught:
        Network((layer(Traditional(), 3, 3), second), "net")
    assert str(caught.value) == "second: only the first layer may read time stamps"


def times(*, shape=(2, 5)):
    return np.cumsum(np.ones(shape), axis=1)


@pytest.mark.parametrize(
    ("stamps", "time", "message"),
    [
        (True, None, "Time of every step must be given: the first layer reads time stamps"),
        (False, times(), "Time must not be given: no layer reads time stamps"),
        (True, times()[:, :4], "Time must have shape (2, 5), not (2, 4)"),
        (True, times()[:, ::-1], "Time must not run backwards within a sequence"),
        (True, times() * np.inf, "Time must be finite; it holds NaN or infinity"),
    ],
)
def test_time_that_a_network_cannot_read_is_refused(stamps, time, message):
    gate = TimeGate(**GATE, stamped=stamps)
    network = Network((layer(Phased(), 3, 2, time_gate=gate),), "net")
    with pytest.raises(ValueError) as caught:
        run_float(network, data(3, sequences=2, steps=5), time)
    assert str(caught.value) == message


def stamped() -> Network:
    gate = TimeGate(**GATE, stamped=True)
    return Network((layer(Phased(), 3, 2, time_gate=gate),), "net")


@pytest.mark.parametrize(
    ("time", "message"),
    [
        (None, "Time of every step must be given: the first layer reads time stamps"),
        (times()[:, :4], "Time must have shape (2, 5), not (2, 4)"),
        (times()[:, ::-1], "Time must not run backwards within a sequence"),
    ],
)
def test_time_that_a_quantised_network_cannot_read_is_refused_too(time, message):
    x = data(3, sequences=2, steps=5)
    fixed = quantize(stamped(), x, times())
    with pytest.raises(ValueError) as caught:
        evaluate(fixed, x, time)
    assert str(caught.value) == message


def test_time_before_0_is_refused_or_has_the_phase_of_the_float_reference():
    gate = TimeGate(period=[3.7, 5.3], shift=[0.0, 1.0], ratio=[0.9, 0.8], stamped=True)
    network = Network((layer(Phased(), 3, 2, time_gate=gate),), "net")
    x, time = data(3, sequences=2, steps=8), times(shape=(2, 8)) - 8
    try:
        fixed = quantize(network, x, time, weights=16)
    except ValueError:
        return
    reference = evaluate(network, x, time)
    np.testing.assert_allclose(evaluate(fixed, x, time), reference, atol=2e-3)
