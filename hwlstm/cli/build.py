"""hwlstm build: a model file to Verilog, vectors, bench and report."""

import json
import sys
from pathlib import Path

from ..build.folder import check_free
from ..build.record import quantisation
from ..build.write import write
from ..devices import DEVICES
from ..load.file import check_file
from ..plan.network import DEFAULT_DEVICE, plan
from ..quantize import ENOUGH, ROUNDINGS, measure, quantize
from ..report import PAGE, report
from ..train import Adam, cosine, train
from .arguments import assignment, device_name, integer, number
from .calibration import calibration, check_range
from .data import DATA
from .model import add_model, read_model
from .progress import progress
from .resources import add_resources
from .words import describe_plan

__all__ = ["add", "run"]

TUNE_RATE = 2e-3
"""Highest learning rate of --tune."""


def add(commands):
    it = commands.add_parser(
        "build",
        help="model file -> Verilog, vectors, bench, report",
        description="Quantise a model, choose its engines, and write Verilog with everything that "
        "proves it.",
    )
    it.add_argument("model", type=Path, help="ONNX file with an LSTM, or .npz file of any cell")
    add_model(it)
    data = it.add_mutually_exclusive_group(required=True)
    data.add_argument("--data", **DATA)
    data.add_argument(
        "--range",
        type=number(),
        nargs=2,
        metavar=("LO", "HI"),
        help="calibrate on uniform random inputs instead (to try a model; real data are better)",
    )
    it.add_argument("--out", type=Path, metavar="DIR", help="output folder (rtl_out/NAME)")
    it.add_argument("--overwrite", action="store_true", help="replace an existing build")
    numbers = it.add_argument_group("numbers")
    numbers.add_argument(
        "--weights", type=integer(2, 18), default=8, help="bits of W and U (%(default)s)"
    )
    numbers.add_argument(
        "--bits", type=integer(2, 18), default=16, help="bits of x and h (%(default)s)"
    )
    numbers.add_argument(
        "--rounding",
        choices=ROUNDINGS,
        default="feedback",
        help="weights: each row against the calibration data, or each to nearest (%(default)s)",
    )
    numbers.add_argument(
        "--format",
        type=assignment,
        action="append",
        default=[],
        metavar="LAYER.SIGNAL=Qm.n",
        help="a format by hand, e.g. lstm.c=Q4.12, or lstm.W_f=Q1.7 for one gate; may come often",
    )
    numbers.add_argument(
        "--max-ulp",
        type=number(above=0),
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
        type=integer(1),
        metavar="STEPS",
        help="a state that nothing forgets (NFG) is wide enough for so many steps; it saturates "
        "beyond its calibrated range otherwise",
    )
    numbers.add_argument(
        "--tune",
        type=integer(1),
        default=0,
        metavar="EPOCHS",
        help="train on with the integer forward pass; the data file must hold classes y",
    )
    engine = it.add_argument_group("engine")
    engine.add_argument(
        "--device",
        type=device_name,
        help=f"plan for its multipliers and memories (ecp5-25f); one of {', '.join(DEVICES)}",
    )
    engine.add_argument("--multipliers", type=integer(1), help="or for that many multipliers")
    engine.add_argument("--parallel", type=integer(1), help="or that many units in parallel")
    engine.add_argument(
        "--columns", type=int, choices=(1, 2, 4, 8), help="columns per cycle: 1, 2, 4 or 8 (chosen)"
    )
    engine.add_argument(
        "--interval", type=integer(1), help="cycles from unit to unit in the cell (chosen)"
    )
    engine.add_argument("--taps", action="store_true", help="bring every gate out to a port")
    return it


def run(options) -> dict:
    check(options)
    with progress(6, quiet=options.quiet) as tell:
        tell("reading the model")
        network = read_model(options.model, options)
        out = options.out or Path("rtl_out") / network.name
        check_free(out, overwrite=options.overwrite)
        data = calibration(options, network)
        if options.tune and data.labels is None:
            raise ValueError("--tune needs classes: --data must hold x and y")
        device = planned_device(options)
        tell("quantising")
        fixed = quantize(
            network,
            data.x,
            data.time,
            weights=options.weights,
            bits=options.bits,
            max_ulp=options.max_ulp,
            resources=options.resources,
            shared=options.shared,
            steps=options.longest,
            formats=dict(options.format),
            rounding=options.rounding,
            device_name=device,
        )
        if options.tune:
            tell("training")
            network, fixed = tuned(options, network, fixed, data)
        labels = data.labels if network.classify else None
        measured = quantisation(measure(network, fixed, data.x, labels, time=data.time))
        tell("planning")
        engines = plan(
            fixed,
            device_name=device,
            multipliers=options.multipliers,
            parallel=options.parallel,
            columns=options.columns,
            interval=options.interval,
            steps=len(data.x[0]),
        )
        write(
            engines,
            out,
            taps=options.taps,
            overwrite=options.overwrite,
            extra={"quantisation.json": measured},
            finish=report,
            progress=tell,
        )
    page = out / PAGE
    print(f"{out}: {describe_plan(json.loads((out / 'manifest.json').read_text()))}")
    if not options.tune:
        say_rounding(options, fixed)
    for line in measured["warnings"]:
        print(f"  {line}")
    if data.y is not None and not network.classify:
        print("  y is not used: accuracy is that of a network that classifies (--classify)")
    print(f"report: {page}")
    return {"build": str(out), "report": str(page), "quantisation": measured}


def planned_device(options) -> str | None:
    """The device asked for; the usual one, unless something else says how much there may be."""
    given = options.multipliers or options.parallel
    return options.device or (None if given else DEFAULT_DEVICE)


def say_rounding(options, fixed) -> None:
    """Layers whose weights were rounded to nearest though that was not asked for."""
    for layer in fixed.layers:
        if layer.rounding != options.rounding:
            print(
                f"  {layer.name}: weights rounded to nearest, since there are fewer than {ENOUGH} "
                "calibration vectors a column"
            )


def check(options) -> None:
    """What can be known to be wrong before anything is read."""
    for path in filter(None, (options.model, options.data)):
        check_file(path)
    if options.range:
        check_range(options.range)
    if options.out:
        check_free(options.out, overwrite=options.overwrite)


def tuned(options, network, fixed, data):
    """The network trained on in integers, and its integers."""
    done = train(
        network,
        data.x,
        data.labels,
        fixed=fixed,
        time=data.time,
        epochs=options.tune,
        optimiser=Adam(cosine(TUNE_RATE)),
        quiet=options.quiet or not sys.stderr.isatty(),
    )
    return done.network, done.fixed
