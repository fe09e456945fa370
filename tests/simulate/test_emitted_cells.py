"""The emitted Verilog of every cell against the golden model: every integer, every cycle.

Columns, units in parallel and initiation interval change from cell to cell; every cell with every
interval is the slow part.
"""

import json
from typing import NamedTuple

import numpy as np
import pytest

from hwlstm.build.write import write
from hwlstm.cells import (
    CIFG,
    FGR,
    GRU,
    NFG,
    NIAF,
    NIG,
    NOAF,
    NOG,
    NP,
    RNN,
    SQUASHINGS_1997,
    Cell,
    CoupledForget,
    Phased,
    Vanilla,
)
from hwlstm.network import Layer, Network
from hwlstm.plan import LayerPlan, cycles_per_step, plan
from hwlstm.quantize import quantize
from hwlstm.simulate.simulate import verify
from hwlstm.time_gate import TimeGate
from tests.designs import a_time_gate, data, layer, uneven
from tests.invented import Delayed, InTurns, Invented, Late, PhasedGRU
from tests.simulate.test_emitted import prove

LENGTHS = [4, 1, 3, 1, 2]


class Case(NamedTuple):
    """A cell in an engine of three units; `interval` 0 is the largest useful one."""

    cell: Cell
    parallel: int
    columns: int
    interval: int
    gate: dict | None = None


CASES = {
    "NIG": Case(NIG(), 1, 2, 1),
    "NFG": Case(NFG(), 2, 1, 2),
    "NFG-1997": Case(NFG(peepholes="", activations=SQUASHINGS_1997), 1, 1, 0),
    "NOG": Case(NOG(), 3, 4, 1),
    "NIAF": Case(NIAF(), 2, 4, 2),
    "NOAF": Case(NOAF(), 3, 1, 0),
    "CIFG": Case(CIFG(), 1, 4, 2),
    "CoupledForget": Case(CoupledForget(), 2, 2, 1),
    "FGR": Case(FGR(), 2, 2, 2),
    "RNN": Case(RNN(), 3, 2, 0),
    "GRU": Case(GRU(), 2, 1, 1),
    "Phased": Case(Phased(), 1, 1, 1, {}),
    "Phased stamped": Case(Phased(), 3, 2, 0, {"stamped": True}),
    "Phased with leak": Case(Phased(), 2, 4, 2, {"leak": 0.05}),
    "PhasedGRU": Case(PhasedGRU(), 2, 2, 2, {"ratio": 0.1}),
    "Invented": Case(Invented(), 2, 2, 0),
    "InTurns": Case(InTurns(), 2, 1, 2),
    "Late": Case(Late(), 1, 1, 1),
    "Delayed": Case(Delayed(), 2, 2, 1),
}
UNITS = 3
SMALL = {"bits": 8, "weights": 8, "resources": []}
"""Numbers whose activations take little logic: it compiles in a third of the time."""
ALIKE = {**SMALL, "rounding": "nearest"}
"""The same weights whatever columns of 0 stand beside them."""
FEW, MANY = 2, 60
"""Inputs; and beats of x that leave the cell pipeline the time for a large interval."""


@pytest.fixture(autouse=True)
def quickly_compiled(monkeypatch):
    """These runs are short: compiling them well would take longer than running them badly."""
    monkeypatch.setenv("CXXFLAGS", "-O0")


def quantised(cell, inputs, *, units=UNITS, gate=None, change=lambda one: one, **numbers):
    """A quantised network of one layer, with time stamps of 0 to 40 if its gate reads them."""
    time_gate = a_time_gate(units, **gate) if gate is not None else None
    recurrent = change(layer(cell, inputs, units, initial=True, time_gate=time_gate))
    x = data(inputs)
    time = None
    if time_gate and time_gate.stamped:
        time = np.sort(np.random.default_rng(3).uniform(0, 40, x.shape[:2]), axis=1)
    return quantize(Network((recurrent,), "net"), x, time, **numbers)


def largest_useful(fixed_layer, parallel, columns):
    """The largest interval whose predicted cycles per step are those of interval 1."""
    least = cycles_per_step(LayerPlan(fixed_layer, parallel, columns))
    most = int(least) // fixed_layer.units
    return max(
        interval
        for interval in range(1, most + 1)
        if cycles_per_step(LayerPlan(fixed_layer, parallel, columns, interval)) <= least
    )


def engine_of(case, interval, **numbers):
    """(network, engine) of a case; many inputs for the largest interval."""
    inputs = FEW if interval else MANY * case.columns
    network = quantised(case.cell, inputs, gate=case.gate, **numbers)
    (fixed_layer,) = network.layers
    return network, {
        "parallel": case.parallel,
        "columns": case.columns,
        "interval": interval or largest_useful(fixed_layer, case.parallel, case.columns),
    }


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_integer_of_every_cell_is_equal_and_every_cycle_predicted(case, tmp_path):
    network, engine = engine_of(case, case.interval, **SMALL)
    assert case.interval or engine["interval"] > 2
    flowing, _ = prove(network, tmp_path, lengths=LENGTHS, **engine)
    assert flowing.outputs == UNITS * sum(LENGTHS)


@pytest.mark.parametrize("name", ["FGR", "GRU", "InTurns", "Phased with leak"])
def test_gates_with_formats_of_their_own_are_exact_on_one_lane_and_on_many(name, tmp_path):
    case = CASES[name]
    network = quantised(case.cell, FEW, gate=case.gate, change=uneven, **SMALL)
    fixed_layer = network.layers[0]
    assert len(set(fixed_layer.sum_fracs.values())) > 1
    prove(network, tmp_path, lengths=LENGTHS, parallel=case.parallel, columns=case.columns)


@pytest.mark.slow
@pytest.mark.parametrize("interval", [1, 2, 0], ids=["1", "2", "largest"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_cell_is_exact_at_every_useful_interval(case, interval, tmp_path):
    network, engine = engine_of(case, interval)
    prove(network, tmp_path, **engine)


@pytest.mark.slow
@pytest.mark.parametrize("bits", [2, 18])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_narrowest_and_the_widest_numbers_of_every_cell_are_exact(case, bits, tmp_path):
    if bits == 2 and case.cell.activations:
        pytest.skip("an output up to 2 has no fraction bit in 2 bits")
    network = quantised(case.cell, FEW, gate=case.gate, bits=bits, weights=bits)
    prove(network, tmp_path, lengths=LENGTHS, parallel=case.parallel, columns=case.columns)


@pytest.mark.parametrize("name", ["GRU", "Phased stamped"])
def test_icarus_and_cocotb_find_the_same(name, tmp_path):
    case = CASES[name]
    network = quantised(case.cell, FEW, gate=case.gate, **SMALL)
    prove(network, tmp_path, simulator="icarus", lengths=LENGTHS, parallel=2, columns=2)


def test_a_layer_of_one_unit_may_be_open_for_less_than_a_step(tmp_path):
    gate = TimeGate(period=[0.7], shift=[-123456.75], ratio=[0.02], stamped=True)
    recurrent = layer(Phased(), 1, 1, time_gate=gate)
    time = np.sort(np.random.default_rng(3).uniform(0, 40, (16, 12)), axis=1)
    formats = {"lstm.t": "UQ6.25", "lstm.phi": "UQ0.9"}
    network = quantize(Network((recurrent,), "net"), data(1), time, formats=formats, **SMALL)
    prove(network, tmp_path, parallel=1, columns=4, interval=3, lengths=[1, 5, 2, 9])


@pytest.mark.slow
def test_a_phased_layer_before_a_phased_and_a_linear_one_is_exact(tmp_path):
    layers = (
        layer(Phased(), 2, 3, time_gate=a_time_gate(3, stamped=True)),
        layer(Phased(), 3, 4, name="second", time_gate=a_time_gate(4, ratio=0.2)),
        layer(NP(), 4, 2, name="third"),
    )
    time = np.sort(np.random.default_rng(3).uniform(0, 40, (16, 12)), axis=1)
    network = quantize(Network(layers, "net", classify=True, returns="last"), data(2), time)
    prove(network, tmp_path, parallel={"lstm": 1, "second": 2, "third": 2}, columns=1)


def test_a_layer_that_is_slower_than_a_phased_one_holds_it_up_as_predicted(tmp_path):
    """While its groups are closed, the first layer is faster than the second, then slower."""
    gate = TimeGate(period=np.full(4, 120.0), shift=np.full(4, -60.0), ratio=np.full(4, 0.5))
    layers = (layer(Phased(), 8, 4, time_gate=gate), layer(NP(), 4, 4, name="second"))
    network = quantize(Network(layers, "net"), data(8, steps=80), **SMALL)
    prove(network, tmp_path, parallel=1, columns=1, interval=1, lengths=[100, 1])


def answers(network, folder, **engine):
    """What the hardware answers to the usual stimulus, after every integer was found equal."""
    build = write(plan(network, **engine), folder, taps=True)
    verify(build, idle=0.4, backpressure=0.4)
    return [one["y"] for one in json.loads((build / "vectors.json").read_text())["sequences"]]


def with_cell(like: Layer, cell, *, peepholes, more=(), time_gate=None) -> Layer:
    """A layer of the same numbers, with rows of 0 for the sources `more` of all gates but g."""
    zero = np.zeros((like.units, like.units))
    weights = {
        gate: {**like.weights[gate], **({} if gate == "g" else dict.fromkeys(more, zero))}
        for gate in cell.gate_names
    }
    initial = {state: like.initial[state] for state in "hc"}
    return Layer("lstm", cell, weights, like.bias, peepholes, initial=initial, time_gate=time_gate)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A Vanilla layer without and with peepholes: (layer, formats, answers)."""
    found = {}
    full = layer(Vanilla(), 2, UNITS, initial=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXXFLAGS", "-O0")
        for name in ("peepholes", "none"):
            p = full.peepholes if name == "peepholes" else dict.fromkeys("ifo", np.zeros(UNITS))
            one = with_cell(full, Vanilla(), peepholes=p)
            network = quantize(Network((one,), "net"), data(2), **ALIKE)
            folder = tmp_path_factory.mktemp(name) / "net"
            formats = network.layers[0].formats
            found[name] = one, formats, answers(network, folder, parallel=2)
    return found


def given(formats, names):
    """The formats of signals, under the names that another cell gives them."""
    return {f"lstm.{name}": formats[like] for name, like in names.items()}


def test_fgr_without_its_recurrences_answers_like_vanilla(plain, tmp_path):
    like, formats, expected = plain["peepholes"]
    other = with_cell(like, FGR(), peepholes=like.peepholes, more="ifo")
    same = given(formats, {name: name for name in formats})
    network = quantize(Network((other,), "net"), data(2), formats=same, **ALIKE)
    assert answers(network, tmp_path / "net", parallel=2) == expected


def test_phased_with_a_gate_of_exactly_one_answers_like_vanilla(plain, tmp_path):
    like, formats, expected = plain["peepholes"]
    half = TimeGate(period=np.ones(UNITS), shift=np.full(UNITS, -0.5), ratio=np.ones(UNITS))
    other = with_cell(like, Phased(), peepholes=like.peepholes, time_gate=half)
    names = {name: name for name in formats if name != "squash_c"}
    names |= {"u": "c", "v": "h", "squash_u": "squash_c"}
    same = given(formats, names)
    network = quantize(Network((other,), "net"), data(2), formats=same, **ALIKE)
    assert answers(network, tmp_path / "net", parallel=2) == expected


def test_vanilla_whose_peepholes_are_zero_answers_like_one_without(plain, tmp_path):
    like, formats, expected = plain["none"]
    other = with_cell(like, NP(), peepholes={})
    same = given(formats, {name: name for name in formats if name != "p"})
    network = quantize(Network((other,), "net"), data(2), formats=same, **ALIKE)
    assert answers(network, tmp_path / "net", parallel=2) == expected
