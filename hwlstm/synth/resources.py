"""What a synthesised netlist uses, counted from its cells."""

import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ..devices import Device

__all__ = ["LATCHES", "Netlist", "Resources", "counted", "excess"]

# Kind, cell type, worth: in units of what the device table counts.
_CELLS = {
    "ecp5": (
        ("lut", r"LUT4", 1),
        ("ff", r"TRELLIS_FF", 1),
        ("carry", r"CCU2C", 1),
        ("dsp", r"MULT18X18D", 1),
        ("block_ram", r"DP16KD|PDPW16KD", 1),
        ("lutram", r"TRELLIS_DPR16X4", 1),
    ),
    "ice40": (
        ("lut", r"SB_LUT4", 1),
        ("ff", r"SB_DFF\w*", 1),
        ("carry", r"SB_CARRY", 1),
        ("dsp", r"SB_MAC16", 1),
        ("block_ram", r"SB_RAM40_4K\w*", 1),
        ("spram", r"SB_SPRAM256KA", 1),
    ),
    "xc7": (
        ("lut", r"LUT[1-6]|INV", 1),
        ("ff", r"FD[RSCP]E(_1)?", 1),
        ("carry", r"CARRY4", 1),
        ("dsp", r"DSP48E1", 1),
        ("block_ram", r"RAMB18E1", 1),
        ("block_ram", r"RAMB36E1", 2),
        ("lutram", r"RAM(16|32|64|128|256|512)X\w+|RAM(32|64)M|SRL\w+", 1),
    ),
    "gowin": (
        ("lut", r"LUT[1-4]", 1),
        ("ff", r"DFF\w*", 1),
        ("carry", r"ALU", 1),
        ("dsp", r"MULT9X9", 0.5),
        ("dsp", r"MULT18X18|MULTALU18X18|MULTALU36X18", 1),
        ("dsp", r"MULTADDALU18X18", 2),
        ("dsp", r"MULT36X36", 4),
        ("block_ram", r"SDPX?9?B|DPX?9?B|SPX?9?|pROMX?9?", 1),
        ("lutram", r"RAM16\w+|ROM16", 1),
    ),
}

LATCHES = re.compile(r"\$_?DLATCH\w*|\$a?dlatch\w*|LD[CP]E|DLN?[CP]?E?")

# Cells that are no hardware: names of modules, and what a simulator would print or check.
_NOTES = {"$scopeinfo", "$print", "$check"}

# LUT sites of a cell that is not a LUT. A distributed RAM of ECP5 takes the four LUTs of two
# slices, and a third slice is its write port.
_SITES = {
    "CCU2C": 2,
    "TRELLIS_DPR16X4": 6,
    "ALU": 1,
    "RAM16SDP4": 4,
    "RAM32M": 4,
    "RAM64M": 4,
    "RAM32X1D": 2,
    "RAM64X1D": 2,
    "SRL16E": 1,
    "SRLC32E": 1,
}


@dataclass(frozen=True)
class Netlist:
    """The top module of a netlist that yosys wrote as JSON.

    Parameters
    ----------
    ports : dict
        Name -> (direction, width in bits).
    cells : tuple of (type, parameters)
    """

    ports: dict[str, tuple[str, int]]
    cells: tuple[tuple[str, dict], ...]

    @classmethod
    def read(cls, path: Path, top: str) -> "Netlist":
        module = json.loads(path.read_text(encoding="utf-8"))["modules"][top]
        ports = {n: (p["direction"], len(p["bits"])) for n, p in module["ports"].items()}
        cells = ((c["type"], c.get("parameters", {})) for c in module["cells"].values())
        return cls(ports, tuple((kind, p) for kind, p in cells if kind not in _NOTES))

    def parameters(self, kind: str) -> list[dict]:
        """The parameters of every cell of type `kind`."""
        return [parameters for each, parameters in self.cells if each == kind]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What the core uses, without the measuring harness.

    Parameters
    ----------
    lut, ff, carry, lutram, spram : int
        Cells: look-up tables, registers, carry chain, distributed RAM, single-port RAM.
    dsp, block_ram : int
        In units of the device table: an xc7 RAMB36 is two, a Gowin MULT9X9 is half of one.
    lut_sites : int
        LUTs that the device loses to all of it; a lower bound, since place and route adds some.
    cells : dict
        Every cell type and how many.
    """

    lut: int
    ff: int
    carry: int
    dsp: int
    block_ram: int
    lutram: int
    spram: int
    lut_sites: int
    cells: dict[str, int] = field(repr=False)


def counted(netlist: Netlist, family: str) -> Resources:
    """The resources of a netlist of `family`."""
    cells = Counter(kind for kind, _ in netlist.cells)
    used = dict.fromkeys(("lut", "ff", "carry", "dsp", "block_ram", "lutram", "spram"), 0.0)
    for kind, pattern, worth in _CELLS[family]:
        used[kind] += worth * sum(n for cell, n in cells.items() if re.fullmatch(pattern, cell))
    whole = {kind: math.ceil(count) for kind, count in used.items()}
    sites = whole["lut"] + sum(_SITES.get(cell, 0) * n for cell, n in cells.items())
    return Resources(**whole, lut_sites=sites, cells=dict(sorted(cells.items())))


def excess(used: Resources, device: Device) -> tuple[str, ...]:
    """What does not fit, a phrase for each; empty if all of it does."""
    rows = (
        ("LUTs", used.lut_sites, device.luts),
        ("registers", used.ff, device.ffs),
        ("multipliers", used.dsp, device.multipliers),
        ("block RAMs", used.block_ram, device.block_rams),
        ("single-port RAMs", used.spram, device.spram_bits // (256 * 1024)),
    )
    return tuple(
        f"{need} {what}, {device.name} has {have}" for what, need, have in rows if need > have
    )
