"""hwlstm activation: one activation function, its unit and its certificate."""

import argparse
import tempfile
import textwrap
from dataclasses import asdict
from pathlib import Path

from ..activation import FAMILIES, FUNCTIONS, Activation, check_reference, function
from ..build.record import synthesis
from ..devices import DEVICES
from ..errors import HwlstmError, ToolFailed
from ..load.function import load_function
from ..report.activation import COLUMNS, activation_plot
from ..synth.activation import activation_verilog, description, synth_activation
from .arguments import device_name, integer, number, number_format, one_of
from .progress import progress
from .resources import add_resources
from .words import describe_synthesis

__all__ = ["add", "run"]

EPILOG = """\
functions (alpha and beta as in ONNX):
  {functions}
FILE.py:NAME is a function of your own, of a float64 array to one of its shape. The file is
executed, with all that it does.
"""


def add(commands):
    it = commands.add_parser(
        "activation",
        help="one activation function: its unit, certificate, Verilog",
        description="Find the cheapest unit that computes a function within a bound, measure its "
        "error over every input code, and say what it takes.",
        epilog=EPILOG.format(functions=textwrap.fill(", ".join(FUNCTIONS), 96)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    it.add_argument("function", help="a name from the list below, or FILE.py:NAME")
    it.add_argument(
        "--input", type=number_format, required=True, metavar="Qm.n", help="its format, e.g. Q4.12"
    )
    it.add_argument(
        "--output", type=number_format, required=True, metavar="Qm.n", help="its format, e.g. Q1.15"
    )
    it.add_argument(
        "--max-ulp",
        type=number(above=0),
        default=1.0,
        metavar="ULP",
        help="bound of the error in units of the output's last place; 0.5 is correct rounding "
        "(%(default)s)",
    )
    it.add_argument("--alpha", type=number(), help="parameter of the function (ONNX's default)")
    it.add_argument("--beta", type=number(), help="parameter of the function (ONNX's default)")
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
    unit.add_argument(
        "--family",
        type=one_of(*FAMILIES),
        metavar="NAME",
        help=f"one of {', '.join(FAMILIES)} (the cheapest)",
    )
    unit.add_argument(
        "--latency", type=integer(0), metavar="CYCLES", help="from x to y (the fastest clock)"
    )
    add_resources(unit)
    out = it.add_argument_group("results")
    out.add_argument("--verilog", type=Path, metavar="FILE", help="write the unit's Verilog")
    out.add_argument("--plot", type=Path, metavar="FILE", help="draw its error, as SVG")
    out.add_argument(
        "--device", type=device_name, help=f"synthesise it for one of {', '.join(DEVICES)}"
    )
    out.add_argument("--no-place", action="store_true", help="synthesis only: no clock")
    out.add_argument("--seeds", type=integer(0), nargs="+", default=[1], help="of place and route")
    out.add_argument(
        "--work", type=Path, metavar="DIR", help="keep the synthesis and its logs here"
    )
    return it


def run(options) -> dict:
    if not options.device and (options.no_place or options.work):
        raise ValueError("--no-place and --work need --device")
    with progress(4 + len(options.seeds), quiet=options.quiet) as tell:
        tell("reading the function")
        what = function(load_function(options.function), options.alpha, options.beta)
        tell("looking for the cheapest unit")
        unit = Activation(
            what,
            options.input,
            options.output,
            max_ulp=options.max_ulp,
            monotone=options.monotone,
            symmetric=options.symmetric,
            resources=options.resources,
            latency=options.latency,
            family=options.family,
        )
        tell("checking the reference")
        reference = check_reference(unit.target)
        verilog = activation_verilog(unit) if options.verilog else ""
        measured = synthesised(unit, options, tell) if options.device else None
    if options.verilog:
        options.verilog.write_text(verilog, encoding="utf-8")
    if options.plot:
        options.plot.write_text(activation_plot(description(unit, COLUMNS)), encoding="utf-8")
    demands = {name: getattr(options, name) for name in ("monotone", "symmetric", "family")}
    result = {
        **description(unit),
        "asked": {**demands, "resources": sorted(unit.resources), "latency": options.latency},
        "reference": asdict(reference) if reference else None,
        "synthesis": synthesis(measured) if measured else None,
    }
    print(describe_activation(result))
    if measured:
        tools = ", ".join(f"{name} {version}" for name, version in measured.tools.items())
        for line in (describe_synthesis(measured), tools, *measured.caveats):
            print(f"{'synthesis' if line.startswith(measured.device) else '':10} {line}")
    return result


def synthesised(unit, options, tell):
    choices = {"seeds": options.seeds, "place": not options.no_place, "progress": tell}
    if options.work:
        return synth_activation(unit, options.device, options.work, **choices)
    with tempfile.TemporaryDirectory() as folder:
        try:
            return synth_activation(unit, options.device, Path(folder), **choices)
        except ToolFailed as error:
            if error.log is None:
                raise
            # The log goes with the folder.
            text = str(error).replace(f"log: {error.log}", "--work DIR keeps its log")
            raise HwlstmError(text) from None


def describe_activation(it: dict) -> str:
    """The certificate."""
    yes = {True: "yes", False: "no"}
    table = f", {it['words']} words x {it['word_bits']} bits" if it["words"] else ""
    cycles = "1 cycle" if it["latency"] == 1 else f"{it['latency']} cycles"
    worst = f"; the largest error is at x = {it['worst']:g}" if it["max_ulp"] else ""
    reference = "float64 as the function gives it; not compared with more digits"
    if it["reference"]:
        reference = (
            f"{it['reference']['codes']} codes within 0.01 ulp of a tie agree with 50 digits to "
            f"{it['reference']['max_ulp']:.1e} ulp"
        )
    return f"""\
function   {it["function"]}, {it["input"]} -> {it["output"]}
unit       {it["family"]}{table}; {cycles} from x to y
error      at most {it["max_ulp"]:.6g} ulp (bound {it["bound"]:g}), {it["mean_ulp"]:.6g} on average
checked    all {it["codes"]} codes of x{worst}
monotone   {yes[it["monotone"]]}
symmetric  {yes[it["symmetric"]]}
saturated  {it["saturated_codes"]} codes, at which the function leaves {it["output"]}
reference  {reference}"""
