"""A cell by its name: a bundled one, or a user's own from a Python file."""

from collections.abc import Callable

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
from .user_file import executed, failure, file_and_name

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
    path, name = file_and_name(text, "Cell")
    if path:
        return path, name
    known = {each.lower(): each for each in BUNDLED} | ALIASES
    if text.lower() not in known:
        raise ValueError(f"Cell must be FILE.py:NAME or one of {', '.join(BUNDLED)}, not {text!r}")
    return "", known[text.lower()]
