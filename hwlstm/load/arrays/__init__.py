"""Plain arrays: of one LSTM in a framework's order, of any cell by name, or out of a file."""

from .cell import from_cell
from .file import read_array_file, read_arrays
from .lstm import from_arrays, identifier

__all__ = ["from_arrays", "from_cell", "identifier", "read_array_file", "read_arrays"]
