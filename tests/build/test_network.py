"""network.npz: what a build keeps of its network is the network, integer for integer."""

import json

import numpy as np
import pytest

from hwlstm.activation import Activation, function
from hwlstm.build.network import load_network, read_network, save_network
from hwlstm.build.tree import NETWORKS
from hwlstm.build.write import write
from hwlstm.cells import GRU, Traditional, Vanilla
from hwlstm.errors import HwlstmError
from hwlstm.fixed_network import FixedNetwork
from hwlstm.golden import run_integer
from hwlstm.network import Network
from hwlstm.plan import plan
from hwlstm.quantize import quantize
from hwlstm.rtl import to_verilog
from hwlstm.synth.activation import activation_verilog
from tests import invented
from tests.designs import classifier, data, fixed, layer
from tests.golden.every_cell import CASES


def again(fixed: FixedNetwork, tmp_path) -> FixedNetwork:
    """The network after a way through a file."""
    save_network(fixed, tmp_path / "network.npz")
    return read_network(tmp_path / "network.npz")


def assert_same(one: FixedNetwork, other: FixedNetwork, time=None) -> None:
    """Every part is equal, and so is every value that the golden model computes on other data."""
    arrays, found = {}, {}
    assert NETWORKS.packed(one, arrays) == NETWORKS.packed(other, found)
    assert arrays.keys() == found.keys()
    for path, values in arrays.items():
        assert values.dtype == found[path].dtype, path
        assert np.array_equal(values, found[path]), path
    rng = np.random.default_rng(5)
    x = rng.integers(one.x.lo, one.x.hi, (3, 7, one.inputs), endpoint=True)
    if one.stamp:
        time = np.sort(rng.integers(0, one.stamp.hi, x.shape[:2], endpoint=True), axis=1)
    traces = [run_integer(each, x, time, count=True) for each in (one, other)]
    assert np.array_equal(traces[0].output, traces[1].output)
    assert traces[0].saturation == traces[1].saturation
    for name, signals in traces[0].layers.items():
        for signal, values in signals.items():
            assert np.array_equal(values, traces[1].layers[name][signal]), signal


@pytest.mark.parametrize("name", CASES)
def test_every_cell_comes_back(name, tmp_path):
    case = CASES[name]
    made = quantize(case.network(), *case.data(), bits=10)

    assert_same(made, again(made, tmp_path))


@pytest.mark.parametrize("name", [name for name in invented.__all__ if name != "NoMemory"])
def test_a_cell_of_ones_own_needs_no_file_of_its_own(name, tmp_path):
    made = fixed(2, 3, cell=getattr(invented, name)(), initial=True, bits=10)

    found = again(made, tmp_path)

    assert_same(made, found)
    assert found.layers[0].cell.name == name
    assert type(found.layers[0].cell) is not type(made.layers[0].cell)


def test_a_function_of_ones_own_comes_back_as_its_table(tmp_path):
    own = {"g": lambda x: x / (1 + x * x), "squash_c": lambda x: np.sin(x)}
    made = fixed(2, 3, cell=Vanilla(activations=own), bits=10)

    found = again(made, tmp_path)

    assert_same(made, found)
    assert to_verilog(plan(found, parallel=1)) == to_verilog(plan(made, parallel=1))
    with pytest.raises(HwlstmError) as caught:
        _ = found.layers[0].tables["g"].errors
    assert str(caught.value) == "Activation function <lambda> is known by its table only"


UNITS = {
    "direct": ("tanh", "Q4.6", "Q1.7", {"family": "direct"}),
    "linear": ("tanh", "Q4.8", "Q1.9", {"family": "linear"}),
    "linear, late": ("tanh", "Q4.8", "Q1.9", {"resources": "bram", "latency": 3}),
    "quadratic": ("tanh", "Q4.8", "Q1.9", {"family": "quadratic", "max_ulp": 2.0}),
    "plan": ("sigmoid", "Q4.4", "Q1.7", {"family": "plan", "max_ulp": 4}),
    "shared": ("sigmoid", "Q4.8", "Q1.9", {"family": "shared", "monotone": True}),
    "clipped": (function("hardsigmoid", alpha=1 / 6), "Q4.8", "Q1.9", {}),
    "small": ("softsign", "Q4.8", "UQ0.5", {"symmetric": False, "resources": ()}),
}


@pytest.mark.parametrize("name", UNITS)
def test_units_of_every_family_come_back(name):
    *what, options = UNITS[name]
    unit = Activation(*what, **options)
    arrays = {}

    found = NETWORKS.unpacked(json.loads(json.dumps(NETWORKS.packed(unit, arrays))), arrays)

    assert str(found) == str(unit)
    assert type(found.unit) is type(unit.unit)
    assert np.array_equal(found.codes, unit.codes)
    assert (found.result, found.certificate) == (unit.result, unit.certificate)
    assert activation_verilog(found) == activation_verilog(unit)


def test_several_layers_and_the_result_come_back(tmp_path):
    layers = layer(Traditional(), 3, 4, name="a"), layer(GRU(), 4, 2, name="b")
    for network in (
        Network(layers, "deep", returns="last"),
        Network(layers, "wide", returns="all", classify=True),
    ):
        made = quantize(network, data(3), bits=9)
        assert_same(made, again(made, tmp_path))
    assert_same(classifier(), again(classifier(), tmp_path))


def test_the_same_network_gives_the_same_bytes(tmp_path):
    for name in ("one.npz", "other.npz"):
        save_network(classifier(), tmp_path / name)

    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return write(plan(classifier(), parallel=2), tmp_path_factory.mktemp("build") / "net")


def test_a_build_holds_its_network(build):
    assert_same(classifier(), load_network(build))


def test_a_network_that_was_changed_is_not_loaded(build, tmp_path):
    copy = write(plan(classifier(), parallel=2), tmp_path / "net")
    save_network(classifier(seed=1), copy / "network.npz")

    with pytest.raises(HwlstmError) as caught:
        load_network(copy)

    assert str(caught.value) == f"{copy} was changed since it was built: network.npz"


def test_a_folder_that_is_no_build_is_named(tmp_path):
    with pytest.raises(HwlstmError) as caught:
        load_network(tmp_path)
    message = f"{tmp_path} is no build folder of this version; build it again"
    assert str(caught.value) == message


def tampered(tmp_path, change):
    """A file whose JSON, as objects, went through `change`."""
    path = tmp_path / "network.npz"
    save_network(classifier(), path)
    arrays = dict(np.load(path))
    content = json.loads(arrays["network"].tobytes())
    arrays["network"] = np.frombuffer(json.dumps(change(content)).encode(), np.uint8)
    np.savez(path, **arrays)
    return path


CHANGES = {
    "another format": (
        lambda it: it | {"format": "hwlstm network 9"},
        "must be of format 'hwlstm network 1', not 'hwlstm network 9'",
    ),
    "no network": (lambda it: it | {"network": 7}, "must hold a network, not int"),
    "no object": (lambda it: [], "must be as hwlstm build wrote it (TypeError: "),
    "an unknown type": (
        lambda it: it | {"network": {"@type": "system"}},
        "must be as hwlstm build wrote it (KeyError: 'system')",
    ),
    "a missing array": (
        lambda it: it | {"network": {"@type": "array", "at": "none"}},
        "must be as hwlstm build wrote it (KeyError: 'none')",
    ),
    "a field too many": (
        lambda it: it | {"network": it["network"] | {"other": 1}},
        "must be as hwlstm build wrote it (TypeError: ",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_file_of_somebody_else_is_refused_in_one_line(name, tmp_path):
    change, message = CHANGES[name]
    path = tampered(tmp_path, change)

    with pytest.raises(HwlstmError) as caught:
        read_network(path)

    assert str(caught.value).startswith(f"{path} {message}")


def test_what_is_no_part_of_a_network_is_not_packed():
    with pytest.raises(TypeError) as caught:
        NETWORKS.packed(object(), {})
    assert str(caught.value) == "A value to pack must be of a known type, not object"
