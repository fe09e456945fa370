"""The emitted Verilog of activation units against their integer model: every code, every latency.

Each test emits its units in one file and simulates them together; the codes come in random order.
"""

import numpy as np
import pytest

from hwlstm.activation import FUNCTIONS, Activation, function
from hwlstm.rtl.activation import ActivationUnit
from tests.activation import emitted

EVERYTHING, LOGIC = ("bram", "dsp"), ()
RESOURCES = [EVERYTHING, ("dsp",), ("bram",), LOGIC]

WORD = ("Q4.12", "Q1.15")
LONG = ("Q4.14", "Q1.17")
SHORT = ("Q4.8", "Q1.11")
BYTE = ("Q4.4", "Q1.7")
ROOMY = ("Q4.8", "Q5.10")


def prove(activations, folder):
    """Each a unit of its own, or a list of those that take turns on one."""
    turns = [each if isinstance(each, list) else [each] for each in activations]
    emitted.prove([ActivationUnit(each) for each in turns], folder)


def latencies(*args, **options):
    """The activation at each latency that it can have."""
    name, *formats = args
    args = function(name), *formats
    most = Activation(*args, **options)
    least = most.unit.least_latency
    return [Activation(*args, **options, latency=n) for n in range(least, most.latency + 1)]


@pytest.mark.parametrize("resources", RESOURCES, ids=lambda r: "+".join(r) or "logic")
def test_every_code_of_16_bits(resources, tmp_path):
    bound = 0.75 if resources == EVERYTHING else 1.0
    prove(
        [
            Activation("sigmoid", *WORD, bound, True, True, resources),
            Activation("tanh", *WORD, 1.0, True, True, resources),
        ],
        tmp_path,
    )


def test_every_code_of_18_bits(tmp_path):
    prove([Activation("sigmoid", *LONG, 0.75), Activation("tanh", *LONG)], tmp_path)


@pytest.mark.parametrize("resources", [EVERYTHING, LOGIC], ids=["bram+dsp", "logic"])
def test_every_code_of_the_table_that_sigmoid_and_tanh_share(resources, tmp_path):
    formats = WORD if resources else SHORT
    pair = [
        Activation(name, *formats, resources=resources, family="shared")
        for name in ("sigmoid", "tanh")
    ]
    prove([*pair, pair, pair[::-1], [pair[1], pair[0], pair[1]]], tmp_path)


def test_every_code_of_12_bits_from_all_resources(tmp_path):
    prove(
        [
            Activation(name, *SHORT, symmetric=symmetric, resources=resources)
            for name in ("sigmoid", "tanh")
            for resources in RESOURCES
            for symmetric in (None, False)
        ],
        tmp_path,
    )


def test_every_code_of_8_bits_correctly_rounded(tmp_path):
    prove(
        [
            Activation(name, *BYTE, 0.5, resources=resources)
            for name in ("sigmoid", "tanh")
            for resources in RESOURCES
        ],
        tmp_path,
    )


UNUSUAL = {
    "affine": [(-0.3, 0.7), (5.0, -2.0), (0.0, 1.0)],
    "leakyrelu": [(0.3,), (-0.5,), (1.0,), (0.0,)],
    "thresholdedrelu": [(0.3,), (-1.5,), (7.0,), (20.0,)],
    "scaledtanh": [(-1.7159, 2 / 3), (0.5, -3.0), (2.0, 0.01)],
    "hardsigmoid": [(1 / 6, 0.5), (0.25, 0.5), (3.0, -0.2), (0.01, 2.0)],
    "elu": [(0.3,), (-0.8,), (3.0,)],
}


def variants(name):
    return [FUNCTIONS[name], *(function(name, *given) for given in UNUSUAL.get(name, []))]


@pytest.mark.parametrize("resources", [EVERYTHING, LOGIC], ids=["bram+dsp", "logic"])
def test_every_code_of_every_function_with_usual_and_unusual_parameters(resources, tmp_path):
    every = [each for name in FUNCTIONS for each in variants(name)]
    prove([Activation(each, *ROOMY, resources=resources) for each in every], tmp_path)


def test_every_code_of_functions_that_clip_in_narrow_formats(tmp_path):
    every = [each for name in FUNCTIONS for each in variants(name)]
    narrow = [("Q4.4", "Q1.3"), ("UQ4.4", "UQ1.5"), ("Q1.1", "Q3.6"), ("Q-2.7", "Q-1.9")]
    prove([Activation(each, *formats) for each in every for formats in narrow], tmp_path)


def bell(x):
    return np.exp(-x * x)


def wave(x):
    return np.sin(3 * x)


def swish(x):
    return x / (1 + np.exp(-x))


def falling(x):
    return 1 / (1 + np.exp(x))


def step(x):
    return np.where(x < 0.3, -0.75, 0.8)


def constant(x):
    return np.full_like(x, 0.3)


def steep(x):
    return np.tanh(200 * x)


@pytest.mark.parametrize("resources", [EVERYTHING, LOGIC], ids=["bram+dsp", "logic"])
def test_every_code_of_callables_that_rise_fall_wave_and_jump(resources, tmp_path):
    sources = ["Q4.7", "UQ3.7", "Q1.8", "Q4.3"]
    prove(
        [
            Activation(each, source, "Q4.8", 1.0, resources=resources)
            for each in (bell, wave, swish, falling, step, constant, steep)
            for source in sources
        ],
        tmp_path,
    )


@pytest.mark.parametrize("resources", RESOURCES, ids=lambda r: "+".join(r) or "logic")
@pytest.mark.parametrize("family", ["linear", "quadratic", "direct", "shared"])
def test_every_code_at_every_latency(family, resources, tmp_path):
    options = {"resources": resources, "family": family}
    every = latencies("sigmoid", "Q4.4", "Q1.7", **options)
    if family in ("linear", "quadratic") and resources in (("dsp",), ("bram",)):
        every += latencies(swish, "Q4.4", "Q4.6", symmetric=False, **options)
        every += [Activation("tanh", "UQ3.4", "UQ1.7", **options)]
    prove(every, tmp_path)


def test_every_code_of_comparisons_at_every_latency(tmp_path):
    prove(
        [
            *latencies("sigmoid", "Q4.4", "Q1.7", 100, family="plan"),
            *latencies("sigmoid", "Q6.4", "UQ2.12", 1000, family="plan"),
            *latencies("sigmoid", "Q2.6", "Q1.5", 100, family="plan"),
            *latencies("hardtanh", "Q4.4", "Q1.7"),
            *latencies("hardsigmoid", "Q4.4", "Q1.7"),
            *latencies("leakyrelu", "Q4.4", "Q4.6"),
        ],
        tmp_path,
    )


def alike(*asked, **options):
    """Activations that can take turns, from (function, input, output)."""
    turns = [Activation(*each, **options) for each in asked]
    assert len({each.likeness for each in turns}) == 1
    return turns


def test_every_code_of_functions_that_take_turns_on_one_unit(tmp_path):
    bytes_ = [(name, "Q4.4", "Q1.7") for name in ("sigmoid", "tanh", "softsign")]
    mixed = [("sigmoid", "Q4.8", "Q1.11"), ("tanh", "Q3.9", "Q1.13"), ("elu", "Q5.7", "Q5.6")]
    fallen = [("sigmoid", "Q4.8", "Q1.11"), (falling, "Q4.8", "Q1.11"), ("tanh", "Q4.8", "Q1.11")]
    lines = {"family": "linear"}
    prove(
        [
            alike(*bytes_),
            alike(*bytes_[:2]),
            alike(*bytes_[1:], latency=0),
            alike(*bytes_, family="direct", resources={"bram"}),
            alike(("elu", "Q4.5", "Q3.9"), ("softsign", "Q3.6", "Q1.7"), resources={"bram"}),
            alike(*mixed, **lines),
            alike(*mixed[::-1], latency=1, **lines),
            alike(*fallen, **lines),
            alike(*mixed, resources={"dsp"}, symmetric=False, **lines),
            alike(*fallen[:2], resources={"dsp"}, **lines),
            alike(("tanh", "UQ2.8", "UQ1.9"), ("softsign", "UQ1.9", "UQ1.9"), **lines),
        ],
        tmp_path,
    )


@pytest.mark.parametrize("resources", [EVERYTHING, LOGIC], ids=["bram+dsp", "logic"])
def test_every_code_of_inputs_beyond_the_flat_part(resources, tmp_path):
    alone = [
        Activation(name, source, to, resources=resources)
        for name in ("sigmoid", "tanh")
        for source, to in (
            ("Q9.3", "Q1.9"),
            ("Q9.7", "Q1.11"),
            ("Q12.0", "Q1.9"),
            ("Q12.-3", "Q1.9"),
            ("UQ9.3", "Q1.9"),
        )
    ]
    turns = [
        alike(("tanh", "Q9.7", "Q1.15"), ("scaledtanh", "Q9.7", "Q1.14"), resources={"bram"}),
        alike(("tanh", "Q12.0", "Q1.9"), ("tanh", "Q11.1", "Q1.8"), resources=resources),
    ]
    prove(
        [
            *alone,
            *latencies("tanh", "Q9.7", "Q1.11", resources=resources),
            *turns,
        ],
        tmp_path,
    )


def test_every_code_of_outputs_without_fraction_bits(tmp_path):
    prove(
        [
            Activation(name, source, to)
            for name in ("sigmoid", "tanh", "relu", "softplus")
            for source, to in (("Q9.-1", "Q6.-2"), ("Q6.2", "Q4.0"))
        ],
        tmp_path,
    )


def test_every_code_of_inputs_of_one_and_two_bits(tmp_path):
    prove(
        [
            Activation(name, source, "Q2.5", resources=resources)
            for name in ("sigmoid", "tanh", "relu", "softplus", "hardsigmoid")
            for source in ("Q0.1", "UQ0.1", "Q1.1", "UQ1.1", "Q-1.2", "UQ-3.4", "Q-4.6")
            for resources in (EVERYTHING, LOGIC)
        ],
        tmp_path,
    )
