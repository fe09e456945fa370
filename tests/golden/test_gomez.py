"""The numerical example of Gomez 2016 backwards, to every printed digit.

A. Gomez, "Backpropogating an LSTM: A Numerical Example", recomputed to 8 digits. The forward half
is in test_engine.
"""

import numpy as np
import pytest

from hwlstm.cells import Traditional
from hwlstm.golden import gradients, run_float
from hwlstm.network import Layer, Network
from tests.golden.test_engine import GOMEZ

X = np.array([[[1, 2], [0.5, 3]]])
LABEL = np.array([[[0.5], [1.25]]])
RATE = 0.1
PRINTED = 5e-9
"""Half of the last printed digit."""

LOSS = 0.11491036

STEPS = {
    "next.h": [0.01803814, -0.47801889],
    "d.c": [-0.05348368, -0.07110771],
    "d.pre_g": [-0.01702404, -0.01938435],
    "d.pre_i": [-0.00164588, -0.00111561],
    "d.pre_f": [0, -0.00630654],
    "d.pre_o": [0.00176480, -0.05537783],
}
"""Of steps 1 and 2: dh, dc, and the gradient of each gate's pre-activation."""

SUMS = {
    "weights.g.x": [-0.02671622, -0.09220113],
    "weights.i.x": [-0.00220369, -0.00663861],
    "weights.f.x": [-0.00315327, -0.01891963],
    "weights.o.x": [-0.02592411, -0.16260389],
    "weights.g.h": [-0.01039609],
    "weights.i.h": [-0.00059832],
    "weights.f.h": [-0.00338228],
    "weights.o.h": [-0.02969987],
    "bias.g": [-0.03640839],
    "bias.i": [-0.00276150],
    "bias.f": [-0.00630654],
    "bias.o": [-0.05361303],
}
"""Over both steps."""

AFTER = {
    "g": [0.45267162, 0.25922011],
    "i": [0.95022037, 0.80066386],
    "f": [0.70031533, 0.45189196],
    "o": [0.60259241, 0.41626039],
}
"""W after one step of gradient descent."""


def gomez() -> Network:
    cell = Layer(
        "lstm",
        Traditional(),
        weights={q: {"x": [GOMEZ["W"][q]], "h": [[GOMEZ["U"][q]]]} for q in "gifo"},
        bias={q: [GOMEZ["b"][q]] for q in "gifo"},
    )
    return Network((cell,), "gomez")


def backwards(watch=None):
    network = gomez()
    trace = run_float(network, X)
    return gradients(network, X, trace, trace.output - LABEL, watch=watch)


def test_the_loss_is_that_of_the_example():
    output = run_float(gomez(), X).output
    assert 0.5 * np.square(output - LABEL).sum() == pytest.approx(LOSS, abs=PRINTED)


@pytest.mark.parametrize("name", STEPS)
def test_every_gradient_of_every_step_is_that_of_the_example(name):
    seen = []

    def watch(of, values):
        if of == f"lstm.{name}":
            seen.insert(0, values.item())  # the last step comes first

    backwards(watch)
    assert seen == pytest.approx(STEPS[name], abs=PRINTED)


@pytest.mark.parametrize("name", SUMS)
def test_every_gradient_of_a_weight_is_that_of_the_example(name):
    assert backwards()[f"lstm.{name}"].ravel() == pytest.approx(SUMS[name], abs=PRINTED)


@pytest.mark.parametrize("gate", "gifo")
def test_the_weights_after_one_step_of_descent_are_those_of_the_example(gate):
    after = GOMEZ["W"][gate] - RATE * backwards()[f"lstm.weights.{gate}.x"]
    assert after.ravel() == pytest.approx(AFTER[gate], abs=PRINTED)
