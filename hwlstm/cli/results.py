"""Outputs of a run as a file."""

import csv
from pathlib import Path

import numpy as np

from ..simulate.run import RunResult

__all__ = ["SUFFIXES", "write_results"]


def write_results(path: Path, found: RunResult) -> None:
    """Write every output.

    .npy is one array (sequences, steps, outputs), or (sequences, outputs) when many to one; .npz
    holds y (rows, outputs) and the number of the sequence of every row; .csv has the same as
    text.
    """
    WRITERS[path.suffix.lower()](path, found)


def as_npy(path: Path, found: RunResult) -> None:
    np.save(path, found.array)


def as_npz(path: Path, found: RunResult) -> None:
    np.savez(path, y=np.concatenate(found.outputs), sequence=numbers(found))


def as_csv(path: Path, found: RunResult) -> None:
    outputs = found.outputs[0].shape[1]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["sequence", *(f"y{k}" for k in range(outputs))])
        rows = np.concatenate(found.outputs).tolist()
        table.writerows([k, *row] for k, row in zip(numbers(found).tolist(), rows, strict=True))


def numbers(found: RunResult) -> np.ndarray:
    """The number of the sequence that every output row belongs to."""
    return np.repeat(np.arange(len(found.outputs)), [len(y) for y in found.outputs])


WRITERS = {".npy": as_npy, ".npz": as_npz, ".csv": as_csv}
SUFFIXES = tuple(WRITERS)
