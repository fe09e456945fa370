"""A user's own activation function, from a Python file."""

import runpy
from collections.abc import Callable
from pathlib import Path

from ..errors import HwlstmError

__all__ = ["load_function"]


def load_function(text: str) -> str | Callable:
    """Of FILE.py:NAME the function NAME; any other text is the name of a function already.

    The file is executed, with all that it does.

    Raises
    ------
    ValueError
        FILE.py without a name.
    HwlstmError
        There is no such file or function, the file fails; later, the function does.
    """
    path, _, name = text.rpartition(":")
    if not path and not text.endswith(".py"):
        return text
    if not path or not name:
        raise ValueError(
            f"Activation function of a file must be written FILE.py:NAME, not {text!r}"
        )
    if not Path(path).is_file():
        raise HwlstmError(f"{path} does not exist")
    try:
        found = runpy.run_path(path).get(name)
    except (Exception, SystemExit) as error:  # a user's file may raise anything
        raise failure(path, error) from None
    if not callable(found):
        raise HwlstmError(f"{path} must hold a function {name}")

    def call(x):
        try:
            return found(x)
        except (TypeError, ValueError):  # for the caller, who knows that x is an array
            raise
        except Exception as error:
            raise failure(text, error) from None

    call.__name__ = name
    return call


def failure(what: str, error: BaseException) -> HwlstmError:
    return HwlstmError(f"{what} failed: {type(error).__name__}: {error}")
