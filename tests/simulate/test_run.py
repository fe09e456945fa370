"""A build on other data: what comes out is what the network computes, in floats."""

import json

import numpy as np
import pytest

import hwlstm
from hwlstm.build.write import write
from hwlstm.cells import RNN, Phased, Traditional
from hwlstm.errors import HwlstmError
from hwlstm.golden import evaluate
from hwlstm.network import Network
from hwlstm.plan import plan
from hwlstm.quantize import quantize
from hwlstm.simulate.run import run
from tests.designs import a_time_gate, classifier, data, fixed, layer


def built(network, folder, **options):
    return write(plan(network, parallel=1), folder / network.name, **options)


@pytest.fixture(scope="module")
def network():
    """A result every step."""
    return fixed(2, 3, cell=RNN(), bits=10)


@pytest.fixture(scope="module")
def build(network, tmp_path_factory):
    return built(network, tmp_path_factory.mktemp("build"), taps=True)


def test_floats_go_in_and_come_out(network, build):
    x = data(2, sequences=4, steps=6, seed=3)

    found = hwlstm.run(build, x)

    assert np.array_equal(found.array, evaluate(network, x))
    assert found.array.shape == (4, 6, 3)
    assert np.array_equal(np.ldexp(found.raw[1], -network.y.frac), found.outputs[1])
    assert (found.saturated, found.values, found.simulation) == (0, 48, None)


def test_classes_come_out_as_integers(tmp_path):
    network = classifier(bits=10)
    x = data(3, sequences=5, steps=4, seed=1)

    found = run(built(network, tmp_path), x)

    assert np.array_equal(found.array, evaluate(network, x))
    assert found.array.shape == (5, 1)
    assert found.array.dtype == np.int64
    assert (found.classify, found.many_to_one) == (True, True)


def test_sequences_may_be_of_any_lengths(network, build):
    x = [data(2, sequences=1, steps=steps, seed=steps)[0] for steps in (3, 1, 3, 7)]

    found = run(build, x)

    for one, y in zip(x, found.outputs, strict=True):
        assert np.array_equal(y, evaluate(network, one[None])[0])
    with pytest.raises(ValueError) as caught:
        _ = found.array
    assert str(caught.value) == "Sequences must be of one length to be one array"


def test_time_stamps_go_in_too(tmp_path):
    gate = a_time_gate(3, stamped=True)
    rng = np.random.default_rng(0)
    x, time = data(2, steps=6), np.cumsum(rng.uniform(0.1, 2, (16, 6)), axis=1)
    network = quantize(Network((layer(Phased(), 2, 3, time_gate=gate),), "net"), x, time, bits=10)
    build = built(network, tmp_path)

    found = run(build, list(x), list(time))

    assert np.array_equal(found.array, evaluate(network, x, time))
    for given, message in (
        (None, "Time of every step must be given: the first layer reads time stamps"),
        (time[:2], "Time must be given for 16 sequences, not 2"),
    ):
        with pytest.raises(ValueError) as caught:
            run(build, x, given)
        assert str(caught.value) == message


def test_numbers_outside_the_format_are_counted(network, build):
    x = np.zeros((1, 3, 2))
    top = network.x.hi * network.x.step
    x[0] = [[top, -top], [top + 0.51 * network.x.step, 0], [1e9, -1e9]]

    found = run(build, x)

    assert (found.saturated, found.values) == (3, 6)
    assert np.array_equal(found.array, evaluate(network, x))


@pytest.mark.parametrize("many_to_one", [False, True])
def test_the_simulated_hardware_gives_the_same(build, tmp_path, monkeypatch, many_to_one):
    monkeypatch.setenv("CXXFLAGS", "-O0")
    if many_to_one:
        network = quantize(
            Network((layer(Traditional(), 2, 2),), "net", returns="last"), data(2), bits=8
        )
        build = built(network, tmp_path)
    x = [data(2, sequences=1, steps=steps, seed=steps)[0] for steps in (3, 1, 5)]

    found = run(build, x, simulator="embedded")

    golden = run(build, x)
    for y, other in zip(found.outputs, golden.outputs, strict=True):
        assert np.array_equal(y, other)
    outputs = sum(y.size for y in found.outputs)
    assert (found.simulation.outputs, found.simulation.sequences) == (outputs, 3)
    assert found.simulation.compared > outputs or many_to_one


WRONG = [
    (np.zeros((2, 3)), {}, "Data must have shape (sequences, steps, 2), not (2, 3)"),
    ([np.zeros((3, 4))], {}, "Data must have shape (sequences, steps, 2), not (1, 3, 4)"),
    ([], {}, "Data must hold at least one sequence, not none"),
    (np.zeros((0, 3, 2)), {}, "Data must not be empty; its shape is (0, 3, 2)"),
    (np.full((1, 1, 2), np.nan), {}, "Data must be finite; it holds NaN or infinity"),
    (
        np.zeros((1, 1, 2)),
        {"time": np.zeros((1, 1))},
        "Time must not be given: no layer reads time stamps",
    ),
    (
        np.zeros((1, 1, 2)),
        {"simulator": "vcs"},
        "Simulator must be one of golden, embedded, icarus, verilator, not 'vcs'",
    ),
]


@pytest.mark.parametrize(("x", "options", "message"), WRONG)
def test_other_data_are_refused(build, x, options, message):
    with pytest.raises(ValueError) as caught:
        run(build, x, **options)
    assert str(caught.value) == message


def test_a_changed_design_is_not_simulated_as_if_it_were_the_build(network, tmp_path):
    build = built(network, tmp_path)
    verilog = build / "net.v"
    verilog.write_text(verilog.read_text() + "\n")

    with pytest.raises(HwlstmError) as caught:
        run(build, np.zeros((1, 1, 2)), simulator="embedded")
    assert str(caught.value) == f"{build} was changed since it was built: net.v"
    assert run(build, np.zeros((1, 1, 2))).values == 2


def test_another_folder_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"generator": {}}))
    with pytest.raises(HwlstmError) as caught:
        run(tmp_path, np.zeros((1, 1, 2)))
    assert str(caught.value) == f"{tmp_path} is no build folder of this version; build it again"
