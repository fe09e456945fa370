"""A build on other data: floats go in and come out; between them is what the hardware does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..build.manifest import vectors
from ..build.network import load_network
from ..build.record import read
from ..build.seal import check_unchanged
from ..fixed import real
from ..fixed_network import FixedNetwork
from ..golden import run_integer
from ..golden.network import check_time, raw_time, sequences
from .simulate import SIMULATORS, SimulationReport, verify

__all__ = ["BACKENDS", "RunResult", "run"]

BACKENDS = ("golden", *SIMULATORS)
Arrays = np.ndarray | Sequence[np.ndarray]


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a build gave.

    Attributes
    ----------
    outputs : list of arrays, one for each sequence
        (steps, outputs), or (1, outputs) when many to one: floats, or class indices.
    raw : list of arrays
        The integers of the hardware.
    many_to_one, classify : bool
    saturated, values : int
        How many numbers of x lie outside its format and were clipped, and of how many.
    simulation : SimulationReport or None
        Of a simulator: every output was compared with the golden model's, and equal.
    """

    outputs: list[np.ndarray]
    raw: list[np.ndarray]
    many_to_one: bool
    classify: bool
    saturated: int
    values: int
    simulation: SimulationReport | None

    @property
    def array(self) -> np.ndarray:
        """Outputs (sequences, steps, outputs), or (sequences, outputs) when many to one; sequences
        must be of one length."""
        if len({len(y) for y in self.outputs}) > 1:
            raise ValueError("Sequences must be of one length to be one array")
        y = np.stack(self.outputs)
        return y[:, -1] if self.many_to_one else y


def run(
    build: str | Path,
    x: Arrays,
    time: Arrays | None = None,
    *,
    simulator: str = "golden",
    progress: Callable[[str], None] | None = None,
) -> RunResult:
    """Run a build on real data.

    Floats become the integers of its input's format (nearest, ties to even, saturating), and the
    integers that come out floats again.

    Parameters
    ----------
    build : path
        A folder that `write` or ``hwlstm build`` made.
    x : array (sequences, steps, inputs), or arrays (steps, inputs) of any lengths
    time : array (sequences, steps), or arrays (steps,)
        Of every step, if the network reads time stamps.
    simulator : str
        "golden", the integer model; or "embedded", "icarus", "verilator": the emitted design is
        simulated too, and every integer of it must equal the golden model's.

    Raises
    ------
    HwlstmError
        The folder is no build, or was changed since.
    ValueError, TypeError
        Data of another shape or kind.
    Mismatch, ToolFailed
        As `verify`.
    """
    if simulator not in BACKENDS:
        raise ValueError(f"Simulator must be one of {', '.join(BACKENDS)}, not {simulator!r}")
    build, tell = Path(build), progress or (lambda words: None)
    fixed = load_network(build)
    values, stamps = checked(fixed, x, time)
    tell("computing the golden model's outputs")
    raw_x = [fixed.raw(one) for one in values]
    raw = golden(fixed, raw_x, stamps)
    simulation = None
    if simulator != "golden":
        simulation = simulated(build, fixed, raw_x, stamps, simulator, tell)
    return RunResult(
        outputs=raw if fixed.classify else [real(y, fixed.y) for y in raw],
        raw=raw,
        many_to_one=fixed.many_to_one,
        classify=fixed.classify,
        saturated=sum(clipped(fixed, *pair) for pair in zip(values, raw_x, strict=True)),
        values=sum(one.size for one in values),
        simulation=simulation,
    )


def checked(fixed: FixedNetwork, x, time) -> tuple[list[np.ndarray], list[np.ndarray] | None]:
    """Every sequence as floats (steps, inputs), its time stamps as integers (steps,)."""
    if isinstance(x, np.ndarray):
        values = list(sequences(x, fixed.inputs))
    else:
        values = [sequences(np.asarray(one)[None], fixed.inputs)[0] for one in x]
    if not values:
        raise ValueError("Data must hold at least one sequence, not none")
    check_time(fixed.stamp is not None, time)
    if time is None:
        return values, None
    if len(time) != len(values):
        raise ValueError(f"Time must be given for {len(values)} sequences, not {len(time)}")
    pairs = zip(values, time, strict=True)
    stamps = [raw_time(np.asarray(t)[None], 1, len(one), fixed.stamp)[0] for one, t in pairs]
    return values, stamps


def golden(fixed: FixedNetwork, raw_x: list, stamps: list | None) -> list[np.ndarray]:
    """Raw outputs (steps, outputs) of every sequence, those of one length at once."""
    found: list = [None] * len(raw_x)
    for steps in {len(one) for one in raw_x}:
        where = [k for k, one in enumerate(raw_x) if len(one) == steps]
        time = None if stamps is None else np.stack([stamps[k] for k in where])
        output = run_integer(fixed, np.stack([raw_x[k] for k in where]), time, trace=False).output
        for k, y in zip(where, output, strict=True):
            found[k] = np.atleast_2d(y)
    return found


def simulated(build: Path, fixed: FixedNetwork, raw_x, stamps, simulator, tell) -> SimulationReport:
    """The design in simulation; it must give what the golden model gives."""
    check_unchanged(build)
    manifest = read(build, "manifest.json")
    taps = {layer: list(tap["signals"]) for layer, tap in manifest["taps"].items()}
    asked = vectors(fixed, raw_x, [False] * len(raw_x), stamps, taps=taps)
    return verify(build, sequences=asked, simulator=simulator, progress=tell)


def clipped(fixed: FixedNetwork, x: np.ndarray, raw: np.ndarray) -> int:
    """Numbers of x that are further from what they became than rounding explains."""
    worth = np.abs(fixed.real(np.ones(fixed.inputs)) - fixed.real(np.zeros(fixed.inputs)))
    at_limit = (raw == fixed.x.lo) | (raw == fixed.x.hi)
    return int((at_limit & (np.abs(fixed.real(raw) - x) > 0.5 * worth)).sum())
