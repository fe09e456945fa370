"""The page of the cells: a table of all, and a section for each. Markdown, with pictures as SVG."""

from pathlib import Path

from ..build.manifest import layer as described
from ..build.manifest import tap
from ..errors import HwlstmError
from .cell_cost import INPUTS, PARALLEL, STEPS, UNITS, CellCost
from .cell_section import overview, section
from .markdown import fenced
from .pipeline import pipeline_plot, pipeline_text

__all__ = ["IMAGES", "cells_files", "cells_text", "write_cells"]

IMAGES = Path("images") / "cells"
"""Where the pictures are, from the folder of the page."""

INTRODUCTION = f"""\
A cell is a Python class: its gates, its peepholes, and a step as equations. The equations are
traced once; float reference, integer golden model, backward graph and hardware are read from the
trace. What an equation does not use is not built: a gate left out takes its lane, its rows of the
weight memory and its activation with it.

Every cell is shown as the same layer: I = {INPUTS} inputs, H = {UNITS} units, {PARALLEL} of them
in parallel, one column a cycle, a new unit in every cycle, 8-bit weights, 16-bit signals; random
seeded weights, formats chosen from sequences of {STEPS} steps."""

LEGEND = """\
- **lanes**: multiply-accumulators of one unit.
- **multipliers**: of all lanes, and of the cell pipeline with its activation units.
- **activations**, **products**: of one step of one unit, behind the lanes; **backward**: products
  of the derivative of that step. Products of matrices are left out in both.
- **L**: cycles from the last column of a group of units to the first column that uses its result.
  It costs nothing where other columns fill the time: with G groups of U units that multiply x and
  h, a step takes G(I + H) + max(0, L - (I + (G - 1)U)) cycles.
- **cycles a step**: as the plan predicts, which a simulation must measure.

In a class, `z.g` is the sum of the rows of gate g and its bias, `p.g` its peephole, `prev.c` a
state of the step before. A pipeline has a row for each part and a column for each cycle; in cycle 0
the sums of a unit arrive. A part takes its operands in the dark cycle; its result can be read where
the bar ends."""

SOURCES = {
    "Elman 1990": "Finding structure in time. Cognitive Science 14(2).",
    "Hochreiter & Schmidhuber 1997": "Long short-term memory. Neural Computation 9(8).",
    "Gers, Schmidhuber & Cummins 1999": (
        "Learning to forget: continual prediction with LSTM. ICANN."
    ),
    "Gers & Schmidhuber 2000": "Recurrent nets that time and count. IJCNN.",
    "Neil, Pfeiffer & Liu 2016": (
        "Phased LSTM: accelerating recurrent network training for long or event-based sequences. "
        "NIPS."
    ),
    "Greff 2017": (
        "K. Greff, R. K. Srivastava, J. Koutník, B. R. Steunebrink, J. Schmidhuber: LSTM: a search "
        "space odyssey. IEEE Transactions on Neural Networks and Learning Systems 28(10)."
    ),
}
"""As docstrings name them."""


def cells_text(costs: list[CellCost]) -> str:
    """The page for a terminal: pipelines drawn in letters."""
    return page(costs, [letters(cost) for cost in costs], linked=False)


def cells_files(costs: list[CellCost], path: Path) -> dict[Path, str]:
    """The page `path` and the pictures beside it: file to content, the same every time.

    Raises
    ------
    ValueError
        Two cells whose pictures would be one file.
    """
    names = [cost.name for cost in costs]
    if len({name.lower() for name in names}) < len(names):
        raise ValueError(f"Cells of a page must have different names, not {', '.join(names)}")
    drawings = [pipeline_plot(*drawn(cost)) for cost in costs]
    pictures = [
        f"![Cell pipeline of {name}]({(IMAGES / name).as_posix()}.svg)" if drawing else ""
        for name, drawing in zip(names, drawings, strict=True)
    ]
    found = {path: page(costs, pictures, linked=True)}
    for name, drawing in zip(names, drawings, strict=True):
        if drawing:
            found[path.parent / IMAGES / f"{name}.svg"] = drawing
    return found


def write_cells(costs: list[CellCost], path: Path) -> list[Path]:
    """Write `cells_files`; returns their paths, that of the page first.

    Raises
    ------
    HwlstmError
        A file cannot be written.
    """
    files = cells_files(costs, path)
    for file, content in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode("utf-8"))
        except OSError as error:
            raise HwlstmError(f"{file} cannot be written: {error.strerror}") from None
    return list(files)


def page(costs: list[CellCost], pictures: list[str], *, linked: bool) -> str:
    parts = ["# Cells", INTRODUCTION, overview(costs, linked=linked), LEGEND]
    for cost, picture in zip(costs, pictures, strict=True):
        parts += section(cost, picture)
    named = " ".join(" ".join(parts).split())
    sources = [f"- {key}: {text}" for key, text in SOURCES.items() if key in named]
    if sources:
        parts.append("\n".join(["## Sources", *sources]))
    return "\n\n".join(part for part in parts if part) + "\n"


def drawn(cost: CellCost) -> tuple[dict, dict]:
    """What the picture of a pipeline is made from: the layer, and when its values can be read."""
    layer = described(cost.engine) | {"name": cost.name}
    return layer, tap(cost.engine)["signals"]


def letters(cost: CellCost) -> str:
    lines = pipeline_text(drawn(cost)[0])
    return fenced("\n".join(lines)) if lines else ""
