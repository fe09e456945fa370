"""hwlstm build | verify | synth | report | inspect | activation | cells | demo."""

import json
import os
import sys
import tempfile
import warnings
import zlib
from dataclasses import asdict
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from .arguments import parser
from .errors import HwlstmError, ToolFailed
from .progress import progress

__all__ = ["main"]

WRITTEN = ("json", "verilog", "plot", "page")
"""Options that name a file to write."""

TUNE_RATE = 2e-3
"""Highest learning rate of --tune."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0, or 2 after one line that names what was wrong."""
    parsed = parser().parse_args(arguments)
    try:
        check_writable([path for name in WRITTEN if (path := getattr(parsed, name, None))])
        result = COMMANDS[parsed.command](parsed)
        if parsed.json:
            parsed.json.write_text(json.dumps(result, indent=1, default=str) + "\n")
    except (HwlstmError, ValueError, TypeError, OSError, ArithmeticError) as error:
        print(f"hwlstm {parsed.command}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        # Amaranth would complain of every half-built component.
        warnings.filterwarnings("ignore", message=".*created but never used")
        print(f"hwlstm {parsed.command}: interrupted", file=sys.stderr)
        return 2
    return 0


def check_writable(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir() or not path.parent.is_dir():
            raise HwlstmError(f"{path} must be a file in an existing folder")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise HwlstmError(f"{path} cannot be written")
    if len({path.resolve() for path in paths}) < len(paths):
        raise HwlstmError(f"{paths[0]} must not be named twice as a file to write")


def build(options) -> dict:
    from .flow.record import quantisation
    from .flow.write import write
    from .load import load
    from .plan.network import plan
    from .quantize import measure, quantize
    from .report import report

    with progress(6, quiet=options.quiet) as tell:
        tell("reading the model")
        network = load(options.model, **about(options))
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


def about(options) -> dict:
    """What the command line says of an .npz file."""
    given = {"cell": options.cell, "steps": options.steps, "classify": options.classify or None}
    return {name: value for name, value in given.items() if value is not None}


def tuned(options, network, fixed, x, labels, time):
    """The network trained on in integers, and its integers."""
    from .train import Adam, cosine, train

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


def calibration(options, network):
    """Calibration data, labels and time stamps, or None for those."""
    if options.range:
        lo, hi = options.range
        if not (lo < hi and np.isfinite(hi - lo)):
            raise ValueError(f"Range must be finite, LO below HI, not {lo} {hi}")
        rng = np.random.default_rng(0)
        x = rng.uniform(lo, hi, (32, 16, network.inputs))
        time = np.cumsum(rng.exponential(1.0, x.shape[:2]), axis=1) if network.stamped else None
        return x, None, time
    if not options.data.is_file():
        raise HwlstmError(f"{options.data} does not exist")
    try:
        content = np.load(options.data, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content, None, None
        arrays = {name: content[name] for name in content.files}
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise HwlstmError(f"{options.data} must be a .npy or .npz file: {error}") from None
    if "x" not in arrays:
        raise HwlstmError(f"{options.data} must hold an array x, not {sorted(arrays)}")
    return arrays["x"], arrays.get("y"), arrays.get("time")


def assignment(text: str) -> tuple[str, str]:
    name, _, fmt = text.partition("=")
    if not fmt:
        raise ValueError(f"Format must be written LAYER.SIGNAL=Qm.n, not {text!r}")
    return name, fmt


def describe_plan(manifest: dict) -> str:
    layers = ", ".join(
        f"{layer['name']} {layer['inputs']}->{layer['units']} on {layer['lanes']} lanes "
        f"x {layer['columns']}"
        for layer in manifest["layers"]
    )
    return (
        f"{layers}; {manifest['cycles']['step']} cycles a step, {manifest['multipliers']} "
        f"multipliers, {manifest['memory_bits']} memory bits"
    )


def verify(options) -> dict:
    from .flow.record import record_verification
    from .flow.simulate import verify as run

    with progress(3, quiet=options.quiet) as tell:
        result = run(
            options.build,
            simulator=options.simulator,
            idle=options.idle,
            backpressure=options.backpressure,
            seed=options.seed,
            progress=tell,
        )
        entry = record_verification(options.build, result, what="vectors")
        refresh(options.build)
    timing = ", in exactly the predicted cycles" if entry["cycles_as_predicted"] else ""
    print(
        f"{options.build}: {result.compared} integers compared and equal, {result.outputs} outputs "
        f"of {result.sequences} sequences in {result.cycles} cycles{timing} ({result.version})"
    )
    return {**entry, "seconds": result.seconds}


def synth(options) -> dict:
    from .flow.record import read, record_synthesis
    from .flow.synth import synth as run

    manifest = read(options.build, "manifest.json")
    device = options.device or manifest["device"]
    if device is None:
        raise ValueError("The build was planned for no device; give one with --device")
    with progress(2 + len(options.seeds), quiet=options.quiet) as tell:
        result = run(
            options.build / f"{manifest['name']}.v",
            manifest["name"],
            device,
            options.build / "synth" / device,
            clock_mhz=options.clock,
            seeds=options.seeds,
            place=not options.no_place,
            progress=tell,
        )
        record_synthesis(options.build, result)
        refresh(options.build)
    print(f"{options.build}: {describe_synthesis(result)}")
    for caveat in result.caveats:
        print(f"  {caveat}")
    return result.to_dict()


def refresh(build: Path) -> None:
    """Bring the report of a build up to what was measured last."""
    from .report import report

    report(build)


def describe_synthesis(result) -> str:
    clock = f", {result.fmax_mhz:.1f} MHz routed" if result.fmax_mhz else ""
    fits = "" if result.fits else f"; does not fit: {', '.join(result.excess)}"
    return (
        f"{result.device}: {result.lut} LUT ({result.lut_sites} sites with carry and memory), "
        f"{result.ff} FF, {result.dsp} DSP, "
        f"{result.block_ram} block RAM{clock}{fits}"
    )


def report(options) -> dict:
    from .report import report as run

    page = run(options.build)
    print(f"report: {page}")
    return {"report": str(page)}


def inspect(options) -> dict:
    if options.path.is_dir():
        from .flow.record import read

        manifest = read(options.path, "manifest.json")
        print(f"{options.path}: {describe_plan(manifest)}")
        return manifest
    from .load import load

    network = load(options.path, **about(options))
    layers = [
        {
            "name": layer.name,
            "cell": layer.cell.name,
            "inputs": layer.inputs,
            "units": layer.units,
            "reads": layer.reads,
            "parameters": layer.parameter_count,
            "macs_per_step": layer.macs,
        }
        for layer in network.layers
    ]
    for layer in layers:
        print(
            "{name}: {cell} {inputs} -> {units}, reads {reads} steps, {parameters} parameters, "
            "{macs_per_step} multiply-accumulates a step".format(**layer)
        )
    if network.classify:
        print("result: index of the largest output")
    return {"name": network.name, "classify": network.classify, "layers": layers}


def demo(options) -> dict:
    from .demo import demo as run

    with progress(16, quiet=options.quiet) as tell:
        found = run(options.out, device_name=options.device, progress=tell)
    accuracy, simulated = found.quantisation.accuracy, found.classified
    layers = [engine.layer for engine in found.plan.layers]
    print(f"model      {', '.join(f'{it.name} {it.inputs}->{it.units}' for it in layers)}")
    print(
        f"accuracy   {accuracy[0]:.2%} float, {found.hardware_accuracy:.2%} hardware, "
        f"{found.quantisation.sequences} test digits"
    )
    print(
        f"bit-exact  {simulated.outputs} results, and {found.tapped.compared} gates and states, "
        "compared with the golden model and equal"
    )
    print(f"simulator  {simulated.version}, {simulated.compiler}, read the {simulated.read}")
    print(
        f"speed      {float(found.plan.cycles_per_step):g} cycles a step, as predicted; "
        f"{found.plan.multipliers} multipliers"
    )
    print(f"area       {describe_synthesis(found.synthesis)}")
    print(f"report     {found.report}")
    return {
        "accuracy": {"float": accuracy[0], "hardware": found.hardware_accuracy},
        "outputs": simulated.outputs,
        "compared": simulated.compared + found.tapped.compared,
        "cycles_per_step": float(found.plan.cycles_per_step),
        "synthesis": found.synthesis.to_dict(),
        "report": str(found.report),
    }


def activation(options) -> dict:
    from .activation import Activation, check_reference, function
    from .flow.activation import activation_verilog, description
    from .flow.record import synthesis
    from .load.function import load_function
    from .plan.devices import device
    from .report.activation import COLUMNS, activation_plot

    if options.device:
        device(options.device)
    elif options.no_place or options.work:
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


def cells(options) -> dict:
    from .load.cell import BUNDLED, cell_name, load_cell
    from .report.cell_cost import CellCost
    from .report.cells import cells_text, write_cells

    wanted = options.cells or [name for name in BUNDLED if load_cell(name).recurrent]
    costs = []
    with progress(len(wanted), quiet=options.quiet) as tell:
        for text in wanted:
            tell(text)
            costs.append(CellCost(cell_name(text), load_cell(text)))
    if options.page:
        _, *pictures = write_cells(costs, options.page)
        print(f"{options.page}: {', '.join(cost.name for cost in costs)}; {len(pictures)} SVG")
    else:
        print(cells_text(costs), end="")
    return {"cells": [{"name": cost.name, **cost.to_dict()} for cost in costs]}


def synthesised(unit, options, tell):
    from .flow.activation import synth_activation

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


COMMANDS = {
    "build": build,
    "verify": verify,
    "synth": synth,
    "report": report,
    "inspect": inspect,
    "activation": activation,
    "cells": cells,
    "demo": demo,
}
