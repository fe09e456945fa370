"""Where results that take long are kept between runs."""

import os
import tempfile
from functools import cache
from pathlib import Path

from .errors import HwlstmError

__all__ = ["cache_folder", "prune"]


def cache_folder(kind: str) -> Path:
    """A folder of HWLSTM_CACHE, or of hwlstm in the user's cache folder; made if need be.

    HWLSTM_CACHE=off keeps nothing: the folder goes with the process.

    Raises
    ------
    HwlstmError
        It cannot be made.
    """
    try:
        named = os.environ.get("HWLSTM_CACHE")
        folder = (Path(passing().name) if named == "off" else Path(named or user_folder())) / kind
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home
        raise HwlstmError(f"HWLSTM_CACHE must name a folder to write in: {error}") from None
    return folder


def user_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hwlstm"


@cache
def passing() -> tempfile.TemporaryDirectory:
    """A folder that is removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="hwlstm-")


def prune(folder: Path, pattern: str, kept: int) -> None:
    """Keep the files used last; others may be at it at the same time."""
    found = []
    for path in folder.glob(pattern):
        try:
            found.append((path.stat().st_mtime, path))
        except FileNotFoundError:
            continue
    for _, path in sorted(found)[:-kept]:
        path.unlink(missing_ok=True)
