"""A folder takes its place in one step, so that nobody ever sees half of it.

Linux does it with renameat2. Where the system or the file system has no such call, plain renames
do: `appear` is then still one step, and `exchange` leaves the old folder under the name `OLD`
while the new one is put in its place, for whoever comes next to put it back.
"""

import ctypes
import errno
import os
from pathlib import Path

__all__ = ["OLD", "appear", "exchange"]

OLD = "old"
HERE = -100
"""AT_FDCWD: paths count from the work directory."""
NO_REPLACE, EXCHANGE = 1, 2
WITHOUT = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems and kernels say that do not have the call."""


def appear(new: Path, out: Path) -> None:
    """Rename `new` to `out`. Raises FileExistsError if there is anything."""
    if not renamed(new, out, NO_REPLACE):
        out.mkdir()
        new.rename(out)


def exchange(new: Path, out: Path) -> None:
    """Two folders swap their names."""
    if renamed(new, out, EXCHANGE):
        return
    old = new.with_name(OLD)
    out.rename(old)
    try:
        new.rename(out)
    except BaseException:
        old.rename(out)
        raise
    old.rename(new)


def renamed(new: Path, out: Path, flag: int) -> bool:
    """Rename with renameat2; False if there is none."""
    call = system_call()
    if call is None:
        return False
    if call(HERE, os.fsencode(new), HERE, os.fsencode(out), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in WITHOUT:
        return False
    raise OSError(number, os.strerror(number), str(new), None, str(out))


def system_call():
    try:
        return ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # no such call; no such library, as on Windows
        return None
