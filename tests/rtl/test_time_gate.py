"""TimeGate alone: every phase, the openness of every group, and in which cycle they are known."""

import numpy as np
import pytest

from hwlstm.fixed import Format
from hwlstm.plan.time_gate import TimeGatePlan
from hwlstm.plan.timing import QUEUE
from hwlstm.rtl.time_gate import TimeGate
from hwlstm.time_gate import FixedTimeGate
from tests.rtl.run import LIMIT, simulate

SHAPES = [(1, 1), (2, 1), (3, 3), (3, 2), (4, 4), (7, 3), (33, 4)]
"""(units, units of a group): one unit, fewer than a turn takes, one group, a smaller last one."""


def a_gate(units, *, bits=20, phi=7, stamp=None, seed=0) -> FixedTimeGate:
    """Random phases, and the extremes; open for half a turn, but the first of many units never."""
    rng = np.random.default_rng([seed, units])
    start, advance = rng.integers(0, 1 << bits, (2, units))
    start[0] = (1 << bits) - 1
    if units > 1:
        advance[1] = (1 << bits) - 1
    opens = rng.integers(0, (1 << phi - 1) + 1, units)
    closes = opens + (1 << phi - 1)
    if units > 2:
        opens[0] = closes[0] = 0
    return FixedTimeGate(
        bits=bits,
        phi=Format(phi, phi, signed=False),
        start=start,
        advance=advance,
        stamp=Format(stamp, 0, signed=False) if stamp else None,
        opens=opens,
        closes=closes,
    )


def walk(gate, units, parallel, steps, *, gaps=0.0, slow=0.0, seed=1):
    """Announce steps as an input buffer does, and take groups as a sequencer does.

    Parameters
    ----------
    steps : list of (first, time)
    gaps, slow : float
        Probability per cycle that no step is announced, that no group is taken, that no unit is
        read.

    Returns
    -------
    Raw phi and openness of every unit, one after the other; openness of every group; the cycles in
    which steps were announced and groups were first known.
    """
    plan = TimeGatePlan(gate, units, parallel)
    dut = TimeGate(plan)
    rng = np.random.default_rng(seed)
    sizes = [min(parallel, units - k) for k in range(0, units, parallel)] * len(steps)
    found = {"phi": [], "unit": [], "group": [], "announced": [], "known": []}

    async def drive(ctx):
        taken = read = 0
        for cycle in range(LIMIT):
            waiting = len(found["announced"]) - len(found["group"]) * len(steps) // len(sizes)
            begins = len(found["announced"]) < len(steps) and waiting < 2 and rng.random() >= gaps
            first, time = steps[len(found["announced"])] if begins else (1, -1)
            ctx.set(dut.step, begins)
            ctx.set(dut.step_first, first)
            if gate.stamped:
                ctx.set(dut.step_time, time & gate.stamp.hi)
            if begins:
                found["announced"].append(cycle)
            ready = ctx.get(dut.group_ready)
            if ready and len(found["known"]) == len(found["group"]):
                found["known"].append(cycle)
            size = sizes[len(found["group"])] if ready else 0
            takes = ready and taken - read + size <= units and rng.random() >= slow
            ctx.set(dut.group_take, takes)
            if takes:
                found["group"].append(ctx.get(dut.group_open))
            reads = read < taken and rng.random() >= slow
            ctx.set(dut.phi_slot, read % plan.slots)
            ctx.set(dut.open_slot, read % plan.slots)
            await ctx.tick()
            if reads:
                found["phi"].append(ctx.get(dut.phi))
                found["unit"].append(ctx.get(dut.open))
            taken, read = taken + size * takes, read + reads
            if read == units * len(steps):
                return
        raise AssertionError(f"{read} of {units * len(steps)} units were known in {LIMIT} cycles")

    simulate(dut, drive)
    return found


def counted(lengths, keep):
    """(first, count) of every step of some sequences with regular steps."""
    steps = []
    for length, held in zip(lengths, keep, strict=True):
        begun = steps[-1][1] + 1 if held else 0
        steps += [(int(t == 0 and not held), begun + t) for t in range(length)]
    return steps


def check(found, gate, counts, parallel):
    """Phases and openness as FixedTimeGate has them."""
    phi = gate.phase(np.array(counts))
    is_open = gate.is_open(phi)
    starts = np.arange(0, phi.shape[1], parallel)
    assert found["phi"] == phi.ravel().tolist()
    assert found["unit"] == is_open.ravel().tolist()
    assert found["group"] == np.logical_or.reduceat(is_open, starts, axis=1).ravel().tolist()


STALLS = [(0.0, 0.0), (0.8, 0.0), (0.0, 0.8), (0.5, 0.5)]


@pytest.mark.parametrize(("gaps", "slow"), STALLS)
@pytest.mark.parametrize(("units", "parallel"), SHAPES)
def test_regular_phases_wrap_and_start_again_with_a_sequence(units, parallel, gaps, slow):
    gate = a_gate(units)
    steps = counted([9, 1, 1, 12, 2, 5, 1, 1, 1, 20], [0, 0, 1, 0, 1, 0, 0, 1, 1, 0])
    found = walk(gate, units, parallel, steps, gaps=gaps, slow=slow)
    check(found, gate, [count for _, count in steps], parallel)
    assert 0 < sum(found["unit"]) < len(found["unit"])


@pytest.mark.parametrize(("gaps", "slow"), STALLS)
@pytest.mark.parametrize(("units", "parallel"), SHAPES)
def test_stamped_phases_are_those_of_the_stamp_alone(units, parallel, gaps, slow):
    gate = a_gate(units, bits=27, stamp=20)
    rng = np.random.default_rng(units)
    times = np.sort(rng.integers(0, 1 << 20, 12)).tolist()
    times += [gate.stamp.hi, gate.stamp.hi, 0, 0, 1, *times[::-1]]
    steps = [(int(rng.random() < 0.3), time) for time in times]
    found = walk(gate, units, parallel, steps, gaps=gaps, slow=slow)
    check(found, gate, times, parallel)


@pytest.mark.parametrize(
    ("bits", "phi", "stamp"),
    [(2, 2, None), (32, 17, None), (17, 17, None), (3, 2, 1), (48, 17, 31), (34, 3, 31)],
)
def test_any_width_of_phase_and_stamp_is_exact(bits, phi, stamp):
    gate = a_gate(3, bits=bits, phi=phi, stamp=stamp)
    steps = counted([6, 3, 9], [False, True, False])
    counts = [count for _, count in steps]
    if stamp:
        counts = np.random.default_rng(bits).integers(0, 1 << stamp, len(steps)).tolist()
        steps = [(0, time) for time in counts]
    check(walk(gate, 3, 2, steps, slow=0.3), gate, counts, 2)


@pytest.mark.parametrize("stamp", [None, 8])
@pytest.mark.parametrize(("units", "parallel"), SHAPES)
def test_a_group_is_known_in_the_predicted_cycle(units, parallel, stamp):
    gate = a_gate(units, stamp=stamp)
    plan = TimeGatePlan(gate, units, parallel)
    found = walk(gate, units, parallel, [(0, t) for t in range(8)], gaps=0.9)
    walked, known = -100, []
    for announced in found["announced"]:
        walked = max(announced + 1, walked + plan.turn)
        for start in range(0, units, parallel):
            last = min(start + parallel, units) - 1
            known.append(walked + last + plan.latency + QUEUE)
    assert found["known"] == known


def test_a_step_takes_a_cycle_a_unit_and_at_least_four():
    sizes = [TimeGatePlan(a_gate(units), units, 1).turn for units in (1, 3, 4, 9)]
    assert sizes == [4, 4, 4, 9]
