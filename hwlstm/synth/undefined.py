"""Multiplier blocks of iCE40 that add a number which nobody drives."""

import json
from pathlib import Path

__all__ = ["undefined_sums"]

# Port that an adder reads, what makes it read that, and what brings the sum out.
_ADDERS = (
    ("C", "TOPADDSUB_UPPERINPUT", "TOPOUTPUT_SELECT"),
    ("D", "BOTADDSUB_UPPERINPUT", "BOTOUTPUT_SELECT"),
)
_SUMS = (0, 1)
"""Outputs that are the adder's, not the multiplier's."""


def undefined_sums(netlist: Path, top: str) -> list[str]:
    """Names of the SB_MAC16 of a netlist in JSON that are wrong: yosys 0.70 gives a sum of two
    products to two of them now and then, and forgets one of the products, without a word."""
    cells = json.loads(netlist.read_text(encoding="utf-8"))["modules"][top]["cells"]
    blocks = {name: cell for name, cell in cells.items() if cell["type"] == "SB_MAC16"}
    return [name for name, cell in blocks.items() if any(_undefined(cell, *a) for a in _ADDERS)]


def _undefined(cell: dict, port: str, reads: str, gives: str) -> bool:
    parameters = {name: int(cell["parameters"][name], 2) for name in (reads, gives)}
    used = parameters[reads] == 1 and parameters[gives] in _SUMS
    return used and "x" in cell["connections"][port]
