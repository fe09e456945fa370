"""python -m benchmarks [TABLE ...]: every performance figure of docs/measured.md, measured anew.

Tables: cycles, golden, simulation, area, activations, cells, phased, training, quantisation.
Figures depend on the machine where they are times, and on the versions of the tools where they are
areas and clocks; both are printed.
"""

import argparse
import inspect
import json
import tempfile
import time
from pathlib import Path

import numpy as np

import hwlstm
from hwlstm.cells import Traditional
from hwlstm.digits import MODEL, load_data
from hwlstm.fixed import narrow
from hwlstm.golden.engine import IntegerEngine
from hwlstm.plan import network_times
from tests.designs import SHAPES

from .activations import (
    ACTIVATION_COLUMNS,
    MULTIPLIER_COLUMNS,
    activation_rows,
    multiplier_rows,
)
from .cells import CELL_COLUMNS, PHASED_COLUMNS, cell_rows, phased_rows
from .page import kept, provenance
from .quantisation import (
    RANDOM_COLUMNS,
    ROUNDING_COLUMNS,
    TRAINED_COLUMNS,
    random_rows,
    rounding_rows,
    trained_rows,
)
from .training import FINE_TUNING_COLUMNS, TRAINING_COLUMNS, fine_tuning_rows, training_rows

STEPS = 20


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("table", nargs="*", choices=[[], *TABLES], help="all, unless named")
    options.add_argument("--json", type=Path, help="write the rows as JSON")
    options.add_argument("--out", type=Path, help="write what is printed as a page")
    chosen = options.parse_args()
    with kept(chosen.out):
        print(f"{provenance()}\n")
        rows = {name: measured(name) for name in chosen.table or TABLES}
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1) + "\n")


def measured(name: str) -> list[dict]:
    """The rows of a table, printed under its name and what its function says of it."""
    print(f"## {name.capitalize()}\n\n{inspect.getdoc(TABLES[name])}\n")
    return TABLES[name]()


def table(title: str, columns: list[str], rows) -> list[dict]:
    """Print rows as they come, as Markdown; return them."""
    print(f"### {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    found = []
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)
        found.append(dict(zip(columns, map(str, row), strict=True)))
    print()
    return found


def network(inputs: int, units: int, seed: int = 0) -> hwlstm.Network:
    rng = np.random.default_rng(seed)
    sizes = {"x": inputs, "h": units}
    weights = {g: {s: rng.normal(0, 0.4, (units, n)) for s, n in sizes.items()} for g in "gifo"}
    bias = {g: rng.normal(0, 0.4, units) for g in "gifo"}
    return hwlstm.Network((hwlstm.Layer("lstm", Traditional(), weights, bias),), "net")


def quantised(inputs: int, units: int, **numbers) -> hwlstm.FixedNetwork:
    x = np.random.default_rng(1).uniform(-1, 1, (16, 12, inputs))
    return hwlstm.quantize(network(inputs, units), x, **numbers)


def cycles() -> list[dict]:
    """Predicted by the plan and measured on the emitted Verilog; equal to every single output."""

    def rows():
        for inputs, units, parallel in SHAPES:
            fixed = quantised(inputs, units)
            for columns in (1, 2, 4):
                plan = hwlstm.plan(fixed, parallel=parallel, columns=columns)
                yield cycles_row(plan)

    columns = [
        "I, H, U",
        "columns",
        "lanes x columns",
        "L",
        "predicted",
        "measured",
        "use",
        "equal",
    ]
    return table("Cycles per step (simulated Verilog)", columns, rows())


def cycles_row(plan) -> tuple:
    layer = plan.layers[0]
    rng = np.random.default_rng(2)
    x = rng.integers(plan.fixed.x.lo, plan.fixed.x.hi, (STEPS, plan.fixed.inputs), endpoint=True)
    with tempfile.TemporaryDirectory() as folder:
        build = hwlstm.write(plan, Path(folder) / "net", sequences=[x], keep=[False])
        run = hwlstm.verify(build)
    predicted = network_times(plan, [STEPS])[1]
    units = layer.layer.units
    measured = (run.output_cycles[-1] - run.output_cycles[units - 1]) / (STEPS - 1)
    use = layer.layer.macs / (layer.lane_multipliers * measured)
    return (
        f"{layer.layer.inputs}, {units}, {layer.parallel}",
        layer.columns,
        f"{layer.lanes} x {layer.columns}",
        layer.latency,
        float(plan.cycles_per_step),
        measured,
        f"{use:.1%}",
        f"{run.compared} integers" + (", every cycle" if predicted == run.output_cycles else ""),
    )


def golden() -> list[dict]:
    """Golden model against the same loop with int64 matrix products, and against BLAS alone."""

    def rows():
        for inputs, units, batch in [(8, 32, 64), (64, 64, 64), (64, 256, 64), (256, 256, 64)]:
            yield golden_row(inputs, units, batch)

    columns = ["I, H, batch", "golden ms/step", "int64 ms/step", "ratio", "BLAS product alone ms"]
    return table("Golden model", columns, rows())


def golden_row(inputs: int, units: int, batch: int) -> tuple:
    (layer,) = quantised(inputs, units).layers
    engine = IntegerEngine(layer)
    fmt = layer.formats["x"]
    x = np.random.default_rng(3).integers(fmt.lo, fmt.hi, (batch, 8, inputs), endpoint=True)
    fast = best(lambda: engine.run(x, trace=False)) / 8
    slow = best(lambda: int64_steps(engine, x)) / 8
    if not np.array_equal(engine.run(x)["h"], int64_steps(engine, x)):
        raise SystemExit("golden model and int64 differ")
    columns = np.ones((batch, inputs + units))
    weights = np.concatenate([engine.matrices["x"], engine.matrices["h"]])
    bound = best(lambda: columns @ weights)
    return (
        f"{inputs}, {units}, {batch}",
        f"{fast * 1e3:.2f}",
        f"{slow * 1e3:.2f}",
        f"{slow / fast:.0f} x",
        f"{bound * 1e3:.2f}",
    )


def int64_steps(engine: IntegerEngine, x: np.ndarray) -> np.ndarray:
    """The plain loop: int64 throughout."""
    layer = engine.layer
    fmt, codes = layer.formats, {n: t.coefficients.codes() for n, t in layer.tables.items()}
    W, U, b = (
        m.astype(np.int64) for m in (engine.matrices["x"], engine.matrices["h"], engine.bias)
    )
    h = c = np.zeros((len(x), layer.units), dtype=np.int64)
    out = []
    for t in range(x.shape[1]):
        z = np.split(x[:, t] @ W + h @ U + b, 4, axis=1)
        pre = {
            q: narrow(v, layer.leaves[f"z.{q}"].frac, fmt[f"pre_{q}"])
            for q, v in zip("gifo", z, strict=False)
        }
        g, i, f, o = (codes[q][pre[q] - fmt[f"pre_{q}"].lo] for q in "gifo")
        kept, added = fmt["f"].frac + fmt["c"].frac, fmt["i"].frac + fmt["g"].frac
        most = max(kept, added)
        c = narrow((f * c << most - kept) + (i * g << most - added), most, fmt["c"])
        squashed = codes["squash_c"][c - fmt["c"].lo]
        h = narrow(o * squashed, fmt["o"].frac + fmt["squash_c"].frac, fmt["h"])
        out.append(h)
    return np.stack(out, axis=1)


def best(function, runs: int = 5) -> float:
    """Seconds of the fastest of several runs."""
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return min(found)


def simulation() -> list[dict]:
    """Build time and cycles a second of the simulators, on the digits design."""
    network = hwlstm.load(MODEL)
    train, _, test, _ = load_data()
    fixed = hwlstm.quantize(network, train)
    plan = hwlstm.plan(fixed, steps=8)
    raw = list(fixed.raw(test))

    def rows():
        with tempfile.TemporaryDirectory() as folder:
            for simulator, count in (("embedded", len(raw)), ("icarus", 12)):
                out = Path(folder) / "digits"
                build = hwlstm.write(plan, out, sequences=raw[:count], overwrite=True)
                first = hwlstm.verify(build, simulator=simulator)
                again = hwlstm.verify(build, simulator=simulator)
                yield (
                    simulator,
                    first.version,
                    f"{first.seconds:.1f}",
                    f"{again.seconds:.1f}",
                    again.cycles,
                    f"{again.cycles / again.seconds:,.0f}",
                )

    columns = ["simulator", "version", "first s", "again s", "cycles", "cycles/s, all included"]
    return table("Simulation of the digits design", columns, rows())


AREA = [
    ("digits, 8-bit weights", {}, {"device_name": "ecp5-25f"}),
    ("digits, 12-bit signals", {"bits": 12}, {"device_name": "ice40up5k"}),
    ("digits, 8-bit weights", {}, {"device_name": "xc7a35t"}),
    ("digits, 8-bit weights", {}, {"device_name": "gw2a-18"}),
]


def area() -> list[dict]:
    """Resources from yosys, and the routed clock where there is an open tool."""
    network = hwlstm.load(MODEL)
    train = load_data()[0]

    def rows():
        for name, numbers, target in AREA:
            plan = hwlstm.plan(hwlstm.quantize(network, train, **numbers), steps=8, **target)
            device = target["device_name"]
            with tempfile.TemporaryDirectory(dir="rtl_out") as folder:
                build = hwlstm.write(plan, Path(folder) / "digits")
                found = hwlstm.synth(build / "digits.v", "digits", device, build / "synth")
            clock = f"{found.fmax_mhz:.0f}" if found.fmax_mhz else "-"
            per_step = float(plan.cycles_per_step)
            rate = f"{found.fmax_mhz * 1e6 / per_step / 8:,.0f}" if found.fmax_mhz else "-"
            yield (
                device,
                name,
                found.lut_sites,
                found.ff,
                found.dsp,
                found.block_ram,
                clock,
                f"{per_step:g}",
                rate,
                "yes" if found.fits else "; ".join(found.excess),
            )

    columns = [
        "device",
        "design",
        "LUT sites",
        "FF",
        "DSP",
        "block RAM",
        "MHz",
        "cycles/step",
        "digits/s",
        "fits",
    ]
    return table("Area and routed clock (one seed)", columns, rows())


def activations() -> list[dict]:
    """Beside PLAN, a table of 1024 entries and 256 interpolated lines, all by the same generator.

    Errors are over every input code. "trusted" is the clock to quote: see the README's limits.
    Multipliers of look-up tables: rows of adders, which such units use, beside yosys' own `*`.
    """
    title = "Activation units, ECP5-25F, median of three seeds"
    rows = table(title, ACTIVATION_COLUMNS, activation_rows())
    title = "LUT sites of multipliers without DSP blocks"
    return rows + table(title, MULTIPLIER_COLUMNS, multiplier_rows())


def cells() -> list[dict]:
    """Dropping a gate drops its hardware: every cell at several initiation intervals."""
    title = "Cells, I = 8, H = 32, 4 units in parallel, ECP5-25F, synthesised and simulated"
    return table(title, CELL_COLUMNS, cell_rows())


def phased() -> list[dict]:
    """What a Phased LSTM saves where no unit of a group is open."""
    title = "Cycles a step of a Phased LSTM, I = 8, H = 64, over the open ratio"
    return table(title, PHASED_COLUMNS, phased_rows())


def training() -> list[dict]:
    """Training in NumPy, and what fine-tuning wins back."""
    title = "Training on the digits in NumPy, 1347 digits, 450 held out"
    rows = table(title, TRAINING_COLUMNS, training_rows())
    title = "The bundled model with fewer bits a weight"
    return rows + table(title, FINE_TUNING_COLUMNS, fine_tuning_rows())


def quantisation() -> list[dict]:
    """What few bits cost, beside the 8-bit integers of onnxruntime and PyTorch."""
    title = "Error of h, random LSTMs, median of five seeds"
    rows = table(title, RANDOM_COLUMNS, random_rows())
    title = "Trained nets on their test data, weights / bits"
    rows += table(title, TRAINED_COLUMNS, trained_rows())
    title = "Error of h of the trained nets, by how weights become integers, 16-bit x and h"
    return rows + table(title, ROUNDING_COLUMNS, rounding_rows())


TABLES = {
    "cycles": cycles,
    "golden": golden,
    "simulation": simulation,
    "area": area,
    "activations": activations,
    "cells": cells,
    "phased": phased,
    "training": training,
    "quantisation": quantisation,
}

if __name__ == "__main__":
    main()
