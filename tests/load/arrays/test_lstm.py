"""Plain arrays: every framework's order gives the same network."""

import re

import numpy as np
import pytest

from hwlstm.golden import run_float
from hwlstm.load import from_arrays

INPUTS, UNITS, OUTPUTS = 3, 4, 2
RNG = np.random.default_rng(1)
W = {gate: RNG.normal(size=(UNITS, INPUTS)) for gate in "gifo"}
U = {gate: RNG.normal(size=(UNITS, UNITS)) for gate in "gifo"}
B = {gate: RNG.normal(size=UNITS) for gate in "gifo"}
P = {gate: RNG.normal(size=UNITS) for gate in "ifo"}
DENSE = (RNG.normal(size=(OUTPUTS, UNITS)), RNG.normal(size=OUTPUTS))


def arguments(order="gifo", **changes):
    gates = order.replace("c", "g")
    W4, U4, B4 = (np.concatenate([part[gate] for gate in gates]) for part in (W, U, B))
    turn = np.transpose if order == "ifco" else np.asarray
    given = {
        "W": turn(W4),
        "U": turn(U4),
        "b": B4,
        "p": np.stack([P[gate] for gate in gates if gate != "g"]),
        "order": order,
        "dense": (turn(DENSE[0]), DENSE[1]),
    }
    return given | changes


@pytest.mark.parametrize("order", ["gifo", "ifgo", "iofc", "ifco"])
def test_every_order_gives_the_same_gates(order):
    network = from_arrays(**arguments(order))
    lstm, dense = network.layers
    for gate in "gifo":
        np.testing.assert_array_equal(lstm.weights[gate]["x"], W[gate])
        np.testing.assert_array_equal(lstm.weights[gate]["h"], U[gate])
        np.testing.assert_array_equal(lstm.bias[gate], B[gate])
    for gate in "ifo":
        np.testing.assert_array_equal(lstm.peepholes[gate], P[gate])
    np.testing.assert_array_equal(dense.weights["y"]["x"], DENSE[0])
    assert dense.reads == "last"


def test_one_step_is_the_equations():
    network = from_arrays(**arguments(dense=None, initial={"h": [0.1] * 4, "c": [0.2] * 4}))
    x = np.array([0.3, -0.5, 0.7])
    z = {gate: W[gate] @ x + U[gate] @ np.full(4, 0.1) + B[gate] for gate in "gifo"}

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    c = sigmoid(z["f"] + 0.2 * P["f"]) * 0.2 + sigmoid(z["i"] + 0.2 * P["i"]) * np.tanh(z["g"])
    h = sigmoid(z["o"] + c * P["o"]) * np.tanh(c)
    np.testing.assert_allclose(run_float(network, x[None, None]).output[0, 0], h, atol=1e-15)


def test_what_is_absent_is_zero():
    network = from_arrays(**arguments(b=None, p=None, dense=(DENSE[0], None)))
    assert network.layers[0].cell.peepholes == ""
    assert not any(bias.any() for layer in network.layers for bias in layer.bias.values())


def test_flat_peepholes_are_the_stacked_ones():
    flat = from_arrays(**arguments(p=np.concatenate([P[gate] for gate in "ifo"])))
    np.testing.assert_array_equal(flat.layers[0].peepholes["o"], P["o"])


def test_options_reach_the_network():
    network = from_arrays(**arguments(steps="all", classify=True, name="mine"))
    assert (network.layers[1].reads, network.classify, network.name) == ("all", True, "mine")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"order": "fgio"}, "order must be one of ['gifo', 'ifgo', 'iofc', 'ifco'], not 'fgio'"),
        ({"W": np.ones((15, 3))}, "W must have shape (16, 3), not (15, 3)"),
        ({"W": np.ones(16)}, "W must be a matrix that is not empty, not of shape (16,)"),
        ({"U": np.ones((12, 4))}, "U must have shape (16, 4), not (12, 4)"),
        ({"U": np.ones((0, 4))}, "U must be a matrix that is not empty, not of shape (0, 4)"),
        ({"b": np.ones(32)}, "b must have shape (16,), not (32,)"),
        (
            {"p": np.ones((4, 4))},
            "p must have shape (12,) or (3, 4), three times the units, not (4, 4)",
        ),
        ({"dense": (np.ones((2, 3)), None)}, "dense W must have shape (2, 4), not (2, 3)"),
        ({"dense": (np.ones((2, 4)), [1])}, "dense b must have shape (2,), not (1,)"),
        ({"initial": {"h": [1]}}, "initial['h'] must have shape (4,), not (1,)"),
        ({"initial": {"s": [1] * 4}}, "lstm: initial names 's', which the cell has not"),
        ({"steps": "first"}, "steps must be 'all' or 'last', not 'first'"),
        (
            {"b": np.full(16, np.nan)},
            "lstm: bias g must be finite; it holds NaN or infinity",
        ),
        (
            {"name": "lstm"},
            "Names of network and layers must differ, not ['lstm', 'lstm', 'dense']",
        ),
    ],
)
def test_a_wrong_value_is_named(changes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_arrays(**arguments(**changes))


def test_shapes_of_keras_are_named_as_keras_has_them():
    message = "W must have shape (3, 16), not (3, 12)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_arrays(**arguments("ifco", W=np.ones((3, 12))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"W": "text"}, "W must be an array of real numbers, not str"),
        ({"U": [[1, 2], [3]]}, "U must be an array of real numbers, not list"),
        ({"b": np.ones(16) * 1j}, "b must be an array of real numbers, not ndarray"),
        ({"dense": np.ones((2, 4))}, "dense must be a pair (W, b), not ndarray"),
    ],
)
def test_a_wrong_kind_is_named(changes, message):
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        from_arrays(**arguments(**changes))
