"""What the command line understands: commands, options, help."""

import argparse
import textwrap
from pathlib import Path

from .activation import FAMILIES, FUNCTIONS, RESOURCES
from .plan.devices import DEVICES

__all__ = ["parser"]

EPILOG = """\
from a model to a report:
  hwlstm build model.onnx --data calibration.npy --device ecp5-25f
  hwlstm verify rtl_out/model --idle 0.3 --backpressure 0.3
  hwlstm synth rtl_out/model --device ecp5-25f
  hwlstm report rtl_out/model
an activation function alone, with its certificate:
  hwlstm activation tanh --input Q4.12 --output Q1.15 --max-ulp 1 --device ecp5-25f
a cell of your own beside that of a plain LSTM:
  hwlstm cells traditional mine.py:Mine
"""

ACTIVATION = """\
functions (alpha and beta as in ONNX):
  {functions}
FILE.py:NAME is a function of your own, of a float64 array to one of its shape. The file is
executed, with all that it does.
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="hwlstm",
        description="A trained LSTM to bit-exact Verilog, with its proof.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in COMMANDS:
        command = add(commands)
        command.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON")
        command.add_argument("--quiet", action="store_true", help="no progress")
    return top


def add_build(commands):
    it = commands.add_parser(
        "build",
        help="model file -> Verilog, vectors, bench, report",
        description="Quantise a model, choose its engines, and write Verilog with everything that "
        "proves it.",
    )
    it.add_argument("model", type=Path, help="ONNX file with an LSTM, or .npz file of any cell")
    add_cell(it)
    data = it.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help=".npy with calibration data (sequences, steps, inputs), or .npz with x and, for the "
        "accuracy, y; for a network that reads time stamps, time (sequences, steps)",
    )
    data.add_argument(
        "--range",
        type=float,
        nargs=2,
        metavar=("LO", "HI"),
        help="calibrate on uniform random inputs instead (to try a model; real data are better)",
    )
    it.add_argument("--out", type=Path, metavar="DIR", help="output folder (rtl_out/NAME)")
    it.add_argument("--overwrite", action="store_true", help="replace an existing build")
    numbers = it.add_argument_group("numbers")
    numbers.add_argument("--weights", type=int, default=8, help="bits of W and U (%(default)s)")
    numbers.add_argument("--bits", type=int, default=16, help="bits of all else (%(default)s)")
    numbers.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="LAYER.SIGNAL=Qm.n",
        help="a format by hand, e.g. lstm.c=Q4.12; may be given often",
    )
    numbers.add_argument(
        "--max-ulp",
        type=float,
        default=1.0,
        metavar="ULP",
        help="bound of the activations' error, in units of the last place (%(default)s)",
    )
    add_resources(numbers)
    numbers.add_argument(
        "--shared", action="store_true", help="one table for the sigmoids and tanhs of the gates"
    )
    numbers.add_argument(
        "--longest",
        type=int,
        metavar="STEPS",
        help="a state that nothing forgets (NFG) is wide enough for so many steps; it saturates "
        "beyond its calibrated range otherwise",
    )
    numbers.add_argument(
        "--tune",
        type=int,
        default=0,
        metavar="EPOCHS",
        help="train on with the integer forward pass; the data file must hold classes y",
    )
    engine = it.add_argument_group("engine")
    engine.add_argument(
        "--device",
        help=f"plan for its multipliers and memories (ecp5-25f); one of {', '.join(DEVICES)}",
    )
    engine.add_argument("--multipliers", type=int, help="or for that many multipliers")
    engine.add_argument("--parallel", type=int, help="or that many units in parallel")
    engine.add_argument("--columns", type=int, help="columns per cycle: 1, 2, 4 or 8 (chosen)")
    engine.add_argument(
        "--interval", type=int, help="cycles from unit to unit in the cell (chosen)"
    )
    engine.add_argument("--taps", action="store_true", help="bring every gate out to a port")
    return it


def add_verify(commands):
    it = commands.add_parser(
        "verify",
        help="simulate a build against the golden model",
        description="Simulate the emitted Verilog and compare every integer with the golden model.",
    )
    it.add_argument("build", type=Path, help="a folder written by hwlstm build")
    it.add_argument(
        "--simulator",
        default="embedded",
        choices=("embedded", "icarus", "verilator"),
        help="embedded: CXXRTL, compiled here; icarus, verilator: the cocotb bench "
        "(extras sim, verilator) (%(default)s)",
    )
    it.add_argument(
        "--idle",
        type=float,
        default=0.0,
        help="probability, cycle by cycle, that no input is offered (0)",
    )
    it.add_argument(
        "--backpressure",
        type=float,
        default=0.0,
        help="probability, cycle by cycle, that no output is taken (0)",
    )
    it.add_argument("--seed", type=int, default=1, help="decides which cycles stall (%(default)s)")
    return it


def add_synth(commands):
    it = commands.add_parser(
        "synth",
        help="area, and routed clock where there is an open tool",
        description="Synthesise a build with yosys; place and route it with nextpnr.",
    )
    it.add_argument("build", type=Path, help="a folder written by hwlstm build")
    it.add_argument("--device", help="the device that was planned for, unless given")
    it.add_argument("--seeds", type=int, nargs="+", default=[1], help="of place and route")
    it.add_argument("--clock", type=float, metavar="MHZ", help="clock to ask for")
    it.add_argument("--no-place", action="store_true", help="synthesis only")
    return it


def add_report(commands):
    it = commands.add_parser(
        "report",
        help="write report.html from all that was measured",
        description="Write report.html: one self-contained page with all that was measured.",
    )
    it.add_argument("build", type=Path, help="a folder written by hwlstm build")
    return it


def add_inspect(commands):
    it = commands.add_parser(
        "inspect",
        help="what a model file or a build holds",
        description="Print what a model file holds, or how a build was planned.",
    )
    it.add_argument(
        "path", type=Path, help="ONNX or .npz file, or a folder written by hwlstm build"
    )
    add_cell(it)
    return it


def add_cell(it):
    """What an .npz file does not say of its network."""
    about = it.add_argument_group("for an .npz file")
    about.add_argument("--cell", metavar="NAME", help="a bundled cell, or FILE.py:NAME of your own")
    about.add_argument(
        "--steps", choices=("all", "last"), help="which steps the linear layer reads (last)"
    )
    about.add_argument(
        "--classify", action="store_true", help="the result is the index of the largest output"
    )


def add_demo(commands):
    it = commands.add_parser(
        "demo",
        help="the bundled digits model, end to end",
        description="Build, simulate and synthesise the bundled digits model.",
    )
    it.add_argument(
        "--out", type=Path, default=Path("rtl_out/digits"), help="output folder (%(default)s)"
    )
    it.add_argument("--device", default="ecp5-25f", help="plan and synthesise for it (%(default)s)")
    return it


def add_activation(commands):
    it = commands.add_parser(
        "activation",
        help="one activation function: its unit, certificate, Verilog",
        description="Find the cheapest unit that computes a function within a bound, measure its "
        "error over every input code, and say what it takes.",
        epilog=ACTIVATION.format(functions=textwrap.fill(", ".join(FUNCTIONS), 96)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    it.add_argument("function", help="a name from the list below, or FILE.py:NAME")
    it.add_argument("--input", required=True, metavar="Qm.n", help="its format, e.g. Q4.12")
    it.add_argument("--output", required=True, metavar="Qm.n", help="its format, e.g. Q1.15")
    it.add_argument(
        "--max-ulp",
        type=float,
        default=1.0,
        metavar="ULP",
        help="bound of the error in units of the output's last place; 0.5 is correct rounding "
        "(%(default)s)",
    )
    it.add_argument("--alpha", type=float, help="parameter of the function (ONNX's default)")
    it.add_argument("--beta", type=float, help="parameter of the function (ONNX's default)")
    for which, what in (
        ("monotone", "outputs rise or fall as the function does"),
        ("symmetric", "y(x) + y(-x) is the same for every x"),
    ):
        it.add_argument(
            f"--{which}",
            action=argparse.BooleanOptionalAction,
            help=f"demand that {what}, or do without; by default kept unless it cannot be",
        )
    unit = it.add_argument_group("unit")
    unit.add_argument("--family", help=f"one of {', '.join(FAMILIES)} (the cheapest)")
    unit.add_argument(
        "--latency", type=int, metavar="CYCLES", help="from x to y (the fastest clock)"
    )
    add_resources(unit)
    out = it.add_argument_group("results")
    out.add_argument("--verilog", type=Path, metavar="FILE", help="write the unit's Verilog")
    out.add_argument("--plot", type=Path, metavar="FILE", help="draw its error, as SVG")
    out.add_argument("--device", help=f"synthesise it for one of {', '.join(DEVICES)}")
    out.add_argument("--no-place", action="store_true", help="synthesis only: no clock")
    out.add_argument("--seeds", type=int, nargs="+", default=[1], help="of place and route")
    out.add_argument(
        "--work", type=Path, metavar="DIR", help="keep the synthesis and its logs here"
    )
    return it


def add_cells(commands):
    it = commands.add_parser(
        "cells",
        help="every cell: equations, pipeline, cost",
        description="Show cells: their equations, what their gates multiply, their pipeline and "
        "what they cost, side by side for one example layer.",
    )
    it.add_argument(
        "cells",
        nargs="*",
        metavar="CELL",
        help="a bundled cell, or FILE.py:NAME of your own, which is executed (every bundled one)",
    )
    it.add_argument(
        "--out",
        dest="page",
        type=Path,
        metavar="FILE",
        help="write the page as Markdown, and its pictures to images/cells beside it",
    )
    return it


def add_resources(group):
    group.add_argument(
        "--resources",
        type=resources,
        default=RESOURCES,
        metavar="LIST",
        help="what activations may take besides look-up tables: "
        f"{','.join(RESOURCES)}; or none (all)",
    )


def resources(text: str) -> tuple[str, ...]:
    return () if text == "none" else tuple(text.split(","))


COMMANDS = (
    add_build,
    add_verify,
    add_synth,
    add_report,
    add_inspect,
    add_activation,
    add_cells,
    add_demo,
)
