"""Bits of the signals within the cell, by their role; and what a device does not take."""

import numpy as np
import pytest

from hwlstm.cells import (
    CIFG,
    FGR,
    GRU,
    NFG,
    NIAF,
    NOG,
    RNN,
    Affine,
    Cell,
    CoupledForget,
    Phased,
    State,
    Traditional,
    Vanilla,
    narrow,
    sigmoid,
    tanh,
)
from hwlstm.devices import DEVICES, device
from hwlstm.fixed import quantise, real
from hwlstm.golden import run_float, run_integer
from hwlstm.network import Network
from hwlstm.plan import LayerPlan, plan
from hwlstm.quantize import Widths, quantize
from hwlstm.quantize.widths import chosen_widths
from tests.designs import data, fixed, layer
from tests.invented import InTurns, Invented, Late, PhasedGRU

CELLS = [Traditional, Vanilla, NFG, NIAF, NOG, CIFG, CoupledForget, FGR, GRU, RNN, Phased, Affine]
OWN = [Invented, InTurns, Late, PhasedGRU]


@pytest.mark.parametrize(
    ("bits", "widths"),
    [
        (2, Widths(2, 16, 12, 4, 16)),
        (8, Widths(8, 16, 12, 10, 16)),
        (9, Widths(9, 16, 16, 16, 16)),
        (12, Widths(12, 16, 16, 16, 16)),
        (13, Widths(13, 18, 18, 16, 16)),
        (16, Widths(16, 18, 18, 16, 16)),
        (18, Widths(18, 18, 18, 18, 18)),
    ],
)
def test_bits_are_those_of_the_columns_and_the_cell_has_its_own(bits, widths):
    assert Widths.of(bits) == widths


def test_the_role_of_a_signal_decides_not_its_name():
    class Renamed(Cell):
        gates = "w q"

        def step(self, z, p, prev):
            late = narrow("late", prev.far * 0.5)
            far = sigmoid(z.q) * tanh(z.w) + late
            return State(near=tanh(narrow("h", far * 0.5)) + prev.near, far=far)

        columns = {"w": "x near", "q": "x"}

    found = chosen_widths(Renamed(), 8, None)
    assert found == {
        "x": 8,
        "near": 8,
        "far": 16,
        "late": 16,
        "h": 12,
        "pre_w": 12,
        "pre_q": 12,
        "w": 10,
        "q": 10,
        "squash_h": 10,
    }


def test_what_rows_multiply_is_as_wide_as_asked_whatever_it_is():
    assert {chosen_widths(FGR(), 8, None)[gate] for gate in "ifo"} == {8}
    assert chosen_widths(FGR(), 8, None)["g"] == 10
    assert chosen_widths(RNN(), 8, None)["h"] == 8
    assert chosen_widths(NIAF(), 8, None)["g"] == 12


def test_a_difference_has_one_bit_more():
    up5k, ecp5 = device("ice40up5k"), device("ecp5-25f")
    assert chosen_widths(GRU(), 16, up5k)["h"] == 15
    assert chosen_widths(GRU(), 16, ecp5)["h"] == 16
    assert chosen_widths(GRU(), 18, ecp5)["h"] == 17
    assert chosen_widths(GRU(), 18, None)["h"] == 18
    assert chosen_widths(CIFG(), 16, up5k)["i"] == 15
    assert chosen_widths(CIFG(), 16, up5k)["c"] == 16


@pytest.mark.parametrize("cell", [*CELLS, *OWN], ids=lambda cell: cell.__name__)
@pytest.mark.parametrize("name", ["ice40up5k", "ecp5-25f"])
def test_no_factor_of_a_cell_is_wider_than_a_multiplier_of_its_device(cell, name):
    network = Network((layer(cell(), 3, 4),), "net")
    chosen = quantize(network, data(3), device_name=name).layers[0]
    engine = LayerPlan(chosen, 1)
    most = min(DEVICES[name].multiplier_bits)
    assert engine.column_bits <= most
    for operations in engine.schedule.units.values():
        for op in operations:
            if op.kind == "mul":
                spans = [operand.value.interval for operand in op.operands]
                assert max(span.signed_width for span in spans) <= most


def test_a_default_lstm_fits_the_smallest_device():
    network = Network((layer(Traditional(), 6, 20),), "net")
    chosen = quantize(network, data(6), device_name="ice40up5k")
    assert plan(chosen, device_name="ice40up5k").multipliers <= 8


def test_formats_by_hand_win_over_widths_and_devices():
    formats = {"lstm.c": "Q2.18", "lstm.h": "Q1.17", "lstm.i": "Q1.5"}
    chosen = fixed(3, 5, formats=formats, device_name="ice40up5k").layers[0].formats
    assert {name: str(chosen[name]) for name in "chi"} == {
        "c": "Q2.18",
        "h": "Q1.17",
        "i": "Q1.5",
    }


def test_columns_give_way_in_every_layer_of_a_network():
    both = layer(Traditional(), 3, 5), layer(Traditional(), 5, 4, name="second")
    chosen = quantize(Network(both, "net"), data(3), device_name="up5k")
    assert [one.column.signed_width for one in chosen.layers] == [16, 16]
    assert chosen.layers[1].formats["x"] == chosen.layers[0].formats["h"]


def test_more_bits_in_the_cell_are_worth_it():
    """8 bits of x and h: the rms error of h, against 7.6e-3 with 8 bits everywhere."""
    network = Network((layer(Traditional(), 6, 20, scale=0.5),), "net")
    x, other = data(6, sequences=60, steps=32), data(6, sequences=60, steps=32, seed=1)
    errors = {}
    for bits, most in ((8, 4e-3), (16, 3e-5)):
        chosen = quantize(network, x, weights=16, bits=bits)
        raw = run_integer(chosen, quantise(other, chosen.x)).layers["lstm"]["h"]
        h = real(raw, chosen.layers[0].formats["h"])
        exact = run_float(network, other).layers["lstm"]["h"]
        errors[bits] = np.sqrt(np.square(h - exact).mean())
        assert errors[bits] < most
    assert errors[16] < errors[8] / 100
