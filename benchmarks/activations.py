"""Activation units beside those of the literature and of other tools, all made and measured alike.

The rivals are the same hardware with their numbers in it: PLAN; a table of 1024 entries that drops
the low bits of its input (hls4ml's way); 256 lines between exact values (TFLM's way).
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from amaranth import Elaboratable, Module, Signal
from amaranth.back import verilog

from hwlstm.activation import FAMILIES, Activation, Piecewise
from hwlstm.activation.demand import Demand
from hwlstm.activation.fit import Precision
from hwlstm.activation.layout import Layout
from hwlstm.rtl.activation.pipeline import Pipeline
from hwlstm.rtl.activation.rows import multiplied
from hwlstm.synth.activation import synth_activation
from hwlstm.synth.pack import pack
from hwlstm.synth.resources import Netlist, counted
from hwlstm.synth.yosys import yosys

__all__ = ["activation_rows", "multiplier_rows"]

ACTIVATION_COLUMNS = [
    "function",
    "formats",
    "unit",
    "max ulp",
    "mean ulp",
    "monotone",
    "symmetric",
    "LUT4 sites",
    "FF",
    "block RAM",
    "DSP",
    "MHz, nextpnr",
    "MHz, trusted",
    "latency",
    "generated s",
]
MULTIPLIER_COLUMNS = ["factors", "rows", "rows, packed", "`*`", "`*`, packed"]


def truncated(demand: Demand) -> Iterator[Piecewise]:
    """1024 entries over the whole input, each for all inputs with its top ten bits."""
    width = demand.in_format.width
    layout = Layout.uniform(width, True, width - 10)
    values = np.rint(demand.target.values[:: 1 << width - 10]).astype(np.int64)
    yield lines(demand, layout, values, np.zeros_like(values), Precision(0, 0), None)


def interpolated(demand: Demand) -> Iterator[Piecewise]:
    """256 lines over the magnitude, between values with one bit more than the output."""
    width = demand.in_format.width - 1
    layout = Layout.uniform(width, False, width - 8)
    knots = np.append(layout.starts, 1 << width) * demand.in_format.step
    values = np.rint(np.ldexp(demand.target.function(knots), demand.out_format.frac + 1))
    values = np.minimum(values.astype(np.int64), 2 * demand.out_format.hi)
    precision = Precision(layout.span + 1, layout.span)
    mirror = demand.target.mirror
    yield lines(demand, layout, values[:-1] + 1, np.diff(values), precision, mirror)


def lines(demand, layout, a, b, precision, mirror) -> Piecewise:
    return Piecewise(
        in_format=demand.in_format,
        mirror=mirror,
        layout=layout,
        a=a,
        b=b,
        c=np.zeros_like(a),
        precision=precision,
        span=layout.span,
        block_ram=True,
        dsp=True,
    )


RIVALS = {"1024 entries, as hls4ml": truncated, "256 lines, as TFLM": interpolated}

UNITS = [
    ("sigmoid", "Q4.12", "Q1.15", {"max_ulp": 0.75}),
    ("sigmoid", "Q4.12", "Q1.15", {"resources": ()}),
    ("sigmoid", "Q4.12", "Q1.15", {"family": "256 lines, as TFLM", "max_ulp": 1e4}),
    (
        "sigmoid",
        "Q4.12",
        "Q1.15",
        {"family": "1024 entries, as hls4ml", "max_ulp": 1e4, "latency": 2},
    ),
    ("sigmoid", "Q4.12", "Q1.15", {"family": "plan", "max_ulp": 1e4}),
    ("tanh", "Q4.12", "Q1.15", {}),
    ("tanh", "Q4.12", "Q1.15", {"resources": ()}),
    ("tanh", "Q4.12", "Q1.15", {"family": "256 lines, as TFLM", "max_ulp": 1e4}),
    ("tanh", "Q4.12", "Q1.15", {"family": "1024 entries, as hls4ml", "max_ulp": 1e4, "latency": 2}),
    ("both", "Q4.12", "Q1.15", {"family": "shared"}),
    ("sigmoid", "Q4.14", "Q1.17", {"max_ulp": 0.75}),
    ("tanh", "Q4.14", "Q1.17", {}),
    ("sigmoid", "Q4.8", "Q1.11", {}),
    ("sigmoid", "Q4.8", "Q1.11", {"resources": ["dsp"]}),
    ("sigmoid", "Q4.8", "Q1.11", {"resources": ()}),
    ("tanh", "Q4.8", "Q1.11", {}),
    ("tanh", "Q4.8", "Q1.11", {"resources": ["dsp"]}),
    ("tanh", "Q4.8", "Q1.11", {"resources": ()}),
    ("sigmoid", "Q4.4", "Q1.7", {"max_ulp": 0.5}),
    ("tanh", "Q4.4", "Q1.7", {"max_ulp": 0.5}),
    ("hardsigmoid", "Q4.12", "Q1.15", {}),
    ("hardsigmoid", "Q4.12", "Q1.15", {"resources": ()}),
]


def activation_rows(device: str = "ecp5-25f", seeds=(1, 2, 3)) -> Iterator[tuple]:
    """Generate, synthesise, place and route each unit; the clock is the median over the seeds."""
    FAMILIES.update(RIVALS)
    for name, source, to, options in UNITS:
        names = ("sigmoid", "tanh") if name == "both" else (name,)
        start = time.perf_counter()
        units = [Activation(each, source, to, **options) for each in names]
        seconds = time.perf_counter() - start
        proofs = [unit.certificate for unit in units]
        with TemporaryDirectory(dir="rtl_out") as folder:
            found = synth_activation(units, device, Path(folder), name=name, seeds=seeds)
        yield (
            name,
            f"{source} to {to}",
            options.get("family") or label(units[0]),
            f"{max(proof.max_ulp for proof in proofs):.5g}",
            f"{max(proof.mean_ulp for proof in proofs):.3f}",
            yes(all(proof.monotone for proof in proofs)),
            yes(all(proof.symmetric for proof in proofs)),
            found.lut_sites,
            found.ff,
            found.block_ram,
            found.dsp,
            *(f"{mhz:.0f}" if mhz else "-" for mhz in (found.median_mhz, found.fmax_mhz)),
            units[0].latency,
            f"{seconds:.1f}",
        )


def label(activation: Activation) -> str:
    unit = activation.unit
    return f"{unit.kind}, {unit.words} x {unit.word_bits}" if unit.words else unit.kind


def yes(flag: bool) -> str:
    return "yes" if flag else "no"


class Product(Elaboratable):
    """Unsigned w * t without registers, as rows or as an operator."""

    def __init__(self, w: int, t: int, *, rows: bool):
        self.rows = rows
        self.w, self.t, self.y = Signal(w, name="w"), Signal(t, name="t"), Signal(w + t, name="y")

    def elaborate(self, platform):
        m = Module()
        live = {"w": self.w, "t": self.t}
        pipe = Pipeline(m, frozenset())
        in_rows = multiplied(pipe, live, "w", "t", shift=0, into="product", stage="product")
        m.d.comb += self.y.eq(in_rows["product"] if self.rows else self.w * self.t)
        return m


def multiplier_rows() -> Iterator[tuple]:
    """LUT sites of multipliers without DSP blocks: rows of adders against yosys' `*`."""
    for w, t in ((8, 8), (12, 8), (16, 8), (12, 12)):
        yield f"{w} x {t}", *product_sites(w, t, rows=True), *product_sites(w, t, rows=False)


def product_sites(w: int, t: int, *, rows: bool) -> tuple[int, ...]:
    """As yosys leaves it, and packed."""
    top = Product(w, t, rows=rows)
    with TemporaryDirectory(dir="rtl_out") as name:
        folder = Path(name)
        text = verilog.convert(top, name="product", ports=[top.w, top.t, top.y], emit_src=False)
        (folder / "product.v").write_text(text)
        script = ["read_verilog product.v", "synth_ecp5 -nodsp -top product", "write_json raw.json"]
        yosys(script, "synth", cwd=folder, timeout=600)
        pack(folder / "raw.json", folder / "packed.json", "product")
        netlists = (Netlist.read(folder / f, "product") for f in ("raw.json", "packed.json"))
        return tuple(counted(netlist, "ecp5").lut_sites for netlist in netlists)
