"""Prove a build folder: the emitted design against the golden model's integers."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..build.vectors import Expected
from ..errors import HwlstmError, Mismatch
from . import cocotb_run, embedded
from .cxxrtl.model import compiled
from .verdict import AFTER_RESET, STALLS, verdict

__all__ = ["SIMULATORS", "SimulationReport", "verify"]

MALFORMED = (KeyError, AttributeError, TypeError, IndexError, OverflowError)
SIMULATORS = ("embedded", "icarus", "verilator")


@dataclass(frozen=True)
class SimulationReport:
    """What was simulated and found equal.

    Attributes
    ----------
    simulator, version : str
        "embedded", "icarus" or "verilator", and what it was made of.
    read : str
        What the simulator read: "verilog" (the emitted file) or "rtlil".
    compiler : str
        The C++ compiler; empty for Icarus.
    sequences, outputs : int
        Sequences run and output beats taken.
    compared : int
        Raw integers compared and equal: outputs and taps.
    cycles : int
        Clock cycles from the first input beat to the last output beat, both included.
    output_cycles, input_cycles : list of int
        Cycle that took each beat; cycle 0 took the first input beat.
    cycles_as_predicted : True or None
        Every output beat left in the cycle that the plan predicted; None where it predicts none:
        under stalls, and for sequences that are not the build's own.
    seconds : float
        Wall clock, with compiling.
    idle, backpressure : float
    seed : int
        The stimulus: see :func:`verify`.
    """

    simulator: str
    version: str
    read: str
    compiler: str
    sequences: int
    outputs: int
    compared: int
    cycles: int
    output_cycles: list[int]
    input_cycles: list[int]
    cycles_as_predicted: Literal[True] | None
    seconds: float
    idle: float
    backpressure: float
    seed: int


def verify(
    build: Path,
    *,
    simulator: str = "embedded",
    sequences: dict | None = None,
    idle: float = 0.0,
    backpressure: float = 0.0,
    seed: int = 1,
    apart: bool = False,
    wave: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> SimulationReport:
    """Simulate the design of a build folder and compare every integer with the golden model.

    Every output, every tlast and every tap is compared, and the rules of AXI4-Stream are checked
    on m_axis. Then the first sequences run again, with stalls, after a reset in the middle of a
    sequence. All simulators stall in the same cycles and speak of a difference in the same words.

    Parameters
    ----------
    simulator : str
        "embedded" (CXXRTL, compiled here), "icarus" or "verilator" (the cocotb bench).
    sequences : dict, optional
        In place of vectors.json, of the same form; arrays are welcome.
    idle, backpressure : float
        Probability per cycle that no new input beat is offered, that tready is low; in [0, 1).
    seed : int
        Decides in which cycles.
    apart : bool
        Offer a sequence only when the outputs of the one before were taken.
    wave : path, optional
        Write every signal of the run, cycle by cycle, to this VCD file, also of one that ends in a
        Mismatch; the embedded simulator only.
    progress : callable, optional
        Told in a few words what begins.

    Raises
    ------
    Mismatch
        At the first output that leaves in another cycle than predicted, or at the first difference
        (earliest sequence, step, layer, unit), a broken AXI rule, or
        when nothing happens for four times the predicted cycles.
    ToolFailed
        If the simulator is missing or fails.
    HwlstmError
        If the build folder is not one.
    ValueError
        If an argument or the vectors are not of the form above.
    """
    _check_arguments(simulator, idle, backpressure, wave)
    start = time.monotonic()
    manifest, vectors = _read(Path(build), sequences)
    try:
        expected = Expected(manifest, vectors, apart=apart)
    except MALFORMED as error:
        raise _malformed(Path(build), error) from None
    tell = progress or (lambda words: None)
    stimulus = {"idle": float(idle), "backpressure": float(backpressure), "seed": int(seed)}
    if simulator == "embedded":
        about, measured = _embedded(Path(build), expected, stimulus, wave, tell)
    else:
        about, measured = cocotb_run.run(
            Path(build), expected, simulator=simulator, apart=apart, progress=tell, **stimulus
        )
    own = sequences is None and not idle and not backpressure and not apart
    predicted = manifest.get("cycles", {}).get("outputs") if own else None
    if predicted is not None:
        _check_cycles(predicted, measured["output_cycles"])
    return SimulationReport(
        simulator=simulator,
        cycles_as_predicted=None if predicted is None else True,
        sequences=len(expected.sequences),
        seconds=time.monotonic() - start,
        **about,
        **measured,
        **stimulus,
    )


def _check_cycles(predicted: list[int], measured: list[int]):
    """Every output beat of the build's own vectors must leave in the cycle that the plan said."""
    for k, (expected, found) in enumerate(zip(predicted, measured, strict=True)):
        if expected != found:
            raise Mismatch(
                f"output beat {k} left in cycle {found} in simulation and in cycle {expected} "
                "in the plan's prediction"
            )


def _embedded(
    build: Path, expected: Expected, stimulus: dict, wave: str | Path | None, tell
) -> tuple[dict, dict]:
    made = compiled(build, expected, wave=wave is not None, progress=tell)
    tell("simulating")
    path = wave and Path(wave)
    if path:
        path.touch()  # the driver has no words for a file that cannot be written
    observed = embedded.simulate(made.path, expected, wave=path, **stimulus)
    patience = expected.patience(stimulus["idle"], stimulus["backpressure"])
    if text := verdict(expected, observed, patience):
        raise Mismatch(text)
    again = expected.after_reset()
    stalls: dict[str, Any] = stimulus | STALLS
    observed_again = embedded.simulate(
        made.path, again, reset_after=again.half_a_sequence(), **stalls
    )
    if text := verdict(again, observed_again, again.patience(**STALLS)):
        raise Mismatch(AFTER_RESET + text)
    about = {"version": made.version, "read": made.read, "compiler": made.compiler}
    return about, observed.measures()


def _check_arguments(simulator: str, idle: float, backpressure: float, wave: str | Path | None):
    if wave and simulator != "embedded":
        raise ValueError(f"Simulator must be embedded to write a waveform, not {simulator!r}")
    if simulator not in SIMULATORS:
        raise ValueError(f"Simulator must be one of {', '.join(SIMULATORS)}, not {simulator!r}")
    for name, value in (("Idle", idle), ("Backpressure", backpressure)):
        if not 0 <= value < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, not {value!r}")


def _read(build: Path, sequences: dict | None) -> tuple[dict, dict]:
    """The manifest and the vectors of a build folder."""
    manifest = _json(build, "manifest.json")
    missing = {"name", "inputs", "outputs", "many_to_one", "input", "output", "taps"} - set(
        manifest
    )
    if missing:
        raise HwlstmError(f"{build}/manifest.json must have {', '.join(sorted(missing))}")
    if not (build / f"{manifest['name']}.v").is_file():
        raise HwlstmError(f"Build folder {build} must hold {manifest['name']}.v")
    if sequences is not None:
        return manifest, _plain(sequences)
    vectors = _json(build, "vectors.json")
    try:
        for layer, tap in manifest["taps"].items():
            for number, sequence in enumerate(vectors["sequences"]):
                if set(sequence["taps"][layer]) != set(tap["signals"]):
                    raise HwlstmError(
                        f"{build}/vectors.json must hold every tap of {layer} in sequence {number}"
                    )
    except MALFORMED as error:
        raise _malformed(build, error) from None
    return manifest, vectors


def _malformed(build: Path, error: Exception) -> HwlstmError:
    what = f"{type(error).__name__}: {error}"
    return HwlstmError(f"{build}: manifest.json and vectors.json must be as written ({what})")


def _json(build: Path, name: str) -> dict:
    try:
        return json.loads((build / name).read_text())
    except (FileNotFoundError, NotADirectoryError):
        raise HwlstmError(f"Build folder {build} must hold {name}") from None
    except ValueError as error:
        raise HwlstmError(f"{build}/{name} must be JSON: {error}") from None


def _plain(tree) -> Any:
    """Arrays in `tree` as lists of Python integers."""
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_plain(value) for value in tree]
    return tree.tolist() if isinstance(tree, np.ndarray | np.generic) else tree
