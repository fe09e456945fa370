"""hwlstm build: a model file to Verilog, vectors, bench and report."""

import json
from pathlib import Path

from ..build.record import quantisation
from ..build.write import write
from ..plan.devices import DEVICES
from ..plan.network import plan
from ..progress import progress
from ..quantize import measure, quantize
from ..report import report
from ..train import Adam, cosine, train
from .calibration import calibration
from .model import add_model, read_model
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


def run(options) -> dict:
    with progress(6, quiet=options.quiet) as tell:
        tell("reading the model")
        network = read_model(options.model, options)
        x, labels, time = calibration(options, network)
        tell("quantising")
        fixed = quantize(
            network,
            x,
            time,
            weights=options.weights,
            bits=options.bits,
            max_ulp=options.max_ulp,
            resources=options.resources,
            shared=options.shared,
            steps=options.longest,
            formats=dict(assignment(text) for text in options.format),
        )
        if options.tune:
            network, fixed = tuned(options, network, fixed, x, labels, time)
        measured = quantisation(measure(network, fixed, x, labels, time=time))
        tell("planning")
        engines = plan(
            fixed,
            device_name=options.device,
            multipliers=options.multipliers,
            parallel=options.parallel,
            columns=options.columns,
            interval=options.interval,
            steps=x.shape[1],
        )
        out = write(
            engines,
            options.out or Path("rtl_out") / network.name,
            taps=options.taps,
            overwrite=options.overwrite,
            extra={"quantisation.json": measured},
            progress=tell,
        )
        page = report(out)
    print(f"{out}: {describe_plan(json.loads((out / 'manifest.json').read_text()))}")
    clipped = [s for s in measured["signals"] if s["saturated"]]
    for signal in clipped:
        print(f"  {signal['signal']} saturates {signal['saturated']} of {signal['values']} values")
    print(f"report: {page}")
    return {"build": str(out), "report": str(page), "quantisation": measured}


def tuned(options, network, fixed, x, labels, time):
    """The network trained on in integers, and its integers."""
    if options.tune < 0:
        raise ValueError(f"Epochs of --tune must be at least 1, not {options.tune}")
    if labels is None:
        raise ValueError("--tune needs classes: --data must be an .npz file with x and y")
    done = train(
        network,
        x,
        labels,
        fixed=fixed,
        time=time,
        epochs=options.tune,
        optimiser=Adam(cosine(TUNE_RATE)),
        quiet=options.quiet,
    )
    return done.network, done.fixed


def assignment(text: str) -> tuple[str, str]:
    name, _, fmt = text.partition("=")
    if not fmt:
        raise ValueError(f"Format must be written LAYER.SIGNAL=Qm.n, not {text!r}")
    return name, fmt
