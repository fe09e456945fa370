"""Confusion matrices: how often each label got each class."""

from dataclasses import dataclass

from .source import Build

__all__ = ["ConfusionTable", "confusion_tables"]


@dataclass(frozen=True)
class ConfusionTable:
    """Of one model.

    Attributes
    ----------
    rows : list of list of int
        A row a label, a column a class.
    right, total : int
        Sequences on the diagonal, of how many.
    """

    title: str
    rows: list[list[int]]
    right: int
    total: int

    @classmethod
    def of(cls, title: str, matrix: list[list[int]]) -> "ConfusionTable":
        right = sum(matrix[k][k] for k in range(len(matrix)))
        return cls(title, matrix, right, sum(map(sum, matrix)))


def confusion_tables(build: Build) -> list[ConfusionTable]:
    """Float reference and golden model, whose classes are the hardware's; none without labels."""
    found = build.quantisation and build.quantisation["confusion"]
    if not found:
        return []
    exact = "hardware" if build.verification else "golden model"
    return [ConfusionTable.of(*pair) for pair in zip(("float model", exact), found, strict=True)]
