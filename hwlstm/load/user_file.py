"""What a user's own Python file defines, named FILE.py:NAME."""

import linecache
import sys
from pathlib import Path
from types import ModuleType

from ..errors import HwlstmError

__all__ = ["executed", "failure", "file_and_name"]


def file_and_name(text: str, what: str) -> tuple[str, str]:
    """FILE.py and NAME; no file for a text that is a name already.

    Raises
    ------
    ValueError
        A file without a name; says of `what`.
    """
    path, _, name = text.rpartition(":")
    if not path and not text.endswith(".py"):
        return "", text
    if not path or not name:
        raise ValueError(f"{what} of a file must be written FILE.py:NAME, not {text!r}")
    return path, name


def executed(path: str) -> ModuleType:
    """A file as a module, known to Python, so that the source of its classes can be shown.

    Raises
    ------
    HwlstmError
        There is no such file, or it fails.
    """
    if not Path(path).is_file():
        raise HwlstmError(f"{path} does not exist")
    file = str(Path(path).resolve())
    module = ModuleType(f"<{file}>")
    module.__file__ = file
    linecache.checkcache(file)
    sys.modules[module.__name__] = module
    try:
        exec(compile(Path(file).read_bytes(), file, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:  # a user's file may raise anything
        del sys.modules[module.__name__]
        raise failure(path, error) from None
    return module


def failure(what: str, error: BaseException) -> HwlstmError:
    """What a user's code raised, in one line."""
    return HwlstmError(f"{what} failed: {type(error).__name__}: {error}")
