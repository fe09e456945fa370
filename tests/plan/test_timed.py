"""The predicted cycles of layers with closed groups, counted by hand; and which groups are open."""

from fractions import Fraction

import numpy as np
import pytest

from hwlstm.cells import GRU, NP, Phased
from hwlstm.fixed import Format
from hwlstm.network import Network
from hwlstm.plan import LayerPlan, NetworkPlan, cycles_per_step, network_times, open_share, plan
from hwlstm.plan.estimate import estimated_cycles
from hwlstm.plan.time_gate import TimeGatePlan
from hwlstm.plan.timing import QUEUE, EngineTimes, open_groups
from hwlstm.quantize import quantize
from hwlstm.time_gate import FixedTimeGate, TimeGate
from tests.designs import data, fixed, layer
from tests.invented import Delayed, InTurns, Late, LateColumns, LateOutput, NoMemory

OPEN, CLOSED = True, False
WALKED = 3
"""Cycles from the number of a unit to the push of its openness, with regular steps."""


def gate(units, *, period=8.0, shift=0.0, ratio=0.1, **options) -> TimeGate:
    full = np.ones(units)
    return TimeGate(period * full, shift * full, ratio * full, **options)


def engine(units, parallel, *, inputs=1, columns=1, interval=1, time_gate=None) -> LayerPlan:
    """The plan of a Phased layer."""
    time_gate = time_gate or gate(units)
    one = layer(Phased(), inputs, units, time_gate=time_gate)
    time = np.tile(np.arange(12.0), (16, 1)) if time_gate.stamped else None
    network = quantize(Network((one,), "net"), data(inputs), time)
    return LayerPlan(network.layers[0], parallel, columns, interval)


def latency(each: LayerPlan) -> int:
    """Cycles from the announcement of a unit to the write of its states, the last ones here."""
    assert each.schedule.latency("h") > each.schedule.latency("c")
    assert each.unit_cycle == 6
    return 6 + each.schedule.latency("h")


def test_the_first_steps_of_two_open_units_come_as_counted_by_hand():
    each = engine(2, 1)
    late, times = latency(each), EngineTimes(each)
    first = times.step([0], True, [OPEN, OPEN])
    # Accepted in 0, walked from 1 on; the first openness is pushed after 3 cycles, seen after 2.
    assert first.accepted == [0]
    assert first.issued == [[6, 7, 8], [9, 10, 11]]
    assert first.ends == [8, 11]
    assert first.outputs == [9 + late + QUEUE, 12 + late + QUEUE]
    second = times.step([0], False, [OPEN, OPEN])
    assert second.accepted == [1]
    # x at once, each state one cycle after it was written; then the other group.
    assert second.issued[0] == [12, 9 + late + 1, 12 + late + 1]
    assert second.issued[1] == [14 + late, 15 + late, 16 + late]


def test_closed_units_wait_for_their_own_states_only():
    each = engine(2, 1)
    late, times = latency(each), EngineTimes(each)
    first = times.step([0], True, [CLOSED, CLOSED])
    assert first.issued == [[], []]
    assert first.ends == [6, 7]
    assert first.outputs == [7 + late + QUEUE, 8 + late + QUEUE]
    second = times.step([0], False, [CLOSED, CLOSED])
    assert second.ends == [7 + late + 1, 8 + late + 1]
    third = times.step([0], False, [CLOSED, OPEN])
    assert third.accepted == [8]  # the first step was passed in 7
    assert third.ends[0] == 2 * late + 10
    # The open one waits for the state of the other: announced in 10 + late, written, one cycle.
    assert third.issued[1] == [2 * late + 11, 2 * late + 12, 2 * late + 13]


def test_a_first_open_group_of_a_reset_step_reads_its_columns_without_waiting():
    each = engine(2, 1)
    late, times = latency(each), EngineTimes(each)
    times.step([0], True, [OPEN, OPEN])
    second = times.step([0], True, [OPEN, CLOSED])
    # Only the last beat waits, for the unit's own states of the step before.
    assert second.issued == [[12, 13, 9 + late + 1], []]
    assert second.ends[1] == 12 + late + 1


def test_closed_groups_wait_for_the_whole_input_until_one_has_opened():
    each = engine(2, 1, inputs=2)
    assert EngineTimes(each).step([0, 50], True, [CLOSED, CLOSED]).ends == [51, 52]
    opened = EngineTimes(each).step([0, 50], True, [OPEN, CLOSED])
    assert opened.issued[0] == [6, 51, 52, 53]
    assert opened.ends == [53, 54]
    closed = EngineTimes(each).step([0, 50], True, [CLOSED, OPEN])
    assert closed.ends[0] == 51
    assert closed.issued[1] == [52, 53, 54, 55]


def test_the_openness_of_a_group_is_known_when_its_last_unit_was_walked():
    each = engine(5, 2)
    step = EngineTimes(each).step([3], True, [CLOSED] * 3)
    seen = [4 + last + WALKED + QUEUE for last in (1, 3, 4)]
    assert seen == [10, 12, 13]
    assert step.ends == [10, 12, 14]  # in 13 the drain has a unit of the group before to announce
    stamped = engine(5, 2, time_gate=gate(5, stamped=True))
    assert EngineTimes(stamped).step([3], True, [CLOSED] * 3).ends == [12, 14, 16]


def test_units_that_are_closed_still_leave_an_interval_apart():
    each = engine(3, 3, interval=4)
    step = EngineTimes(each).step([0], True, [CLOSED])
    assert np.diff(step.outputs).tolist() == [4, 4]
    two = EngineTimes(engine(4, 2, interval=4)).step([0], True, [CLOSED, CLOSED])
    assert np.diff(two.outputs).tolist() == [4, 4, 4]


def always(units, *, is_open) -> TimeGate:
    """A gate at phase 1/2 for ever: open at its peak, or closed."""
    return gate(units, period=1.0, shift=-0.5, ratio=1.0 if is_open else 0.2)


def test_cycles_per_step_of_a_layer_that_is_always_open_or_never():
    often, never = (engine(2, 1, time_gate=always(2, is_open=n)) for n in (True, False))
    # Announced, written, seen as the last column, one other group: 1 + late + 1 + 3 - 1 cycles.
    assert cycles_per_step(often) == latency(often) + 5
    assert open_share(often) == 1
    # Announced, written, passed.
    assert cycles_per_step(never) == latency(never) + 2
    assert open_share(never) == 0


def test_cycles_per_step_are_between_those_two_the_longer_the_gate_is_open():
    shares, found = [], []
    for ratio in (0.05, 0.2, 0.5, 0.9):
        time_gate = TimeGate(np.array([7.3, 9.1, 11.7, 5.3]), np.arange(4), np.full(4, ratio))
        each = engine(4, 1, inputs=20, time_gate=time_gate)
        shares.append(open_share(each))
        assert abs(shares[-1] - ratio) < 0.06
        found.append(cycles_per_step(each))
    assert shares == sorted(shares) and found == sorted(found)
    stamped = engine(4, 1, inputs=20, time_gate=gate(4, stamped=True))
    assert found[-1] < cycles_per_step(stamped) == estimated_cycles(stamped)


def test_a_step_that_is_open_every_other_time_costs_the_mean():
    # Phase 1/4 and 3/4 by turns, open up to 1/2.
    each = engine(2, 2, inputs=30, time_gate=gate(2, period=2.0, shift=-0.5, ratio=0.5))
    opens = open_groups(each, np.arange(4))
    assert opens == [[OPEN], [CLOSED], [OPEN], [CLOSED]]
    times = EngineTimes(each)
    steps = [times.step([0] * 30, k == 0, opens[k % 4]) for k in range(9)]
    pair = steps[8].ends[0] - steps[6].ends[0]
    assert abs(cycles_per_step(each) - Fraction(pair, 2)) < Fraction(1, 10)
    assert open_share(each) == Fraction(1, 2)


@pytest.mark.parametrize("inputs", [1, 7, 30])
@pytest.mark.parametrize(("units", "parallel"), [(1, 1), (2, 2), (5, 2), (9, 4)])
@pytest.mark.parametrize(("columns", "interval"), [(1, 1), (2, 1), (1, 3), (4, 8)])
def test_no_pattern_of_closed_groups_is_slower_than_the_plan_reckons(
    inputs, units, parallel, columns, interval
):
    each = engine(units, parallel, inputs=inputs, columns=columns, interval=interval)
    rng = np.random.default_rng(units)
    for share in (0.0, 0.3, 0.8, 1.0):
        times, ends = EngineTimes(each), []
        for k in range(40):
            opens = (rng.random(each.groups) < share).tolist()
            ends.append(times.step([0] * each.beats["x"], k == 0, opens).ends[-1])
        assert (ends[-1] - ends[9]) / 30 < estimated_cycles(each) + interval


def test_a_group_is_open_if_any_of_its_units_is():
    each = engine(5, 2)
    own = each.layer.time_gate
    opens, closes = np.array([0, 4, 8, 0, 12]), np.array([4, 8, 12, 0, 16])
    fixed_gate = FixedTimeGate(
        bits=8,
        phi=Format(4, 4, signed=False),
        start=np.zeros(5, dtype=np.int64),
        advance=np.full(5, 16),
        stamp=None,
        opens=opens,
        closes=closes,
    )
    object.__setattr__(each.layer, "time_gate", fixed_gate)
    try:
        found = open_groups(each, np.arange(17))
    finally:
        object.__setattr__(each.layer, "time_gate", own)
    first, second, third = [OPEN, CLOSED, CLOSED], [CLOSED, OPEN, CLOSED], [CLOSED, CLOSED, OPEN]
    assert found == 8 * [first] + 4 * [second] + 4 * [third] + [first]


def test_the_sizes_of_a_time_gate_are_those_of_its_units():
    small = engine(3, 2).time_gate
    assert isinstance(small, TimeGatePlan)
    assert (small.turn, small.word, small.latency, small.slots) == (4, 2, WALKED, 16)
    assert small.memories["gate_phase"] == (3, 32)
    stamped = engine(9, 4, time_gate=gate(9, stamped=True)).time_gate
    assert (stamped.turn, stamped.word, stamped.latency, stamped.slots) == (9, 4, 5, 64)
    assert "gate_phase" not in stamped.memories
    assert engine(1, 1).time_gate.slots == 4


@pytest.mark.parametrize("later", [NP(), GRU(), Phased()], ids=lambda cell: cell.name)
def test_no_number_leaves_a_layer_before_the_next_one_takes_it(later):
    """Between engines there is no queue but that of the output, which is before its stream."""
    layers = (
        layer(Phased(), 8, 4, time_gate=gate(4, period=120.0, shift=-60.0, ratio=0.5)),
        layer(later, 4, 4, name="second"),
    )
    engines = plan(quantize(Network(layers, "net"), data(8, steps=80)), parallel=1)
    assert isinstance(engines, NetworkPlan)
    assert engines.layers[1].columns == 1
    (first, second), _ = network_times(engines, [100])
    left = [cycle for step in first for cycle in step.outputs]
    assert left == [cycle for step in second for cycle in step.accepted]


@pytest.mark.parametrize(
    "cell",
    [NP(), GRU(), Delayed(), InTurns(), Late(), LateColumns(), LateOutput()],
    ids=lambda cell: cell.name,
)
@pytest.mark.parametrize(("units", "parallel", "interval"), [(1, 1, 1), (8, 2, 1), (8, 3, 4)])
def test_a_consumer_that_is_always_ready_never_causes_a_stall(
    cell, units, parallel, interval, monkeypatch
):
    each = LayerPlan(fixed(1, units, cell=cell).layers[0], parallel, 1, interval)
    found = cycles_per_step(each)
    monkeypatch.setattr(LayerPlan, "fifo_depth", 1000)
    assert found == cycles_per_step(each)


def test_a_timed_layer_counts_every_step_and_must_read_them_all():
    """Behind the last step of a sequence, how many went before would be unknown."""
    with pytest.raises(ValueError, match=r"^dense: .* must read all steps, not the last$"):
        layer(NoMemory(), 3, 3, name="dense", reads="last", time_gate=gate(3))
