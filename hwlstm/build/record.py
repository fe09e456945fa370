"""What was measured on a build, kept beside it as JSON for the report.

No times and no machine names: the same measurement leaves the same bytes.
"""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import HwlstmError
from ..quantize import Quantisation, remarks
from ..synth.synth import SynthReport
from ..whole_file import write_whole

__all__ = ["quantisation", "read", "record_synthesis", "record_verification", "synthesis"]

VERIFICATION = "verification.json"
SYNTHESIS = "synthesis.json"
RUN = (
    *("simulator", "version", "read", "sequences", "outputs", "compared", "cycles"),
    *("cycles_as_predicted", "idle", "backpressure", "seed"),
)
"""Of a simulation."""


def read(build: Path, name: str) -> Any:
    """JSON content of a file of a build folder; None if it is not there."""
    if not (build / "manifest.json").is_file():
        raise HwlstmError(f"{build} is no build folder: it has no manifest.json")
    path = build / name
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HwlstmError(f"{path} cannot be read: {error}") from None


def entries(build: Path, name: str) -> list[dict]:
    """What was recorded before; nothing, if there is no file."""
    found = read(build, name) or []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise HwlstmError(f"{build / name} must be a list of objects")
    return found


def save(build: Path, name: str, content) -> None:
    write_whole(build / name, json.dumps(content, indent=1) + "\n")


def quantisation(measured: Quantisation) -> dict:
    """JSON-able form of a Quantisation; an exact signal has no noise, and no ratio."""
    content = asdict(measured)
    for entry, signal in zip(content["signals"], measured.signals, strict=True):
        del entry["fmt"]
        fmt = signal.fmt
        entry |= {"format": str(fmt), "lo": fmt.lo * fmt.step, "hi": fmt.hi * fmt.step}
        if not math.isfinite(signal.sqnr_db):
            entry["sqnr_db"] = None
    return content | {"warnings": remarks(measured)}


def record_verification(build: Path, run, *, what: str, accuracy: dict | None = None) -> dict:
    """Add a run, a :class:`hwlstm.simulate.simulate.SimulationReport`, to verification.json; one
    of the same kind is replaced."""
    entry = {"what": what, **{key: getattr(run, key) for key in RUN}, "accuracy": accuracy}
    kind = ("what", "simulator", "idle", "backpressure", "seed")
    kept = [
        old
        for old in entries(build, VERIFICATION)
        if any(old.get(key) != entry[key] for key in kind)
    ]
    save(build, VERIFICATION, [*kept, entry])
    return entry


def synthesis(result: SynthReport) -> dict:
    """JSON-able form of a SynthReport, without the times that it took."""
    entry = result.to_dict()
    for timed in (entry, *entry["routes"]):
        timed.pop("seconds", None)
    return entry


def record_synthesis(build: Path, result: SynthReport) -> dict:
    """Add a result to synthesis.json; one for the same device is replaced."""
    entry = synthesis(result)
    kept = [old for old in entries(build, SYNTHESIS) if old.get("device") != result.device]
    save(build, SYNTHESIS, [*kept, entry])
    return entry
