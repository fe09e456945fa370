"""Sequences from text: one row a step."""

import csv
from array import array
from collections.abc import Iterator
from itertools import chain
from math import isfinite
from pathlib import Path

import numpy as np

from ...errors import HwlstmError
from ..file import check_file

__all__ = ["read_csv"]

MOST_BYTES = 1 << 27
"""Of a file of text, whose numbers may take eight times as much in memory as in the file."""

SEQUENCE, SPECIAL = "sequence", ("y", "time")
Row = tuple[int, list[str]]


def read_csv(path: Path) -> dict[str, list[np.ndarray]]:
    """The sequences of a file with one row a step, its numbers separated by commas.

    A blank row begins a new sequence. If there is no number in the first row, it names the
    columns: `sequence` (a new sequence begins where it changes), `time` and `y` mean what they
    say, all others are inputs from left to right.

    Returns
    -------
    "x", and "y" and "time" if there are such columns, to an array for each sequence: (steps,
    inputs), (steps, 1) and (steps,).

    Raises
    ------
    HwlstmError
        A row is not as long as the first one, or holds something that is no finite number; says
        in which line.
    """
    check_file(path, most=MOST_BYTES)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return Table(path, csv.reader(file)).columns
    except UnicodeDecodeError:
        raise HwlstmError(f"{path} must be text in UTF-8") from None
    except (OSError, csv.Error) as error:
        raise HwlstmError(f"{path} cannot be read: {error}") from None


class Table:
    """The rows of a file, put into columns and cut into sequences."""

    def __init__(self, path: Path, reader):
        self.path, self.values, self.starts, self.rows = path, array("d"), [0], 0
        names, rows = self.named(numbered(reader))
        self.width = len(names)
        self.key = names.index(SEQUENCE) if SEQUENCE in names else None
        self.special = {name: names.index(name) for name in SPECIAL if name in names}
        self.inputs = [k for k, name in enumerate(names) if name not in (SEQUENCE, *SPECIAL)]
        if not self.inputs:
            raise HwlstmError(f"{path} must have a column of inputs, not only {', '.join(names)}")
        self.keys: list[str] = []
        for line, cells in rows:
            if cells:
                self.add(line, cells)
            else:
                self.begin()
        if not self.rows:
            raise HwlstmError(f"{path} must hold a row for every step; it holds none")

    def named(self, rows: Iterator[Row]) -> tuple[list[str], Iterator[Row]]:
        """The names of the columns, numbers if the file gives none; and the rows of numbers."""
        line, first = next((row for row in rows if row[1]), (0, []))
        if not first:
            raise HwlstmError(f"{self.path} must hold a row for every step; it is empty")
        if any(map(is_float, first)):
            return [str(k) for k in range(len(first))], chain([(line, first)], rows)
        names = [name.lower() for name in first]
        wrong = next((name for name in names if not name or names.count(name) > 1), None)
        if wrong is not None:
            raise self.wrong(line, f"columns must have names of their own, not {wrong!r}")
        return names, rows

    def add(self, line: int, cells: list[str]) -> None:
        if len(cells) != self.width:
            raise self.wrong(line, f"a row must have {self.width} columns, not {len(cells)}")
        if self.key is not None:
            self.belong(line, cells[self.key])
        for column in (*self.inputs, *self.special.values()):
            cell = cells[column]
            if not (is_float(cell) and isfinite(float(cell))):
                hint = "; columns are separated by commas" if ";" in cell else ""
                what = f"column {column + 1} must be a finite number, not {cell!r}{hint}"
                raise self.wrong(line, what)
            self.values.append(float(cell))
        self.rows += 1

    def belong(self, line: int, key: str) -> None:
        """Begin a new sequence if the row is of one."""
        if self.keys and key == self.keys[-1]:
            return
        if key in self.keys:
            raise self.wrong(line, f"sequence {key!r} must be in one piece; it ended before")
        self.begin()
        self.keys.append(key)

    def begin(self) -> None:
        """The next row is the first one of a sequence."""
        if self.rows > self.starts[-1]:
            self.starts.append(self.rows)

    def wrong(self, line: int, what: str) -> HwlstmError:
        return HwlstmError(f"{self.path}, line {line}: {what}")

    @property
    def columns(self) -> dict[str, list[np.ndarray]]:
        table = np.frombuffer(self.values).reshape(self.rows, -1)
        pieces = np.split(table, [start for start in self.starts[1:] if start < self.rows])
        inputs = len(self.inputs)
        where = {name: inputs + k for k, name in enumerate(self.special)}
        columns: dict[str, slice | int] = {"x": slice(inputs)}
        if "y" in where:
            columns["y"] = slice(where["y"], where["y"] + 1)
        if "time" in where:
            columns["time"] = where["time"]
        return {name: [piece[:, k] for piece in pieces] for name, k in columns.items()}


def numbered(reader) -> Iterator[Row]:
    """Rows with the line in which they end; of blank ones the cells are gone."""
    for row in reader:
        cells = [cell.strip() for cell in row]
        yield reader.line_num, cells if any(cells) else []


def is_float(text: str) -> bool:
    """True for a number, NaN and infinity among them."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
