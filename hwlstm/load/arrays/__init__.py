"""Plain arrays: of one LSTM in a framework's order, or of any cell by name."""

from .cell import from_cell, read_arrays
from .lstm import from_arrays, identifier

__all__ = ["from_arrays", "from_cell", "identifier", "read_arrays"]
