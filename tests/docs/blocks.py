"""Code blocks of a Markdown page, and how each kind of them is run."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ROOT", "Block", "Page", "blocks"]

ROOT = Path(__file__).parents[2]
FENCE = re.compile(
    r"^(?P<slow><!-- slow -->\n)?```(?P<kind>\w+)(?: file=(?P<file>\S+))?\n(?P<text>.*?)^```$",
    re.M | re.S,
)
SHELL = f"""\
set -e
hwlstm() {{ "{sys.executable}" -m hwlstm "$@"; }}
make() {{ command make --dry-run --directory "{ROOT}" "$@" >/dev/null; }}
"""
"""The command under test; make is asked whether it knows the target."""


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes
    ----------
    kind : str
        python and sh run; console runs and its output is compared; of the others nothing can.
    file : str or None
        The block is a file of that name.
    slow : bool
        Runs with the slow tests only.
    """

    kind: str
    text: str
    file: str | None
    slow: bool


def blocks(path: Path) -> list[Block]:
    found = FENCE.finditer(path.read_text(encoding="utf-8"))
    return [Block(it["kind"], it["text"], it["file"], bool(it["slow"])) for it in found]


@dataclass
class Page:
    """Runs blocks one after the other, as a reader does: one interpreter, one folder.

    Parameters
    ----------
    folder : Path
        Where the reader is.
    names : dict
        What Python knows already.
    """

    folder: Path
    names: dict = field(default_factory=dict)

    def run(self, block: Block) -> None:
        if block.file:
            (self.folder / block.file).write_text(block.text)
        elif block.kind == "python":
            exec(compile(block.text, "<block>", "exec"), self.names)
        elif block.kind == "sh":
            self.shell(block.text)
        elif block.kind == "console":
            for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.M):
                assert self.shell(command) == printed

    def shell(self, text: str) -> str:
        done = subprocess.run(
            ["bash", "-c", SHELL + text],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{text}: {done.stderr}"
        return done.stdout
