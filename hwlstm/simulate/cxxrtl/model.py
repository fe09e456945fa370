"""The embedded simulator's library: a build's RTL through C++ (CXXRTL), compiled and cached."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...build.vectors import Expected
from ...cache import cache_folder, prune
from ...errors import HwlstmError
from ..compiler import compile_library, find_compiler, flags, version_line
from ..verdict import wrong_port
from .convert import Converter
from .ports import found_ports, ports_text

__all__ = ["Library", "compiled"]

KEPT = 40
CONVERGES = "bool converged = true;"  # what CXXRTL writes when one evaluation settles the design
# CXXRTL would abort Python when an idle counter addresses past the end of a memory; read 0 instead.
_NO_ABORT = "#define CXXRTL_ASSERT(condition)"
_DRIVER = Path(__file__).with_name("driver.cc")


@dataclass(frozen=True)
class Library:
    """A compiled design: its path and what made it."""

    path: Path
    read: str
    version: str
    compiler: str


def compiled(
    build: Path, expected: Expected, *, wave: bool = False, progress: Callable[[str], None]
) -> Library:
    """Compile the design of `build` with the batch driver, or take it from the cache.

    With `wave` the library can write every signal as VCD, and is slower.

    The key is the hash of all that decides the result: design, ports, driver, commands, and the
    versions of yosys and of the compiler.

    Raises
    ------
    ToolFailed
        If yosys or the C++ compiler is missing or fails.
    HwlstmError
        If a port of the design is not the one in the manifest.
    """
    converter, command = Converter.find(), find_compiler()
    compiler = version_line([*command, "--version"])
    name = expected.manifest["name"]
    source = converter.source(build, name)
    script = converter.script(source, name, wave=wave)
    before, after = _NO_ABORT, [_ports(expected), _DRIVER.read_text()]
    versions = (converter.version, compiler)
    path = _cached(name, source.read_text(), script, before, *after, CONVERGES, *flags(), *versions)
    found = Library(path, converter.read, *versions)
    if path.exists():
        path.touch()
        return found
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        work = Path(folder)
        log = path.with_suffix(f".{os.getpid()}.log")  # others may compile the same design
        (work / source.name).write_text(source.read_text())
        progress("converting to C++")
        design = converter.convert(script, work, log)
        if text := wrong_port(expected, found_ports(design)):
            raise HwlstmError(text)
        progress("compiling")
        # With one evaluation a cycle the clock would never be seen low.
        settled = f"#define SETTLED {int(CONVERGES in design and not wave)}"
        asked = f"#define WAVE {int(wave)}"
        (work / "batch.cc").write_text("\n".join([before, design, settled, asked, *after]))
        os.replace(compile_library(command, converter.headers, work, log), path)
        log.unlink(missing_ok=True)
    prune(path.parent, "*.so", KEPT)
    return found


def _ports(expected: Expected) -> str:
    """The driver's access to the ports; the widths are a comment, so that the hash has them."""
    widths = f"// {json.dumps(expected.ports())}\n"
    return widths + ports_text(expected.manifest, expected.taps(), expected.idle_user)


def _cached(name: str, *decisive: str) -> Path:
    key = hashlib.sha256("\0".join(decisive).encode()).hexdigest()[:24]
    return cache_folder("simulators") / f"{name}-{key}.so"
