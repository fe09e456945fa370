"""A build folder is written aside, by one process at a time, and takes its place when it is whole.

All that a build of NAME needs lies in the hidden folder .NAME.building beside it: the lock, which
the system frees when its process ends, however it ends; the new folder; and what is left of a
build that was killed, which the next one removes.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import HwlstmError
from .rename import OLD, appear, exchange
from .seal import changed, is_build

try:
    import fcntl
except ImportError:  # no POSIX
    fcntl = None

__all__ = ["check_free", "replacing"]

NEW, LOCK = "new", "lock"
WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""There, as without fcntl, two builds of one name at the same time do not notice each other."""


@contextmanager
def replacing(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """A new folder that takes the place of `out` when the block ends without an error.

    Raises
    ------
    HwlstmError
        `out` exists and may not be replaced, appears meanwhile, is being built by another process,
        or cannot be written.
    """
    try:
        check_free(out, overwrite=overwrite)
        out = Path(os.path.realpath(out) if out.is_symlink() else os.path.abspath(out))
        with parents(out), workshop(out) as work:
            check_free(out, overwrite=overwrite)  # since it has the lock, or put a folder back
            new = work / NEW
            new.mkdir()
            yield new
            put(new, out, overwrite=overwrite)
    except OSError as error:
        raise HwlstmError(f"{out} cannot be written: {error.strerror or error}") from None


def check_free(out: Path, *, overwrite: bool) -> None:
    """Refuse a place that is taken, unless by a build that may be replaced, and one in which no
    folder can be made."""
    try:
        is_there(hidden(out))  # whose name is longer
        taken = is_there(out)
    except OSError as error:
        raise HwlstmError(f"{out} cannot be written: {error.strerror}") from None
    if not taken:
        above = next(folder for folder in out.absolute().parents if os.path.lexists(folder))
        if not (above.is_dir() and os.access(above, os.W_OK)):
            raise HwlstmError(f"{out} cannot be written: {above} is no folder to write in")
        return
    if not overwrite:
        raise HwlstmError(
            f"{out} exists; choose another folder, or allow overwriting (--overwrite)"
        )
    if not out.is_dir() or not (is_build(out) or not any(out.iterdir())):
        raise HwlstmError(f"{out} is no build folder and will not be replaced")
    if edited := changed(out):
        raise HwlstmError(
            f"{out} was changed since it was built ({', '.join(edited)}) and will not be replaced; "
            "move it away, or remove it"
        )


def put(new: Path, out: Path, *, overwrite: bool) -> None:
    """The new folder takes its place, and what was there, if it may be replaced, the new one's."""
    if not (overwrite and os.path.lexists(out)):
        try:
            appear(new, out)
        except FileExistsError:
            raise HwlstmError(
                f"{out} appeared while it was being built and will not be replaced"
            ) from None
        return
    check_free(out, overwrite=True)
    checked = out.lstat().st_ino
    exchange(new, out)
    if new.lstat().st_ino != checked:
        exchange(new, out)
        raise HwlstmError(f"{out} changed while it was being built and will not be replaced")


@contextmanager
def workshop(out: Path) -> Iterator[Path]:
    """The hidden folder beside `out`, swept and held for this process alone."""
    work = hidden(out)
    lock = held(work, out)
    try:
        sweep(work, out)
        yield work
    finally:
        sweep(work, out)
        with contextlib.suppress(OSError):
            (work / LOCK).unlink()
            work.rmdir()
        os.close(lock)


def hidden(out: Path) -> Path:
    place = Path(os.path.abspath(out))
    return place.parent / f".{place.name}.building"


def is_there(path: Path) -> bool:
    """True for whatever has that name. Raises OSError if nothing can."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def held(work: Path, out: Path) -> int:
    """The lock of a hidden folder, as an open file."""
    while True:
        with contextlib.suppress(FileExistsError):
            work.mkdir()
        if work.is_symlink():
            raise HwlstmError(f"{out} cannot be built: {work} is a link")
        try:
            lock = os.open(work / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # the process that held it removed the folder
            continue
        try:
            if owned(lock, work / LOCK):
                return lock
        except BlockingIOError:
            os.close(lock)
            raise HwlstmError(f"{out} is being built by another process") from None
        os.close(lock)


def owned(lock: int, path: Path) -> bool:
    """Take a lock; False if it was removed meanwhile, and so keeps nobody out."""
    try:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            raise
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


def sweep(work: Path, out: Path) -> None:
    """Remove what a build left there, and nothing else; one that it took away comes back if it
    was killed before the new one was there."""
    if (work / OLD).exists() and not os.path.lexists(out):
        (work / OLD).rename(out)
    for name in (NEW, OLD):
        shutil.rmtree(work / name, ignore_errors=True)


@contextmanager
def parents(out: Path) -> Iterator[None]:
    """The folders above `out`; those that were made for it and stay empty go again."""
    missing = [folder for folder in out.parents if not folder.exists()]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
