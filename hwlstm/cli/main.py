"""hwlstm build | verify | run | synth | report | inspect | activation | cells | demo."""

import argparse
import contextlib
import json
import os
import sys
import warnings
from pathlib import Path

from .. import __version__
from ..errors import HwlstmError
from . import activation, build, cells, demo, inspect, report, run, synth, verify
from .interrupt import interruptible

__all__ = ["main"]

EPILOG = """\
from a model to a report:
  hwlstm build model.onnx --data calibration.npy --device ecp5-25f
  hwlstm verify rtl_out/model --idle 0.3 --backpressure 0.3
  hwlstm synth rtl_out/model --device ecp5-25f
  hwlstm report rtl_out/model
your own data through the hardware in simulation:
  hwlstm run rtl_out/model --data test.npz --simulator embedded --out results.csv
an activation function alone, with its certificate:
  hwlstm activation tanh --input Q4.12 --output Q1.15 --max-ulp 1 --device ecp5-25f
a cell of your own beside that of a plain LSTM:
  hwlstm cells traditional mine.py:Mine
exit codes: 0 done; 2 refused or failed, for which one line says why; 130 interrupted (Ctrl-C).
"""

COMMANDS = {
    "build": build,
    "verify": verify,
    "run": run,
    "synth": synth,
    "report": report,
    "inspect": inspect,
    "activation": activation,
    "cells": cells,
    "demo": demo,
}
"""Each a module with its options, `add`, and its action, `run`."""

WRITTEN = ("json", "verilog", "plot", "page", "results", "wave")
"""Options that name a file to write."""

STDOUT = Path("-")
LONGEST = 600
"""Characters of a message; names in it may be as long as somebody likes."""


class Usage(HwlstmError):
    """The words of a command line do not make a command."""

    def __init__(self, program: str, message: str):
        super().__init__(message)
        self.program = program


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong; `hwlstm COMMAND --help` shows what would be right."""

    def error(self, message: str):
        raise Usage(self.prog, message)


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    0; 2 after one line that names what was wrong; 130 after Ctrl-C. A build that was interrupted
    is whole or not there.
    """
    program = "hwlstm"
    try:
        with interruptible():
            parsed = parser().parse_args(arguments)
            program = f"hwlstm {parsed.command}"
            execute(parsed)
    except Usage as error:
        return refused(error.program, error)
    except (HwlstmError, ValueError, TypeError, OSError, ArithmeticError) as error:
        return refused(program, error)
    except MemoryError:
        return refused(program, "there is not enough memory")
    except KeyboardInterrupt:
        # Amaranth would complain of every half-built component.
        warnings.filterwarnings("ignore", message=".*created but never used")
        print(f"{program}: interrupted", file=sys.stderr)
        return 130
    return 0


def execute(parsed: argparse.Namespace) -> None:
    """Run the command, and write what it found as JSON if that is wanted."""
    paths = [path for name in WRITTEN if (path := getattr(parsed, name, None))]
    check_writable([path for path in paths if path != STDOUT])
    lines = sys.stderr if parsed.json == STDOUT else sys.stdout
    with contextlib.redirect_stdout(lines):
        result = COMMANDS[parsed.command].run(parsed)
    if parsed.json:
        text = json.dumps(result, indent=1, default=str) + "\n"
        if parsed.json == STDOUT:
            sys.stdout.write(text)
        else:
            parsed.json.write_text(text, encoding="utf-8")


def refused(program: str, why: Exception | str) -> int:
    text = " ".join(str(why).split())
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"
    print(f"{program}: {text}", file=sys.stderr)
    return 2


def parser() -> argparse.ArgumentParser:
    top = Parser(
        prog="hwlstm",
        description="A trained LSTM to bit-exact Verilog, with its proof.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"hwlstm {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for each in COMMANDS.values():
        command = each.add(commands)
        command.add_argument(
            "--json",
            type=Path,
            metavar="FILE",
            help="write the result as JSON; - is standard output, and all else goes to standard "
            "error",
        )
        command.add_argument("--quiet", action="store_true", help="no progress")
    return top


def check_writable(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir() or not path.parent.is_dir():
            raise HwlstmError(f"{path} must be a file in an existing folder")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise HwlstmError(f"{path} cannot be written")
    if len({os.path.realpath(path) for path in paths}) < len(paths):
        raise HwlstmError(f"{paths[0]} must not be named twice as a file to write")
