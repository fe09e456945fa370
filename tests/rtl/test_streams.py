"""The small parts around the engines: Limit, LastStep, Packer, ArgMax."""

import numpy as np
import pytest
from amaranth import signed
from amaranth.lib import data

from hwlstm.rtl.argmax import ArgMax
from hwlstm.rtl.last_step import LastStep
from hwlstm.rtl.limit import Limit
from hwlstm.rtl.packer import Packer
from tests.rtl.run import receive, send, simulate

STALLS = [0.0, 0.5]


def flags(steps, size, lengths):
    """(first, last) of every number of a run of sequences."""
    found = []
    for length in lengths:
        for t in range(length):
            found += [(int(t == 0), int(t == length - 1))] * size
    assert len(found) == steps * size
    return found


def run(unit, payloads, count, stall):
    rng = np.random.default_rng(1)
    result = []

    async def source(ctx):
        await send(ctx, unit.i, payloads, idle=stall, rng=rng)

    async def sink(ctx):
        found, _ = await receive(ctx, unit.o, count, backpressure=stall, rng=rng)
        result.extend(found)

    simulate(unit, source, sink)
    return result


@pytest.mark.parametrize("stall", STALLS)
def test_only_the_last_step_of_every_sequence_passes(stall):
    layout = data.StructLayout({"data": signed(8), "first": 1, "last": 1})
    lengths = [3, 1, 2, 1]
    marks = flags(7, 4, lengths)
    payloads = [{"data": n, "first": f, "last": e} for n, (f, e) in enumerate(marks)]
    found = run(LastStep(layout), payloads, 16, stall)
    assert [p.data for p in found] == [p["data"] for p in payloads if p["last"]]


def test_what_is_dropped_does_not_wait_for_the_consumer():
    layout = data.StructLayout({"data": signed(8), "first": 1, "last": 1})
    unit, found = LastStep(layout), []

    async def drive(ctx):
        for last in (0, 1):
            ctx.set(unit.i.payload, {"data": 5, "first": 0, "last": last})
            await ctx.delay(1e-7)
            found.append(ctx.get(unit.i.ready))

    simulate(unit, drive)
    assert found == [1, 0]


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize(("size", "columns"), [(5, 1), (5, 2), (6, 2), (3, 4), (9, 4)])
def test_beats_hold_the_numbers_in_order_and_zeros_behind(size, columns, stall):
    marks = flags(6, size, [2, 1, 3])
    numbers = np.random.default_rng(size).integers(-128, 128, 6 * size).tolist()
    payloads = [
        {"data": n, "first": f, "last": e} for n, (f, e) in zip(numbers, marks, strict=True)
    ]
    beats = -(-size // columns)
    found = run(Packer(signed(8), size=size, columns=columns), payloads, 6 * beats, stall)
    for k, beat in enumerate(found):
        step, place = divmod(k, beats)
        here = numbers[step * size :][:size][place * columns :][:columns]
        assert [beat.data[c] for c in range(columns)] == here + [0] * (columns - len(here))
        assert (beat.first, beat.last) == marks[step * size]


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("size", [1, 2, 7])
def test_the_index_of_the_largest_wins_and_the_first_on_a_tie(size, stall):
    rng = np.random.default_rng(size)
    vectors = rng.integers(-3, 3, (40, size))
    vectors[0] = -128
    payloads = [{"data": n, "first": 1, "last": 0} for n in vectors.ravel().tolist()]
    found = run(ArgMax(signed(8), size=size), payloads, 40, stall)
    assert [p.data for p in found] == vectors.argmax(axis=1).tolist()
    assert {(p.first, p.last) for p in found} == {(1, 0)}


def completed(beats, size):
    """(data, last) of what must leave the Limit: the missing beats of a step are 0 and last."""
    found = []
    for number, last in beats:
        found.append((number, last))
        while last and len(found) % size:
            found.append((0, 1))
    return found


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_a_step_that_is_cut_is_completed_and_reported_once(size, stall):
    rng = np.random.default_rng(size)
    lengths = [1, size, 2, size + 1, 2 * size, 1, *rng.integers(1, 3 * size + 1, 12)]
    beats = [(int(rng.integers(1, 128)), int(k == n - 1)) for n in lengths for k in range(n)]
    layout = data.StructLayout({"data": signed(8), "first": 1, "last": 1})
    unit, errors, taken = Limit(layout, beats=size), [], []
    expected = completed(beats, size)

    async def watch(ctx):
        async for _, _, valid, ready, error in ctx.tick().sample(
            unit.i.valid, unit.i.ready, unit.error
        ):
            taken.append(valid & ready)
            errors.append(error)

    payloads = [{"data": n, "first": 0, "last": e} for n, e in beats]
    stalls = np.random.default_rng(1)
    found = []

    async def source(ctx):
        await send(ctx, unit.i, payloads, idle=stall, rng=stalls)

    async def sink(ctx):
        passed, cycles = await receive(ctx, unit.o, len(expected), backpressure=stall, rng=stalls)
        found.extend((beat.data, beat.last) for beat in passed)
        assert stall or cycles == list(range(len(expected)))
        await ctx.tick()

    simulate(unit, watch, source, sink)
    cycles = [cycle for cycle, passes in enumerate(taken) if passes]
    broken = [end for n, end in zip(lengths, np.cumsum(lengths) - 1, strict=True) if int(n) % size]
    assert found == expected
    assert [k for k, error in enumerate(errors) if error] == [cycles[end] + 1 for end in broken]
