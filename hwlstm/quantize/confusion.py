"""Which class was taken for which."""

import numpy as np

from ..network import Network

__all__ = ["checked_labels", "confusion", "right"]


def checked_labels(network: Network, labels, sequences: int) -> np.ndarray:
    """Labels as an array of class indices (sequences,).

    Raises
    ------
    ValueError
        Labels of another shape, no classes, or a network that does not classify.
    """
    if not network.classify:
        raise ValueError("Labels must be given for a network that classifies, this one does not")
    wanted = np.asarray(labels)
    if wanted.shape != (sequences,):
        raise ValueError(f"Labels must have shape ({sequences},), not {wanted.shape}")
    classes = network.layers[-1].units
    if not np.isin(wanted, np.arange(classes)).all():
        raise ValueError(f"Labels must be class indices 0 to {classes - 1}")
    return wanted.astype(np.int64)


def confusion(labels: np.ndarray, output: np.ndarray, classes: int) -> list[list[int]]:
    """How often each label, a row, got each class, a column; the last result of a sequence counts.

    Parameters
    ----------
    labels : array (sequences,)
    output : array (sequences, ...)
        Classes that a network answered, step by step or once.
    """
    found = output.reshape(len(labels), -1)[:, -1].astype(np.int64)
    pairs = np.bincount(labels * classes + found, minlength=classes * classes)
    return pairs.reshape(classes, classes).tolist()


def right(matrix: list[list[int]]) -> float:
    """Share of the sequences on the diagonal."""
    return float(np.trace(matrix) / np.sum(matrix))
