"""hwlstm cells: equations, pipeline and cost of cells."""

from pathlib import Path

from ..load.cell import BUNDLED, cell_name, load_cell
from ..report.cell_cost import CellCost
from ..report.cells import cells_text, write_cells
from .progress import progress

__all__ = ["add", "run"]


def add(commands):
    it = commands.add_parser(
        "cells",
        help="every cell: equations, pipeline, cost",
        description="Show cells: their equations, what their gates multiply, their pipeline and "
        "what they cost, side by side for one example layer.",
    )
    it.add_argument(
        "cells",
        nargs="*",
        metavar="CELL",
        help="a bundled cell, or FILE.py:NAME of your own, which is executed (every bundled one)",
    )
    it.add_argument(
        "--out",
        dest="page",
        type=Path,
        metavar="FILE",
        help="write the page as Markdown, and its pictures to images/cells beside it",
    )
    return it


def run(options) -> dict:
    wanted = options.cells or [name for name in BUNDLED if load_cell(name).recurrent]
    named = [(cell_name(text), load_cell(text)) for text in wanted]
    costs = []
    with progress(len(named), quiet=options.quiet) as tell:
        for name, cell in named:
            tell(name)
            costs.append(CellCost(name, cell))
    if options.page:
        _, *pictures = write_cells(costs, options.page)
        print(f"{options.page}: {', '.join(cost.name for cost in costs)}; {len(pictures)} SVG")
    else:
        print(cells_text(costs), end="")
    return {"cells": [{"name": cost.name, **cost.to_dict()} for cost in costs]}
