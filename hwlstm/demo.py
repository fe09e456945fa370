"""The demonstration: the bundled digits model, from ONNX to proven Verilog and its report."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .digits import MODEL, load_data
from .fixed import quantise
from .flow.manifest import vectors
from .flow.record import quantisation, record_synthesis, record_verification
from .flow.simulate import SimulationReport, verify
from .flow.synth import SynthReport, synth
from .flow.write import write
from .load import load
from .plan.network import NetworkPlan, plan
from .quantize import Quantisation, measure, quantize
from .report import report

__all__ = ["DemoResult", "demo"]

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
    """Build the digits model in `out`, classify every test digit in the simulated hardware, and
    synthesise it."""
    tell = progress or (lambda words: None)
    tell("reading the model and the digits")
    network = load(MODEL)
    train_x, _, test_x, test_y = load_data()
    tell("quantising")
    fixed = quantize(network, train_x)
    measured = measure(network, fixed, test_x, test_y)
    engines = plan(fixed, device_name=device_name, steps=test_x.shape[1])
    extra = {"quantisation.json": quantisation(measured)}
    build = write(engines, out, overwrite=True, extra=extra, progress=tell)

    for stalls in ({}, {"idle": 0.3, "backpressure": 0.3}):
        record_verification(build, verify(build, progress=tell, **stalls), what="vectors")

    raw = quantise(test_x, fixed.x)
    keep = [False] * len(raw)
    expected = vectors(engines, list(raw), keep, taps=False)
    classified = verify(build, sequences=expected, progress=tell)
    results = np.array([one["y"][0][0] for one in expected["sequences"]])
    hardware = float((results == test_y).mean())
    accuracy = {"float": measured.accuracy[0], "hardware": hardware}
    record_verification(build, classified, what="test split", accuracy=accuracy)

    with tempfile.TemporaryDirectory(prefix=".tapped-", dir=build.parent) as folder:
        few = list(raw[:TAPPED])
        twin = write(engines, Path(folder) / build.name, sequences=few, taps=True)
        tapped = verify(twin, progress=tell)
        record_verification(build, tapped, what="every gate and state, on tap ports")

    synthesis = synth(
        build / f"{engines.name}.v",
        engines.name,
        device_name,
        build / "synth" / device_name,
        place=False,
        progress=tell,
    )
    record_synthesis(build, synthesis)
    tell("writing the report")
    return DemoResult(engines, measured, classified, tapped, synthesis, hardware, report(build))
