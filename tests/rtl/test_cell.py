"""CellPipeline: bit-exact to the integer reader, at every initiation interval."""

import numpy as np
import pytest

from hwlstm.cells import Affine, Cell, State, Traditional, Vanilla, narrow, select, sigmoid, tanh
from hwlstm.golden.cell import IntegerGraph
from hwlstm.network import Network
from hwlstm.plan.schedule import EARLIEST, schedule
from hwlstm.quantize import quantize
from hwlstm.rtl.cell import CellPipeline, leaf_port, value_port
from tests.designs import data, layer
from tests.rtl.run import simulate


class Everything(Cell):
    """Every operation that a graph can hold: an invented cell, for the mechanism's sake."""

    gates = "a d"
    peepholes = "a"

    def step(self, z, p, prev):
        a = sigmoid(z.a + p.a * prev.h)
        u = narrow("u", a * prev.h - 0.5)
        d = tanh(z.d)
        return State(h=select(u < d, (1 - a) * u, d * d) + a, s=narrow("v", prev.s - u) * a)


CELLS = {
    "vanilla": Vanilla(),
    "traditional": Traditional(),
    "affine": Affine(),
    "everything": Everything(),
}


def inputs(fixed_layer, count, rng):
    """Raw leaves: random, with every corner of the ranges among them."""
    leaves = {}
    for leaf, span in fixed_layer.leaves.items():
        values = rng.integers(span.lo, span.hi, count, endpoint=True)
        corners = rng.random(count) < 0.3
        values[corners] = rng.choice([span.lo, 0, span.hi], corners.sum())
        leaves[leaf] = values
    return leaves


NUMBERS = {
    "16 bit": {},
    "9 bit": {"bits": 9, "weights": 5},
    "finer than exact": {"bits": 9, "weights": 3, "margin": 4},
}


@pytest.mark.parametrize("interval", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("name", CELLS)
def test_every_named_value_equals_the_integer_reader(name, numbers, interval):
    cell, rng = CELLS[name], np.random.default_rng(interval)
    net = Network((layer(cell, 3, 4),), "net")
    given = dict(NUMBERS[numbers])
    if numbers == "finer than exact":
        finer = [n for n in cell.graph.names.values() if n not in cell.graph.activations]
        given["formats"] = {f"lstm.{n}": "Q6.20" for n in finer if not n.startswith("pre_")}
        given["formats"] |= {f"lstm.{n}": "Q4.14" for n in finer if n.startswith("pre_")}
        if name in ("vanilla", "traditional"):
            given["formats"]["lstm.c"] = "Q3.15"
    (fixed_layer,) = quantize(net, data(3), **given).layers
    plan = schedule(fixed_layer, interval)
    pipeline = CellPipeline(layer=fixed_layer, schedule=plan, phase=EARLIEST)
    units = 60
    leaves = inputs(fixed_layer, units, rng)
    expected = IntegerGraph(fixed_layer.step).step(leaves)
    found = {signal: [] for signal in plan.named}
    # Units start on the grid of the interval, sometimes later than the next place.
    starts = np.cumsum(interval * (1 + (rng.random(units) < 0.3))) - EARLIEST
    starts -= starts[0] + EARLIEST

    async def drive(ctx):
        ctx.set(pipeline.run, 1)
        for cycle in range(int(starts[-1]) + max(map(plan.latency, plan.named)) + 1):
            for leaf, arrival in plan.arrival.items():
                now = np.flatnonzero(starts + arrival == cycle)
                raw = int(leaves[leaf][now[0]] if len(now) else rng.integers(-9, 9))
                ctx.set(getattr(pipeline, leaf_port(leaf)), raw)
            for signal in plan.named:
                if cycle - plan.latency(signal) in starts:
                    found[signal].append(ctx.get(getattr(pipeline, value_port(signal))))
            await ctx.tick()

    simulate(pipeline, drive)
    for signal, values in found.items():
        assert values == expected[signal].tolist(), signal


def test_sharing_saves_multipliers_and_keeps_the_names():
    (fixed_layer,) = quantize(Network((layer(Traditional(), 3, 4),), "net"), data(3)).layers
    multipliers = [schedule(fixed_layer, interval).multipliers for interval in (1, 2, 4)]
    assert multipliers[0] > multipliers[1] > multipliers[2]
