"""python -m docs: the pages and pictures that are generated from the code.

cells.md, command-line.md, the header and the waveform of talk-to-the-core.md, and python/, the
reference of the docstrings.
"""

import os
import re
from contextlib import redirect_stdout, suppress
from importlib.resources import files
from io import StringIO
from pathlib import Path

import numpy as np

import hwlstm
from hwlstm.build.interface import header
from hwlstm.build.manifest import manifest
from hwlstm.build.write import stimulus
from hwlstm.cli.main import COMMANDS
from hwlstm.cli.main import main as cli
from hwlstm.report.markdown import fenced
from hwlstm.report.source import Build
from hwlstm.report.waveform import waveform_chart

HERE = Path(__file__).parent
COLUMNS = "96"
"""Width of a help text."""

PUBLIC = ("hwlstm", r"!hwlstm\..*", "hwlstm.activation", "hwlstm.cells", "hwlstm.train")
"""What of the package is for users, as pdoc selects modules."""


def main() -> None:
    cli(["cells", "--out", str(HERE / "cells.md")])
    (HERE / "command-line.md").write_text(command_line())
    talk_to_the_core()
    python_reference(HERE / "python")


def command_line() -> str:
    """Every command with its help."""
    os.environ["COLUMNS"] = COLUMNS
    parts = ["# Command line", "Written by `make docs` from the parser.", help_of()]
    for name in COMMANDS:
        parts += [f"## hwlstm {name}", help_of(name)]
    return "\n\n".join(parts) + "\n"


def help_of(*command: str) -> str:
    with redirect_stdout(StringIO()) as printed, suppress(SystemExit):
        cli([*command, "--help"])
    return fenced(printed.getvalue(), "text")


def talk_to_the_core() -> None:
    """Put the interface of a small core into its page, and draw its waveform."""
    content = example()
    page = HERE / "talk-to-the-core.md"
    page.write_text(put(page.read_text(), "header", fenced(header(content), "verilog")))
    drawing = waveform_chart(Build(content, None, [], []))
    style = (files("hwlstm.report") / "drawing.css").read_text(encoding="utf-8")
    (HERE / "images" / "waveform.svg").write_text(drawing.file(style))


def example() -> dict:
    """The manifest of an LSTM 3 -> 4 with random weights."""
    rng = np.random.default_rng(0)
    network = hwlstm.from_arrays(
        W=rng.normal(0, 0.5, (16, 3)), U=rng.normal(0, 0.5, (16, 4)), name="example"
    )
    fixed = hwlstm.quantize(network, rng.uniform(-1, 1, (8, 10, 3)), bits=12)
    return manifest(hwlstm.plan(fixed, parallel=2, columns=2), *stimulus(fixed), taps=False)


def put(page: str, name: str, content: str) -> str:
    """The page with `content` in its block of that name."""
    block = rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)"
    return re.sub(block, lambda match: f"{match[1]}{content}\n{match[2]}", page, flags=re.S)


def python_reference(folder: Path) -> None:
    """HTML pages of the docstrings, by pdoc."""
    from pdoc import pdoc, render

    render.configure(docformat="numpy", show_source=False)
    pdoc(*PUBLIC, output_directory=folder)


if __name__ == "__main__":
    main()
