"""Engine with closed groups; and with cells whose states are read and written at other times than
those of an LSTM. Every output exact, every cycle as predicted.
"""

import numpy as np
import pytest

from hwlstm.cells import Phased
from hwlstm.golden import run_sequences
from hwlstm.network import Network
from hwlstm.plan import LayerPlan
from hwlstm.plan.network import step_counts
from hwlstm.plan.timing import EngineTimes, open_groups
from hwlstm.quantize import quantize
from hwlstm.rtl.engine import Engine
from hwlstm.time_gate import TimeGate
from tests.designs import data, layer
from tests.invented import (
    Delayed,
    Late,
    LateColumns,
    LatePhase,
    NoMemory,
    OwnPast,
    PhasedGRU,
)
from tests.rtl.run import LIMIT, simulate

SMALL = {"bits": 8, "weights": 8, "resources": []}

OPENS_AT = [1, 6, 4, 1, 3]
"""The one of eight steps at which each unit is open; in groups of two: both of the first groups,
the last one alone, the middle one alone, the first one alone, and four times none."""


def in_turns(*, stamped=False) -> TimeGate:
    """A gate that is open at the time OPENS_AT, modulo 8."""
    units = len(OPENS_AT)
    shift = np.array(OPENS_AT) - 0.4
    return TimeGate(np.full(units, 8.0), shift, np.full(units, 0.1), stamped=stamped)


def quantised(cell, inputs, units, *, gate=None, formats=None, **numbers):
    """A quantised network of one layer; stamps are whole numbers of 0 to 31."""
    recurrent = layer(cell, inputs, units, initial=True, time_gate=gate)
    x, time = data(inputs), None
    if gate and gate.stamped:
        time, formats = np.tile(np.arange(12.0), (16, 1)), {"lstm.t": "UQ5.0"}
    return quantize(Network((recurrent,), "net"), x, time, formats=formats, **(numbers or SMALL))


def run(network, engine, lengths, keep, *, offered=None, idle=0.0, backpressure=0.0):
    """Every output and every named value of the engine and of the golden model, and the measured
    and predicted cycles.

    Parameters
    ----------
    offered : list of int
        The cycle in which the source offers each beat; at once if not given.
    """
    rng = np.random.default_rng(17)
    x, dut = network.x, Engine(engine)
    sequences = [rng.integers(x.lo, x.hi, (n, network.inputs), endpoint=True) for n in lengths]
    stamps = None
    if network.stamp:
        stamps = [np.sort(rng.integers(0, network.stamp.hi, n, endpoint=True)) for n in lengths]
    traces = run_sequences(network, sequences, keep, stamps)
    expected = {
        name: np.concatenate([trace.layers["lstm"][name][0] for trace in traces]).ravel().tolist()
        for name in engine.schedule.named
    }
    expected["output"] = expected[engine.layer.output]
    beats, resets = [], []
    for k, sequence in enumerate(sequences):
        for t, row in enumerate(sequence):
            padded = np.concatenate([row, np.zeros(-len(row) % engine.columns, dtype=int)])
            flags = {"first": int(t == 0 and not keep[k]), "last": int(t == len(sequence) - 1)}
            resets.append(bool(flags["first"]))
            for n, beat in enumerate(padded.reshape(-1, engine.columns).tolist()):
                time = {"time": int(stamps[k][t]) if n == 0 else network.stamp.hi} if stamps else {}
                beats.append({"data": beat, **flags, **time})
    offered = offered or [0] * len(beats)
    found, units, taken, left = {name: [] for name in expected}, [], [], []
    late = {name: engine.schedule.latency(name) for name in engine.schedule.named}

    def watch(ctx, cycle):
        """The named values of the units that entered the cell pipeline so many cycles ago."""
        if ctx.get(dut.tap_valid):
            units.append(cycle)
        for name, cycles in late.items():
            if len(found[name]) < len(units) and units[len(found[name])] + cycles == cycle:
                found[name].append(ctx.get(getattr(dut, f"tap_{name}")))

    async def drive(ctx):
        waiting, rests = list(zip(beats, offered, strict=True)), True
        for cycle in range(LIMIT):
            if waiting and rests and cycle >= waiting[0][1] and rng.random() >= idle:
                ctx.set(dut.i.payload, waiting[0][0])
                rests = False
            ctx.set(dut.i.valid, not rests)
            ready = rng.random() >= backpressure
            ctx.set(dut.o.ready, ready)
            if not rests and ctx.get(dut.i.ready):
                taken.append(cycle)
                waiting.pop(0)
                rests = True
            if ctx.get(dut.o.valid) and ready:
                found["output"].append(ctx.get(dut.o.p.data))
                left.append(cycle)
            watch(ctx, cycle)
            await ctx.tick()
            if all(len(found[name]) == len(values) for name, values in expected.items()):
                return
        raise AssertionError(f"{len(left)} of {len(expected['output'])} came in {LIMIT} cycles")

    simulate(dut, drive)
    counts = np.concatenate(stamps) if stamps else step_counts(lengths, keep)
    opens = open_groups(engine, counts) if engine.time_gate else [None] * len(resets)
    times, each = EngineTimes(engine), engine.beats["x"]
    steps = [
        times.step(offered[k * each :][:each], reset, is_open)
        for k, (reset, is_open) in enumerate(zip(resets, opens, strict=True))
    ]
    return {
        "found": found,
        "expected": expected,
        "measured": (taken, left),
        "predicted": (
            [cycle for step in steps for cycle in step.accepted],
            [cycle for step in steps for cycle in step.outputs],
        ),
        "opens": opens,
    }


LENGTHS = [9, 1, 1, 4]
KEEP = [False, False, True, True]


@pytest.mark.parametrize("stall", [(0.9, 0.0), (0.0, 0.9), (0.5, 0.5)], ids=str)
@pytest.mark.parametrize("stamped", [False, True], ids=["regular", "stamped"])
def test_closed_groups_leave_every_output_exact_whatever_the_stalls(stamped, stall):
    network = quantised(Phased(), 2, 5, gate=in_turns(stamped=stamped))
    engine = LayerPlan(network.layers[0], 2)
    found = run(network, engine, LENGTHS, KEEP, idle=stall[0], backpressure=stall[1])
    assert found["found"] == found["expected"]
    patterns = {tuple(step) for step in found["opens"]}
    assert {(False, False, False), (True, True, False), (False, False, True)} <= patterns


@pytest.mark.parametrize("gap", [0, 30])
@pytest.mark.parametrize(
    ("cell", "inputs", "parallel", "columns", "interval"),
    [
        (Phased(), 3, 2, 1, 1),
        (Phased(), 1, 5, 4, 2),
        (Phased(), 4, 1, 2, 3),
        (PhasedGRU(), 3, 4, 1, 5),
    ],
)
def test_every_beat_and_output_comes_as_predicted_however_slowly_the_input_comes(
    cell, inputs, parallel, columns, interval, gap
):
    network = quantised(cell, inputs, 5, gate=in_turns())
    engine = LayerPlan(network.layers[0], parallel, columns, interval)
    rng = np.random.default_rng(gap)
    beats = engine.beats["x"] * sum(LENGTHS)
    offered = np.cumsum(rng.integers(0, gap + 1, beats)).tolist()
    found = run(network, engine, LENGTHS, KEEP, offered=offered)
    assert found["found"] == found["expected"]
    assert found["measured"] == found["predicted"]


def a_gate(units):
    return TimeGate(np.full(units, 5.3), np.arange(units), np.full(units, 0.4))


SINGLES = [1] * 40
CELLS = [
    (Late(), [6, 2, 3]),
    (Delayed(), [6, 2, 3]),
    (LateColumns(), [6, 2, 3]),
    (LateColumns(), SINGLES),
    (OwnPast(), [6, 2, 3]),
    (LatePhase(), [20, 2, 3]),
    (LatePhase(), SINGLES),
    (NoMemory(), [20, 2, 3]),
]


@pytest.mark.parametrize(("units", "parallel", "interval"), [(1, 1, 1), (2, 1, 2), (3, 2, 1)])
@pytest.mark.parametrize(
    ("cell", "lengths"), CELLS, ids=[f"{cell.name}-{len(lengths)}" for cell, lengths in CELLS]
)
def test_states_may_be_read_and_written_in_any_cycle(cell, lengths, units, parallel, interval):
    gate = a_gate(units) if cell.timed else None
    network = quantised(cell, 1, units, gate=gate, bits=14)  # activations take some cycles
    engine = LayerPlan(network.layers[0], parallel, 1, interval)
    keep = [False] * (len(lengths) - 1) + [True]
    found = run(network, engine, lengths, keep)
    assert found["found"] == found["expected"]
    assert found["measured"] == found["predicted"]
