"""Engine: bit-exact at every shape, under stalls; and in exactly the predicted cycles."""

import numpy as np
import pytest

from hwlstm.cells import Affine, Traditional, Vanilla
from hwlstm.golden import run_sequences
from hwlstm.plan.layer import LayerPlan
from hwlstm.plan.timing import EngineTimes
from hwlstm.rtl.engine import Engine
from tests.designs import fixed
from tests.rtl.run import LIMIT, receive, send, simulate

LENGTHS = [4, 1, 3, 1, 1, 2]
KEEP = [False, False, True, True, False, True]


def beats(x, columns, keep):
    """Payloads of a sequence (steps, inputs)."""
    found = []
    for t, row in enumerate(x):
        padded = np.concatenate([row, np.zeros(-len(row) % columns, dtype=int)])
        first = int(t == 0 and not keep)
        last = int(t == len(x) - 1)
        for beat in padded.reshape(-1, columns):
            found.append({"data": beat.tolist(), "first": first, "last": last})
    return found


@pytest.mark.parametrize("stall", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(
    ("cell", "inputs", "units", "parallel", "columns", "interval"),
    [
        (Traditional(), 3, 4, 2, 1, 1),
        (Traditional(), 1, 5, 5, 4, 1),
        (Vanilla(), 4, 7, 3, 2, 1),
        (Vanilla(), 5, 6, 4, 1, 3),
        (Affine(), 5, 3, 2, 2, 1),
        (Traditional(), 2, 1, 1, 1, 2),
    ],
)
def test_every_output_is_exact_whatever_the_stalls(
    cell, inputs, units, parallel, columns, interval, stall
):
    network = fixed(inputs, units, cell=cell, initial=cell.name != "Affine", seed=units)
    unit = Engine(LayerPlan(network.layers[0], parallel, columns, interval))
    rng = np.random.default_rng(7)
    sequences = [
        rng.integers(network.x.lo, network.x.hi, (n, inputs), endpoint=True) for n in LENGTHS
    ]
    traces = run_sequences(network, sequences, KEEP)
    expected = np.concatenate([trace.output[0] for trace in traces]).ravel().tolist()
    ends = [n == t for n in LENGTHS for t in range(1, n + 1) for _ in range(units)]
    found = []

    async def source(ctx):
        for x, keep in zip(sequences, KEEP, strict=True):
            await send(ctx, unit.i, beats(x, columns, keep), idle=stall, rng=rng)

    async def sink(ctx):
        got, _ = await receive(ctx, unit.o, len(expected), backpressure=stall, rng=rng)
        found.extend(got)

    simulate(unit, source, sink)
    assert [payload.data for payload in found] == expected
    assert [payload.last for payload in found] == ends


TIMED = [
    (Traditional(), inputs, units, parallel, columns, 1)
    for inputs, units, parallel in [
        (8, 8, 8),
        (6, 20, 5),
        (1, 20, 5),
        (7, 19, 5),
        (1, 1, 1),
        (2, 3, 3),
    ]
    for columns in (1, 2, 4)
] + [
    (Vanilla(), 6, 20, 5, 1, 2),
    (Vanilla(), 8, 8, 8, 1, 3),
    (Vanilla(), 7, 19, 5, 2, 5),
    (Affine(), 16, 10, 1, 1, 1),
    (Affine(), 6, 10, 4, 1, 1),
    (Affine(), 3, 9, 4, 2, 1),
    (Affine(), 1, 8, 8, 1, 4),
]


@pytest.mark.parametrize(("cell", "inputs", "units", "parallel", "columns", "interval"), TIMED)
def test_every_beat_and_every_output_comes_in_the_predicted_cycle(
    cell, inputs, units, parallel, columns, interval
):
    plan = LayerPlan(fixed(inputs, units, cell=cell).layers[0], parallel, columns, interval)
    unit = Engine(plan)
    resets = [t == 0 for n in (5, 2, 1, 1, 3) for t in range(n)]
    late = inputs % 3  # the source starts some cycles after reset, and nothing may depend on it
    taken, left = [], []

    async def source(ctx):
        for _ in range(late):
            await ctx.tick()
        for reset in resets:
            payload = {"data": [1] * columns, "first": reset, "last": 0}
            await send(ctx, unit.i, [payload] * plan.beats["x"])

    async def watch(ctx):
        ctx.set(unit.o.ready, 1)
        for cycle in range(-late, LIMIT):
            if ctx.get(unit.i.valid) and ctx.get(unit.i.ready):
                taken.append(cycle)
            if ctx.get(unit.o.valid):
                left.append(cycle)
            if len(left) == units * len(resets):
                return
            await ctx.tick()

    simulate(unit, source, watch)
    times = EngineTimes(plan)
    predicted = [times.step([0] * plan.beats["x"], reset) for reset in resets]
    assert taken == [cycle for step in predicted for cycle in step.accepted]
    assert left == [cycle for step in predicted for cycle in step.outputs]
