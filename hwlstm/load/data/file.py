"""Sequences, and what belongs to them, from .npy, .npz and .csv files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import HwlstmError
from ..arrays import read_array_file
from .csv import read_csv

__all__ = ["Data", "read_data"]


@dataclass(frozen=True, eq=False)
class Data:
    """Sequences as a file holds them; their numbers are checked by whoever uses them.

    Attributes
    ----------
    x : array (sequences, steps, inputs), or list of arrays (steps, inputs) of different lengths
    y : array (sequences, ...), list of arrays (steps, 1), or None
        What should come out: classes or numbers, for each sequence or for each step.
    time : array (sequences, steps), list of arrays (steps,), or None
    """

    x: np.ndarray | list[np.ndarray]
    y: np.ndarray | list[np.ndarray] | None = None
    time: np.ndarray | list[np.ndarray] | None = None

    @property
    def labels(self) -> np.ndarray | None:
        """Of every sequence the y of its last step."""
        if self.y is None or (isinstance(self.y, np.ndarray) and self.y.ndim < 2):
            return self.y
        last = np.array([y[-1] for y in self.y])
        return last[:, 0] if last.shape[1:] == (1,) else last


def read_data(path: Path) -> Data:
    """The sequences of a file.

    Parameters
    ----------
    path : Path
        .npy with x (sequences, steps, inputs); .npz with x, and y and time where there are any;
        .csv as `read_csv` says.

    Raises
    ------
    HwlstmError
        It cannot be read, or holds something else; says what and where.
    """
    if path.suffix.lower() == ".csv":
        found = {name: stacked(parts) for name, parts in read_csv(path).items()}
        return Data(**found)
    found = read_array_file(path, "a .npy, .npz or .csv file")
    if isinstance(found, np.ndarray):
        return Data(found)
    if "x" not in found:
        raise HwlstmError(f"{path} must hold an array x, not {sorted(found)}")
    return Data(found["x"], found.get("y"), found.get("time"))


def stacked(parts: Sequence[np.ndarray]) -> np.ndarray | list[np.ndarray]:
    """One array where all are of one length."""
    same = len({len(part) for part in parts}) == 1
    return np.stack(parts) if same else list(parts)
