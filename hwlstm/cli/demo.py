"""The demonstration: the bundled digits model, from ONNX to proven Verilog and its report."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..build.folder import check_free
from ..build.manifest import vectors
from ..build.record import quantisation, record_synthesis, record_verification
from ..build.write import write
from ..digits import MODEL, load_data
from ..load import load
from ..plan.network import NetworkPlan, plan
from ..quantize import Quantisation, measure, quantize
from ..report import report
from ..simulate.simulate import SimulationReport, verify
from ..synth.synth import SynthReport, synth
from .arguments import device_name
from .progress import progress
from .words import describe_area, describe_clock

__all__ = ["DemoResult", "add", "demo", "run"]

TAPPED = 16
"""Test digits whose every gate and state is compared; the result of all others is."""


@dataclass(frozen=True)
class DemoResult:
    """What the demonstration found; see the fields' own classes."""

    plan: NetworkPlan
    quantisation: Quantisation
    classified: SimulationReport
    tapped: SimulationReport
    synthesis: SynthReport
    hardware_accuracy: float
    report: Path


def demo(
    out: Path, *, device_name: str = "ecp5-25f", progress: Callable[[str], None] | None = None
) -> DemoResult:
    """Build the digits model in `out`, classify every test digit in the simulated hardware,
    synthesise it, and place and route it with one seed where an open tool can."""
    tell = progress or (lambda words: None)
    check_free(out, overwrite=True)
    tell("reading the model and the digits")
    network = load(MODEL)
    train_x, _, test_x, test_y = load_data()
    tell("quantising")
    fixed = quantize(network, train_x, device_name=device_name)
    measured = measure(network, fixed, test_x, test_y)
    engines = plan(fixed, device_name=device_name, steps=test_x.shape[1])
    extra = {"quantisation.json": quantisation(measured)}
    build = write(engines, out, overwrite=True, extra=extra, finish=report, progress=tell)

    for stalls in ({}, {"idle": 0.3, "backpressure": 0.3}):
        record_verification(build, verify(build, progress=tell, **stalls), what="vectors")

    raw = fixed.raw(test_x)
    keep = [False] * len(raw)
    expected = vectors(fixed, list(raw), keep, taps={})
    classified = verify(build, sequences=expected, progress=tell)
    results = np.array([one["y"][0][0] for one in expected["sequences"]])
    hardware = float((results == test_y).mean())
    accuracy = {"float": measured.accuracy[0], "hardware": hardware}
    record_verification(build, classified, what="test split", accuracy=accuracy)

    with tempfile.TemporaryDirectory(prefix="tapped-", dir=build) as folder:
        few = list(raw[:TAPPED])
        twin = write(engines, Path(folder) / build.name, sequences=few, taps=True)
        tapped = verify(twin, progress=tell)
        record_verification(build, tapped, what="every gate and state, on tap ports")

    synthesis = synth(
        build / f"{engines.name}.v",
        engines.name,
        device_name,
        build / "synth" / device_name,
        progress=tell,
    )
    record_synthesis(build, synthesis)
    tell("writing the report")
    return DemoResult(engines, measured, classified, tapped, synthesis, hardware, report(build))


def add(commands):
    it = commands.add_parser(
        "demo",
        help="the bundled digits model, end to end",
        description="Build and simulate the bundled digits model, synthesise it, and place and "
        "route it where an open tool can.",
    )
    it.add_argument(
        "--out", type=Path, default=Path("rtl_out/digits"), help="output folder (%(default)s)"
    )
    it.add_argument(
        "--device",
        type=device_name,
        default="ecp5-25f",
        help="plan and synthesise for it (%(default)s)",
    )
    return it


def run(options) -> dict:
    with progress(16, quiet=options.quiet) as tell:
        found = demo(options.out, device_name=options.device, progress=tell)
    accuracy, simulated = found.quantisation.accuracy, found.classified
    inner = found.tapped.compared - found.tapped.outputs
    layers = [engine.layer for engine in found.plan.layers]
    print(f"model      {', '.join(f'{it.name} {it.inputs}->{it.units}' for it in layers)}")
    print(
        f"accuracy   {accuracy[0]:.2%} float, {found.hardware_accuracy:.2%} hardware, "
        f"{found.quantisation.sequences} test digits"
    )
    print(
        f"bit-exact  {simulated.outputs} results, and {inner} gates and states of "
        f"{TAPPED} of them: all equal to the golden model's integers"
    )
    print(f"simulator  {simulated.version}, {simulated.compiler}, read the {simulated.read}")
    print(
        f"speed      {float(found.plan.cycles_per_step):g} cycles a step, as predicted; "
        f"{found.plan.multipliers} multipliers"
    )
    print(f"area       {describe_area(found.synthesis)}")
    print(f"clock      {describe_clock(found.synthesis)}")
    print(f"report     {found.report}")
    return {
        "accuracy": {"float": accuracy[0], "hardware": found.hardware_accuracy},
        "outputs": simulated.outputs,
        "compared": simulated.compared + found.tapped.compared,
        "cycles_per_step": float(found.plan.cycles_per_step),
        "synthesis": found.synthesis.to_dict(),
        "report": str(found.report),
    }
