"""A file that others read while it is written: they see what was there before, or all of it."""

import os
from pathlib import Path
from threading import get_ident

__all__ = ["write_whole"]


def write_whole(path: Path, text: str) -> None:
    """Put text into a file in one step, in UTF-8: whatever ends the process leaves no half of it.

    Raises
    ------
    OSError
        It cannot be written; an older file is as it was.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.part")
    try:
        part.write_bytes(text.encode("utf-8"))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
