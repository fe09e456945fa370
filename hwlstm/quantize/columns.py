"""Columns: what the rows of a layer multiply on the calibration data, as mean and covariance."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..cells import Cell
from ..golden.backward import previous
from ..network import Layer

__all__ = ["ENOUGH", "Columns"]

DAMPING = 0.01
"""Share of the mean variance that every column has on top of its own, for data unseen."""

ENOUGH = 4
"""Vectors for each column, from which on a covariance is worth following."""


@dataclass(frozen=True, eq=False)
class Columns:
    """First and second moments of the column sources of a layer.

    Parameters
    ----------
    count : int
        Calibration vectors: sequences x steps.
    mean : dict
        Source to vector (size,).
    covariance : dict
        (source, source) to matrix.
    """

    count: int
    mean: Mapping[str, np.ndarray]
    covariance: Mapping[tuple[str, str], np.ndarray]

    @classmethod
    def of(cls, layer: Layer, x: np.ndarray, trace: Mapping[str, np.ndarray]) -> "Columns":
        """Those of a layer over x (sequences, steps, inputs), from its trace in floats."""
        given = {"x": x, **previous(layer, trace)}
        flat = {s: given[s].reshape(-1, given[s].shape[-1]) for s in layer.cell.source_names}
        mean = {s: values.mean(axis=0) for s, values in flat.items()}
        centred = {s: values - mean[s] for s, values in flat.items()}
        count = x.shape[0] * x.shape[1]
        with np.errstate(over="ignore", invalid="ignore"):  # no format holds an x that overflows
            covariance = {
                (s, t): a.T @ b / count for s, a in centred.items() for t, b in centred.items()
            }
        return cls(count, mean, covariance)

    def enough(self, cell: Cell) -> bool:
        """True if there are vectors enough for the columns of every gate."""
        sizes = [sum(len(self.mean[s]) for s in cell.sources(gate)) for gate in cell.gate_names]
        return self.count >= ENOUGH * max(sizes)

    def between(self, sources: list[str]) -> np.ndarray:
        """Covariance of the columns of several sources, one after the other: positive definite,
        by DAMPING."""
        found = np.block([[self.covariance[s, t] for t in sources] for s in sources])
        spread = np.trace(found) / len(found) or 1.0
        return found + DAMPING * spread * np.eye(len(found))
