"""Arrays from .npy and .npz files, as somebody else may have made or damaged them.

What a file says of itself is checked against what it holds before any memory is taken for it, and
nothing in it is ever executed.
"""

import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from ...errors import HwlstmError
from ..file import MOST_BYTES, check_file

__all__ = ["read_array_file", "read_arrays"]

UNREADABLE = (
    *(OSError, ValueError, EOFError, MemoryError, OverflowError, RuntimeError),
    *(NotImplementedError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
"""What zipfile raises for files that are damaged, encrypted or packed in ways that it lacks."""


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file.

    Raises
    ------
    HwlstmError
        It does not exist or is none.
    """
    found = read_array_file(path, "an .npz file")
    if isinstance(found, np.ndarray):
        raise HwlstmError(f"{path} must hold named arrays (.npz), not one array")
    return found


def read_array_file(
    path: Path, kind: str = "a .npy or .npz file"
) -> np.ndarray | dict[str, np.ndarray]:
    """The array of a .npy file, the arrays of an .npz file; which of them it is, it says itself.

    Raises
    ------
    HwlstmError
        It does not exist, is neither (`kind` says what it must be), is damaged or encrypted, or
        holds more than MOST_BYTES.
    """
    check_file(path)
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"PK"
            file.seek(0)
            return members(file) if zipped else array(file, path.stat().st_size)
    except UNREADABLE as error:
        why = getattr(error, "strerror", None) or error or type(error).__name__
        raise HwlstmError(f"{path} must be {kind}: {why}") from None


def members(file: IO[bytes]) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(file) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        total = sum(entry.file_size for entry in entries)
        if total > MOST_BYTES:
            raise ValueError(
                f"its arrays must take at most {MOST_BYTES >> 20} MiB, not {total >> 20} MiB"
            )
        return {entry.filename.removesuffix(".npy"): member(archive, entry) for entry in entries}


def member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> np.ndarray:
    if entry.flag_bits & 1:
        raise ValueError(f"{entry.filename} is encrypted")
    try:
        with archive.open(entry) as file:
            return array(file, entry.file_size)
    except UNREADABLE as error:
        what = str(error) or type(error).__name__
        raise ValueError(f"{entry.filename}: {what}") from None


def array(file: IO[bytes], size: int) -> np.ndarray:
    """The array of a .npy file of `size` bytes. It must hold what its header says."""
    shape, fortran, kind = header(file)
    if kind.hasobject:
        raise ValueError("it holds Python objects, not numbers")
    count = 1
    for length in shape:
        count *= length
    there = size - file.tell()
    if min(shape, default=0) < 0 or count * kind.itemsize > there:
        raise ValueError(f"its header promises {kind} of shape {shape}, but {there} bytes follow")
    content = file.read(count * kind.itemsize)
    return np.ndarray(shape, kind, content, order="F" if fortran else "C")


def header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = npy.read_magic(file)
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"it is of version {version}, which no array of numbers needs")
    try:
        return readers[version](file)
    except Exception as error:  # numpy evaluates the header as a Python literal
        raise ValueError(f"its header cannot be read ({type(error).__name__})") from None
