"""A user's own activation function, from a Python file."""

from collections.abc import Callable

from ..errors import HwlstmError
from .user_file import executed, failure, file_and_name

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
    path, name = file_and_name(text, "Activation function")
    if not path:
        return name
    found = getattr(executed(path), name, None)
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
