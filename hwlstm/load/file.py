"""A file that is to be read: it is one, and not endless."""

import stat
from pathlib import Path

from ..errors import HwlstmError

__all__ = ["MOST_BYTES", "check_file"]

MOST_BYTES = 1 << 29
"""Of a model or of data, as a file and in memory: what is larger is no network for an FPGA."""

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def check_file(path: Path, *, most: int = MOST_BYTES) -> None:
    """Refuse what is no regular file, without opening it, and what has more than `most` bytes."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise HwlstmError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        why = getattr(error, "strerror", None) or error
        raise HwlstmError(f"{path} cannot be read: {why}") from None
    if not stat.S_ISREG(found.st_mode):
        kind = KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise HwlstmError(f"{path} must be a file, not {kind}")
    if found.st_size > most:
        raise HwlstmError(
            f"{path} must have at most {most >> 20} MiB, not {found.st_size >> 20} MiB"
        )
