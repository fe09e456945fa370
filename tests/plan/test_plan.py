"""The plan: budgets, layouts, refusals."""

import re

import numpy as np
import pytest

from hwlstm.cells import (
    FGR,
    GRU,
    Cell,
    CellError,
    Phased,
    State,
    Traditional,
    Vanilla,
    identity,
    tanh,
)
from hwlstm.errors import HwlstmError
from hwlstm.plan import LayerPlan, plan
from hwlstm.rtl import to_rtlil
from tests.designs import classifier, fixed


@pytest.mark.parametrize("budget", [12, 20, 40, 100])
def test_a_budget_is_kept_and_more_of_it_is_never_slower(budget):
    network = classifier(inputs=8, units=16)
    small, large = (plan(network, multipliers=n) for n in (budget, budget + 20))
    assert small.multipliers <= budget
    assert large.cycles_per_step <= small.cycles_per_step


def test_a_device_sets_the_budget():
    network = classifier(inputs=8, units=32, classes=10)
    assert plan(network, device_name="ecp5-25f").multipliers <= 28
    assert plan(network).device.name == "ecp5-25f"
    few_bits = classifier(inputs=8, units=32, classes=10, bits=12)
    assert plan(few_bits, device_name="ice40up5k", steps=8).multipliers <= 8


def test_an_operand_wider_than_the_multipliers_of_the_device_counts_twice():
    engine = LayerPlan(fixed(3, 5, formats={"lstm.x": "Q2.14"}).layers[0], 1, interval=8)
    assert engine.column_bits > 16
    assert engine.blocks((18, 18)) < engine.blocks((16, 16))
    with pytest.raises(HwlstmError, match=r"quantise for ice40up5k \(device_name; "):
        plan(classifier(inputs=8, units=32, classes=10), device_name="ice40up5k")
    with pytest.raises(HwlstmError, match="take a larger device, or use fewer bits"):
        plan(fixed(3, 5), device_name="ecp5-25f", multipliers=3)


def test_later_layers_keep_up_with_the_first():
    network = classifier(inputs=8, units=32, classes=10)
    slow = plan(network, parallel=1)
    fast = plan(network, parallel=32)
    assert slow.layers[1].parallel < fast.layers[1].parallel
    for chosen in (slow, fast):
        assert chosen.layers[1].depth <= chosen.cycles_per_step


def test_every_weight_stands_once_in_the_memory_and_the_rest_is_zero():
    layer = fixed(3, 5).layers[0]
    engine = LayerPlan(layer, 2, 2)
    memory = engine.weights
    assert memory.shape == (3 * (2 + 3), 2, 4, 2)
    seen = 0
    for q, gate in enumerate(engine.gates):
        for unit in range(5):
            group, place = divmod(unit, 2)
            for source, start in (("x", 0), ("h", 2)):
                for column, weight in enumerate(layer.weights[gate][source][unit]):
                    beat, c = divmod(column, 2)
                    assert memory[group * 5 + start + beat, place, q, c] == weight
                    seen += weight != 0
    assert np.count_nonzero(memory) == seen


def test_memories_are_counted_word_by_word():
    engine = LayerPlan(fixed(3, 5).layers[0], 2)
    assert engine.memories["weights"] == (3 * 8, 8 * 8)
    assert engine.memories["x"] == (8, 16)
    assert engine.memories["h"] == (21, 16)
    assert engine.memories["prev_c"] == (13, 18)


@pytest.mark.parametrize("interval", [1, 3])
@pytest.mark.parametrize("columns", [1, 4])
@pytest.mark.parametrize("cell", [Vanilla(), GRU(), FGR(), Phased()], ids=lambda cell: cell.name)
def test_the_memories_of_the_plan_are_those_of_the_hardware(cell, columns, interval):
    network = fixed(5, 6, cell=cell, initial=True, formats={"lstm.b": "Q4.7"})
    engines = plan(network, parallel=3, columns=columns, interval=interval)
    shapes = re.findall(r"memory width (\d+) size (\d+) ", to_rtlil(engines))
    emitted = sum(int(width) * int(size) for width, size in shapes)
    # A queue keeps one word outside its memory.
    memories = engines.layers[0].memories
    words = memories["output"][1] + memories.get("gate_groups", (0, 0))[1]
    assert emitted == engines.memory_bits - words


class Forgetful(Cell):
    gates = "a"
    columns = {"a": "x"}

    def step(self, z, p, prev):
        return State(h=tanh(z.a) * prev.h + identity(z.a))


def test_a_gate_and_a_state_of_one_name_are_refused():
    with pytest.raises(CellError, match="'a' names two values"):
        _ = Forgetful().graph


def test_a_group_is_guarded_where_no_column_makes_it_wait_for_its_states():
    class Leaky(Forgetful):
        def step(self, z, p, prev):
            return State(h=tanh(z.a) * prev.h)

    assert LayerPlan(fixed(2, 2, cell=Leaky()).layers[0], 1).guarded
    assert not LayerPlan(fixed(2, 2).layers[0], 1).guarded
    assert not LayerPlan(classifier().layers[1], 1).guarded


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"parallel": 6},
            "lstm: units in parallel must be 1 to 5, the units of the layer, not 6",
        ),
        (
            {"parallel": 0},
            "lstm: units in parallel must be 1 to 5, the units of the layer, not 0",
        ),
        (
            {"parallel": 2, "columns": 3},
            "lstm: columns per cycle must be 1, 2, 4 or 8, not 3",
        ),
        ({"parallel": {"gru": 1}}, "Units in parallel must be given for a layer, not 'gru'"),
        (
            {"parallel": 1, "interval": -1},
            "Initiation interval must be at least 1 cycle, not -1",
        ),
        (
            {"parallel": 2, "columns": 0},
            "lstm: columns per cycle must be 1, 2, 4 or 8, not 0",
        ),
        (
            {"parallel": 1, "interval": 0},
            "Initiation interval must be at least 1 cycle, not 0",
        ),
        ({"multipliers": 0}, "Multipliers must be at least 1, not 0"),
        ({"steps": 0}, "Steps must be at least 1, not 0"),
    ],
)
def test_impossible_engines_are_refused(options, message):
    with pytest.raises(ValueError) as caught:
        plan(fixed(3, 5), **options)
    assert str(caught.value) == message


def test_a_budget_that_is_too_small_says_what_would_do():
    with pytest.raises(HwlstmError) as caught:
        plan(fixed(3, 5), multipliers=3)
    needed = int(str(caught.value).split("at least ")[1].split(";")[0])
    assert plan(fixed(3, 5), multipliers=needed).multipliers == needed


def test_memories_that_do_not_fit_the_device_are_refused():
    with pytest.raises(HwlstmError, match=r"^net: memories must fit the 122880 block RAM bits of"):
        plan(fixed(64, 64, cell=Traditional(), bits=10), device_name="ice40up5k")
