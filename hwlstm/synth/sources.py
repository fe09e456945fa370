"""Copy the sources of a run into its work directory: tools see nothing but that."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

__all__ = ["copied"]

_MEMORY = re.compile(r'\$readmem[hb]\s*\(\s*"([^"]+)"')


def copied(sources: Path | Sequence[Path], work: Path) -> tuple[str, ...]:
    """Copy `sources`, and the memory files that they read, into `work`, making it.

    Returns
    -------
    tuple of str
        The names of the sources in `work`, in order.

    Raises
    ------
    ValueError
        A source is missing, two have the same name, or a memory file lies outside.
    """
    paths = [Path(sources)] if isinstance(sources, str | Path) else [Path(p) for p in sources]
    names = tuple(path.name for path in paths)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"Verilog must be one or more files of different names, not {names!r}")
    for path in paths:
        if not path.is_file():
            raise ValueError(f"Verilog must be an existing file, not {str(path)!r}")
    work.mkdir(parents=True, exist_ok=True)
    for path in paths:
        _copy(path, work / path.name)
        for memory in _MEMORY.findall(path.read_text(encoding="utf-8")):
            _copy_memory(path.parent, memory, work)
    return names


def _copy_memory(folder: Path, name: str, work: Path) -> None:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts:
        raise ValueError(f"Memory file must lie beside the Verilog or below, not at {name!r}")
    if (folder / name).is_file():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        _copy(folder / name, work / name)


def _copy(source: Path, target: Path) -> None:
    if source.resolve() != target.resolve():
        shutil.copyfile(source, target)
