"""The number of parts is the plan's: more are taken, fewer refused; registers are counted."""

import re

import pytest
from amaranth.back import rtlil

from hwlstm.cells import CIFG, GRU, Phased, Vanilla
from hwlstm.plan.schedule import schedule
from hwlstm.rtl.cell import CellPipeline
from tests.designs import fixed

CELLS = [Vanilla(), CIFG(), GRU(), Phased()]


def one_layer(cell):
    return fixed(3, 4, cell=cell, bits=12).layers[0]


def count(found, kind):
    return sum(operations[0].kind == kind for operations in found.units.values())


@pytest.mark.parametrize("interval", [1, 2, 3, 6])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_registers_that_hold_values_are_those_of_the_hardware(cell, interval):
    layer = one_layer(cell)
    found = schedule(layer, interval)
    text = rtlil.convert(CellPipeline(layer=layer, schedule=found), name="cell", emit_src=False)
    widths = re.findall(r"wire width (\d+) (?:[^\n]*?)\\hold_\d+_\d+\n", text)
    assert sum(map(int, widths)) == found.hold_bits


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_more_parts_are_taken_and_are_never_slower(cell):
    layer = one_layer(cell)
    fewest = schedule(layer, 6)
    more = schedule(layer, 6, {"mul": count(fewest, "mul") + 1})
    alone = schedule(layer, 1)
    assert count(more, "mul") in (count(fewest, "mul"), count(fewest, "mul") + 1)
    assert alone.latency("h") <= more.latency("h") <= fewest.latency("h")


def test_one_more_multiplier_makes_vanilla_faster_at_an_interval_of_six():
    layer = one_layer(Vanilla())
    assert schedule(layer, 6, {"mul": 2}).latency("h") < schedule(layer, 6).latency("h")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"mul": 2}, "lstm: 6 operations mul need 3 parts at an interval of 2, not 2"),
        ({"adder": 2}, "Parts must be of mul, activation, not 'adder'"),
    ],
)
def test_too_few_parts_and_unknown_ones_are_refused(parts, message):
    with pytest.raises(ValueError) as caught:
        schedule(one_layer(Vanilla()), 2, parts)
    assert str(caught.value) == message
