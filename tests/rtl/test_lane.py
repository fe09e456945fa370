"""Lane: exact sums at full rate, with idle cycles between beats."""

import numpy as np
import pytest

from hwlstm.plan.layer import lane_latency
from hwlstm.rtl.lane import Lane
from tests.rtl.run import simulate


@pytest.mark.parametrize("columns", [1, 2, 4, 8])
@pytest.mark.parametrize(("weight", "column"), [(4, 8), (8, 16), (16, 12)])
@pytest.mark.parametrize("held", [1, 3])
def test_every_sum_is_exact_and_arrives_after_the_latency(columns, weight, column, held):
    rng = np.random.default_rng(columns)
    beats, groups = 7, 5
    shape = (groups, beats, columns)
    w = rng.integers(-(2 ** (weight - 1)), 2 ** (weight - 1), shape)
    x = rng.integers(-(2 ** (column - 1)), 2 ** (column - 1), shape)
    w[0], x[0] = -(2 ** (weight - 1)), -(2 ** (column - 1))
    sums = (w * x).sum(axis=(1, 2)).tolist()
    largest = beats * columns * 2 ** (weight + column - 2)
    lane = Lane(
        columns=columns,
        weight=weight,
        column=column,
        accumulator=largest.bit_length() + 1,
        sums=held,
    )
    found = []

    async def drive(ctx):
        ends, cycle = [], 0
        for group in range(groups):
            for beat in range(beats):
                while rng.random() < 0.3:
                    ctx.set(lane.i_x, [0] * columns)
                    ctx.set(lane.i_first, 0)
                    ctx.set(lane.i_w, rng.integers(-2, 2, columns).tolist())
                    await step(ctx, ends, cycle)
                    cycle += 1
                ctx.set(lane.i_w, w[group, beat].tolist())
                ctx.set(lane.i_x, x[group, beat].tolist())
                ctx.set(lane.i_first, beat == 0)
                if beat == beats - 1:
                    ends.append(cycle + lane_latency(columns))
                await step(ctx, ends, cycle)
                cycle += 1
        ctx.set(lane.i_x, [0] * columns)
        ctx.set(lane.i_first, 0)
        for _ in range(lane_latency(columns) + 1):
            await step(ctx, ends, cycle)
            cycle += 1

    async def step(ctx, ends, cycle):
        if cycle in ends:
            found.append([ctx.get(one) for one in lane.o])
        await ctx.tick()

    simulate(lane, drive)
    assert [each[-1] for each in found] == sums
    assert found[held - 1 :] == [sums[k : k + held] for k in range(groups - held + 1)]


def test_columns_must_be_a_power_of_two():
    with pytest.raises(ValueError, match=r"^Lane columns must be a power of two, not 3$"):
        Lane(columns=3, weight=8, column=8, accumulator=20)
