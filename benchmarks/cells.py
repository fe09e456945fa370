"""What a cell costs in hardware, gate by gate, and what a Phased LSTM saves where it is closed.

Every design is emitted, simulated and synthesised; every output must leave in the cycle that the
plan predicts, else there is no row.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import hwlstm
from hwlstm.cells import Cell, Phased
from hwlstm.errors import ToolFailed
from hwlstm.load.cell import BUNDLED
from hwlstm.plan import NetworkPlan, network_times
from hwlstm.synth.synth import SynthReport
from tests.designs import fixed

__all__ = ["CELL_COLUMNS", "PHASED_COLUMNS", "cell_rows", "phased_rows"]

CELL_COLUMNS = [
    "cell",
    "interval",
    "parameters",
    "lanes",
    "multipliers",
    "DSP",
    "LUT sites",
    "FF",
    "block RAM",
    "read",
    "fits",
    "predicted",
    "measured",
    "equal",
]
PHASED_COLUMNS = [
    "units in parallel",
    "open ratio",
    "predicted",
    "measured",
    "without skipping",
    "gain",
    "equal",
]

DEVICE = "ecp5-25f"
INPUTS, UNITS, PARALLEL = 8, 32, 4
PHASED_UNITS = 64
OPEN_RATIO, LEAK = 0.1, 2.0**-10
OPEN_RATIOS = (1, 0.5, 0.2, 0.1, 0.05)

STEPS, WINDOW = 24, 12
"""Steps of a simulation, and the last ones of them that are counted: then a layer runs evenly."""

TIMED_STEPS = 1000


def cell_rows() -> Iterator[tuple]:
    """Every bundled recurrent cell at initiation interval 1, 2 and the largest that is free."""
    for name, make in BUNDLED.items():
        if name == "NP" or not make().recurrent:
            continue  # NP is Traditional
        network = recurrent(make(), UNITS)
        for interval in sorted({1, 2, largest_free(network)}):
            yield cell_row(name, planned(network, PARALLEL, interval))


def cell_row(name: str, plan: NetworkPlan) -> tuple:
    (layer,) = plan.layers
    with TemporaryDirectory(dir="rtl_out") as folder:
        build, predicted, measured, equal = simulated(plan, Path(folder))
        found, read = synthesised(build, plan.name)
    return (
        name,
        layer.interval,
        parameters(layer.layer),
        layer.lanes,
        layer.multipliers,
        found.dsp,
        found.lut_sites,
        found.ff,
        found.block_ram,
        read,
        "yes" if found.fits else "; ".join(found.excess),
        f"{float(predicted):.6g}",
        f"{float(measured):.6g}",
        equal,
    )


def synthesised(build: Path, name: str) -> tuple[SynthReport, str]:
    """The area, and which form of the design yosys read. Yosys 0.70 breaks an assertion of its own
    (in abc_ops_reintegrate) on a few netlists: then the emitted RTLIL is read for the Verilog."""
    last = None
    for suffix, read in ((".v", "Verilog"), (".il", "RTLIL")):
        work = build / f"synth_{read}"
        try:
            return hwlstm.synth(build / f"{name}{suffix}", name, DEVICE, work, place=False), read
        except ToolFailed as error:
            last = error
    raise last


def phased_rows() -> Iterator[tuple]:
    """Cycles of a Phased layer over the open ratio; without skipping: with a leak, which keeps
    every unit awake."""
    for parallel in (1, 2, 4):
        awake = recurrent(Phased(), PHASED_UNITS, time_gate(PHASED_UNITS, OPEN_RATIO, LEAK))
        whole = phased_cycles(awake, parallel)[1]
        for ratio in OPEN_RATIOS:
            network = recurrent(Phased(), PHASED_UNITS, time_gate(PHASED_UNITS, ratio, 0.0))
            predicted, measured, equal = phased_cycles(network, parallel)
            yield (
                parallel,
                ratio,
                f"{float(predicted):.1f}",
                f"{float(measured):.1f}",
                f"{float(whole):.1f}",
                f"{float(whole / measured):.1f} x",
                equal,
            )


def phased_cycles(network: hwlstm.FixedNetwork, parallel: int) -> tuple:
    with TemporaryDirectory() as folder:
        return simulated(planned(network, parallel), Path(folder))[1:]


def recurrent(cell: Cell, units: int, gate=None) -> hwlstm.FixedNetwork:
    """8-bit weights, 16-bit signals, seeded."""
    if cell.timed and gate is None:
        gate = time_gate(units, OPEN_RATIO, 0.0)
    return fixed(INPUTS, units, cell=cell, time_gate=gate, weights=8, bits=16)


def time_gate(units: int, ratio: float, leak: float) -> hwlstm.TimeGate:
    """Periods exp(U(1, 3)) steps, as in Neil, Pfeiffer & Liu 2016, and shifts within them."""
    rng = np.random.default_rng(0)
    period = np.exp(rng.uniform(1, 3, units))
    return hwlstm.TimeGate(period, rng.uniform(0, period), np.full(units, ratio), leak)


def planned(network: hwlstm.FixedNetwork, parallel: int, interval: int = 1) -> NetworkPlan:
    """One column a cycle; the plan chooses how many parts the cell pipeline shares."""
    return hwlstm.plan(network, parallel=parallel, columns=1, interval=interval)


def largest_free(network: hwlstm.FixedNetwork) -> int:
    """The largest initiation interval that, as predicted, takes no more cycles a step than 1."""
    first = planned(network, PARALLEL)
    most = first.layers[0].group_beats // PARALLEL
    choices = (planned(network, PARALLEL, interval) for interval in range(most, 0, -1))
    free = (plan for plan in choices if plan.cycles_per_step <= first.cycles_per_step)
    return next(free).layers[0].interval


def simulated(plan: NetworkPlan, folder: Path) -> tuple[Path, Fraction, Fraction, str]:
    """The build, cycles a step as predicted and as measured on the emitted Verilog, and what was
    compared."""
    timed = plan.layers[0].time_gate is not None
    steps, window = (TIMED_STEPS, TIMED_STEPS - 1) if timed else (STEPS, WINDOW)
    limits = plan.fixed.x
    rng = np.random.default_rng(2)
    x = rng.integers(limits.lo, limits.hi, (steps, plan.fixed.inputs), endpoint=True)
    build = hwlstm.write(plan, folder / "net", sequences=[x], keep=[False])
    run = hwlstm.verify(build)
    predicted = network_times(plan, [steps])[1]
    if predicted != run.output_cycles:
        raise SystemExit(f"{plan.layers[0]} does not take the predicted cycles")
    units = plan.layers[0].layer.units
    counted = [
        Fraction(cycles[-1] - cycles[-1 - window * units], window)
        for cycles in (predicted, run.output_cycles)
    ]
    return build, *counted, f"{run.compared} integers, every cycle"


def parameters(layer: hwlstm.FixedLayer) -> int:
    """Trained numbers; of a time gate period, shift and open ratio."""
    own = [leaf for leaf in layer.vectors if not leaf.startswith("time.")]
    timed = 3 if layer.time_gate else 0
    return layer.macs + layer.units * (len(layer.bias) + len(own) + timed)
