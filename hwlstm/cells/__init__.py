"""The equations: a cell is written once, traced once, and everything else reads its graph."""

from .cell import Cell, State
from .graph import CellError, identity, narrow, select, sigmoid, tanh
from .variants import Affine, Traditional, Vanilla

__all__ = [
    "Affine",
    "Cell",
    "CellError",
    "State",
    "Traditional",
    "Vanilla",
    "identity",
    "narrow",
    "select",
    "sigmoid",
    "tanh",
]
