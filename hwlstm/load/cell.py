"""A cell by its name: a bundled one, or a user's own from a Python file."""

import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from ..cells import (
    CIFG,
    FGR,
    GRU,
    NFG,
    NIAF,
    NIG,
    NOAF,
    NOG,
    NP,
    RNN,
    SQUASHINGS_1997,
    Affine,
    Cell,
    CellError,
    CoupledForget,
    Phased,
    Traditional,
    Vanilla,
)
from ..errors import HwlstmError

__all__ = ["BUNDLED", "cell_name", "load_cell"]

BUNDLED: dict[str, Callable[[], Cell]] = {
    "Traditional": Traditional,
    "Vanilla": Vanilla,
    "NIG": NIG,
    "NFG": NFG,
    "NFG-1997": lambda: NFG(peepholes="", activations=SQUASHINGS_1997),
    "NOG": NOG,
    "NIAF": NIAF,
    "NOAF": NOAF,
    "NP": NP,
    "CIFG": CIFG,
    "CoupledForget": CoupledForget,
    "FGR": FGR,
    "RNN": RNN,
    "GRU": GRU,
    "Phased": Phased,
    "Affine": Affine,
}
"""Name to what makes the cell."""

ALIASES = {"lstm": "Traditional", "peephole": "Vanilla", "peepholes": "Vanilla", "dense": "Affine"}
"""What else people call them."""


def load_cell(text: str) -> Cell:
    """The cell of that name: of `BUNDLED` or `ALIASES` in any case, or NAME of FILE.py:NAME.

    The file is executed, with all that it does. NAME is a Cell or a subclass of Cell, which is
    then made without arguments.

    Raises
    ------
    ValueError
        FILE.py without a name; no bundled cell has the name.
    HwlstmError
        There is no such file or cell, the file fails, or the cell cannot be made.
    CellError
        Its equations cannot be built: says which, and its line.
    """
    path, name = parts(text)
    if not path:
        return BUNDLED[name]()
    found = getattr(executed(path), name, None)
    if isinstance(found, type) and issubclass(found, Cell):
        try:
            found = found()
        except CellError:
            raise
        except Exception as error:  # a user's class may raise anything
            raise failure(text, error) from None
    if not isinstance(found, Cell):
        raise HwlstmError(f"{path} must hold a cell {name}")
    _ = found.graph
    return found


def cell_name(text: str) -> str:
    """What a cell is called: as `BUNDLED` spells it, or NAME of FILE.py:NAME.

    Raises
    ------
    ValueError
        As `load_cell`.
    """
    return parts(text)[1]


def parts(text: str) -> tuple[str, str]:
    """Path and name; the path of a bundled cell is empty."""
    path, _, name = text.rpartition(":")
    if path or text.endswith(".py"):
        if not path or not name:
            raise ValueError(f"Cell of a file must be written FILE.py:NAME, not {text!r}")
        return path, name
    known = {each.lower(): each for each in BUNDLED} | ALIASES
    if text.lower() not in known:
        raise ValueError(f"Cell must be FILE.py:NAME or one of {', '.join(BUNDLED)}, not {text!r}")
    return "", known[text.lower()]


def executed(path: str) -> ModuleType:
    """A file as a module, known to Python, so that the source of its classes can be shown."""
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
    return HwlstmError(f"{what} failed: {type(error).__name__}: {error}")
