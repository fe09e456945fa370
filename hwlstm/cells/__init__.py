"""The equations: a cell is written once, traced once, and everything else reads its graph."""

from .cell import Cell, State
from .graph import CellError, apply, identity, narrow, select, sigmoid, tanh
from .phased import Phased
from .recurrent import GRU, RNN
from .variants import (
    CIFG,
    FGR,
    NFG,
    NIAF,
    NIG,
    NOAF,
    NOG,
    NP,
    SQUASHINGS_1997,
    Affine,
    CoupledForget,
    Traditional,
    Vanilla,
)

__all__ = [
    "CIFG",
    "FGR",
    "GRU",
    "NFG",
    "NIAF",
    "NIG",
    "NOAF",
    "NOG",
    "NP",
    "RNN",
    "SQUASHINGS_1997",
    "Affine",
    "Cell",
    "CellError",
    "CoupledForget",
    "Phased",
    "State",
    "Traditional",
    "Vanilla",
    "apply",
    "identity",
    "narrow",
    "select",
    "sigmoid",
    "tanh",
]
