"""Gradients against central differences of the float model: an oracle that knows no calculus."""

import numpy as np
import pytest

from hwlstm.golden import gradients, run_float
from hwlstm.network import Network
from tests.golden.every_cell import CASES, changed, numbers

STEP = 1e-6
TOLERANCE = 1e-6
CLEARANCE = 1e-3
"""No phase and no pre-activation is as near to a kink as that."""

every_cell = pytest.mark.parametrize("name", CASES)


class Experiment:
    """A small network, data, and a loss that weights every output."""

    def __init__(self, name):
        self.case = CASES[name]
        self.network = self.case.network(2, 3)
        self.x, self.time = self.case.data(2, sequences=2, steps=5)
        self.importance = np.random.default_rng(1).normal(0, 1, (2, 5, 3))
        self.trace = run_float(self.network, self.x, self.time)

    def loss(self, network, x) -> float:
        return float((run_float(network, x, self.time).output * self.importance).sum())

    def gradients(self):
        return gradients(self.network, self.x, self.trace, self.importance, time=self.time)


def differences(loss, at: np.ndarray) -> np.ndarray:
    """Central differences of a loss over every number of an array."""
    found = np.empty_like(at)
    for index in np.ndindex(*at.shape):
        above, below = at.copy(), at.copy()
        above[index] += STEP
        below[index] -= STEP
        found[index] = (loss(above) - loss(below)) / (above[index] - below[index])
    return found


def agree(found, expected, key):
    scale = np.abs(expected).max()
    assert scale > 1e-3, key
    assert np.abs(found - expected).max() <= TOLERANCE * scale, (key, found, expected)


def parameters(name):
    """Keys of a case; without a leak of 0, below which there is none."""
    (of,) = CASES[name].network(2, 3).layers
    closed = of.time_gate is not None and not of.time_gate.leak.any()
    return [key for key in numbers(of) if not (closed and key == "time_gate.leak")]


@pytest.mark.parametrize(("name", "key"), [(n, key) for n in CASES for key in parameters(n)])
def test_the_gradient_of_a_parameter_equals_its_central_differences(name, key):
    experiment = Experiment(name)
    (of,) = experiment.network.layers

    def loss(value):
        return experiment.loss(Network((changed(of, key, value),), "net"), experiment.x)

    agree(experiment.gradients()[f"lstm.{key}"], differences(loss, numbers(of)[key]), key)


@every_cell
def test_the_gradient_of_the_input_equals_its_central_differences(name):
    experiment = Experiment(name)
    expected = differences(lambda x: experiment.loss(experiment.network, x), experiment.x)
    agree(experiment.gradients()["x"], expected, "x")


@every_cell
def test_a_gradient_is_given_for_every_parameter_and_for_nothing_else(name):
    experiment = Experiment(name)
    (of,) = experiment.network.layers
    keys = {f"lstm.{key}" for key in numbers(of)} | {"x"}
    assert set(experiment.gradients()) == keys


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.cell.timed])
def test_the_phases_are_away_from_the_kinks_and_on_both_sides_of_them(name):
    experiment = Experiment(name)
    (of,) = experiment.network.layers
    phi, ratio = experiment.trace.layers["lstm"]["time.phi"], of.time_gate.ratio
    kinks = (phi, phi - ratio / 2, phi - ratio, phi - 1)
    assert min(np.abs(distance).min() for distance in kinks) > CLEARANCE
    assert all((distance > 0).any() and (distance < 0).any() for distance in kinks[1:3])


def test_the_hard_sigmoid_is_away_from_its_kinks():
    experiment = Experiment("softsign and hardsigmoid")
    z = experiment.trace.layers["lstm"]["z.i"]
    assert np.abs(np.abs(z) - 2.5).min() > CLEARANCE
