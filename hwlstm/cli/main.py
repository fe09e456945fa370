"""hwlstm build | verify | synth | report | inspect | activation | cells | demo."""

import argparse
import json
import os
import sys
import warnings
from pathlib import Path

from ..errors import HwlstmError
from . import activation, build, cells, demo, inspect, report, synth, verify

__all__ = ["main"]

EPILOG = """\
from a model to a report:
  hwlstm build model.onnx --data calibration.npy --device ecp5-25f
  hwlstm verify rtl_out/model --idle 0.3 --backpressure 0.3
  hwlstm synth rtl_out/model --device ecp5-25f
  hwlstm report rtl_out/model
an activation function alone, with its certificate:
  hwlstm activation tanh --input Q4.12 --output Q1.15 --max-ulp 1 --device ecp5-25f
a cell of your own beside that of a plain LSTM:
  hwlstm cells traditional mine.py:Mine
"""

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
"""Each a module with its options, `add`, and its action, `run`."""

WRITTEN = ("json", "verilog", "plot", "page", "wave")
"""Options that name a file to write."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0, or 2 after one line that names what was wrong."""
    parsed = parser().parse_args(arguments)
    try:
        check_writable([path for name in WRITTEN if (path := getattr(parsed, name, None))])
        result = COMMANDS[parsed.command].run(parsed)
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
    for each in COMMANDS.values():
        command = each.add(commands)
        command.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON")
        command.add_argument("--quiet", action="store_true", help="no progress")
    return top


def check_writable(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir() or not path.parent.is_dir():
            raise HwlstmError(f"{path} must be a file in an existing folder")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise HwlstmError(f"{path} cannot be written")
    if len({path.resolve() for path in paths}) < len(paths):
        raise HwlstmError(f"{paths[0]} must not be named twice as a file to write")
