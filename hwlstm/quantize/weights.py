"""The matrices of a layer: their formats, gate by gate, and their integers."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..cells.naming import matrix_name
from ..fixed import Format, quantise, real
from ..network import Layer
from .columns import Columns
from .rounding import expected_error, rounded_rows

__all__ = ["RoundedWeights", "gate_matrices", "matrices", "rounded_weights"]

SHIFTS = (0, 1, -1, 2, -2, 3)
"""How much finer or coarser than the layer's a gate's formats may be, the first of equals."""

WORTH = 0.9
"""A gate has formats of its own where they leave less than this share of the error."""

LeastError = Callable[[str, np.ndarray, int], Format]
"""Name, values and width to the format of least squared error, or the one given by hand."""


@dataclass(frozen=True)
class RoundedWeights:
    """A layer whose weights are exact in their formats.

    Attributes
    ----------
    layer : Layer
        Its biases have taken over what rounding did to the mean of each sum.
    formats : dict
        W, U, R_s, or W_q, U_q, R_s_q for a gate q that has its own, to Format.
    """

    layer: Layer
    formats: Mapping[str, Format]


def matrices(layer: Layer) -> dict[str, list[np.ndarray]]:
    """W, U, R_s to what all gates have of them."""
    found: dict[str, list[np.ndarray]] = {}
    for parts in layer.weights.values():
        for source, matrix in parts.items():
            found.setdefault(matrix_name(source), []).append(matrix)
    return found


def gate_matrices(layer: Layer) -> list[str]:
    """W_q, U_q, R_s_q of every gate q."""
    return [f"{matrix_name(s)}_{q}" for q, parts in layer.weights.items() for s in parts]


def rounded_weights(
    layer: Layer,
    columns: Columns | None,
    given: Mapping[str, Format],
    bits: int,
    least_error: LeastError,
) -> RoundedWeights:
    """Choose the formats of the matrices, and round them.

    The matrices of a gate are shifted together against those of the layer, so that one broadcast
    of columns serves all gates. The error that decides is the one after rounding.

    Parameters
    ----------
    columns : Columns or None
        None: every weight to nearest, and a gate has formats of its own by hand only.
    given : dict
        Formats by hand; one of a gate goes before one of all gates.
    bits : int
        Width of a weight.
    """
    base = {
        name: least_error(name, np.concatenate(parts, axis=None), bits)
        for name, parts in matrices(layer).items()
    }
    gates = {
        gate: GateRounding(gate, parts, base, given, least_error).best(columns)
        for gate, parts in layer.weights.items()
    }
    weights = {gate: found.weights for gate, found in gates.items()}
    bias = {gate: layer.bias[gate] + found.lost for gate, found in gates.items()}
    formats = joined(layer, {gate: found.formats for gate, found in gates.items()})
    return RoundedWeights(replace(layer, weights=weights, bias=bias), formats)


@dataclass(frozen=True)
class GateWeights:
    """A gate's weights in formats.

    Attributes
    ----------
    formats, weights : dict
        Source to Format; to what the integers are worth.
    lost : array (units,)
        Mean of what rounding took from the sums.
    error : float
        Mean square of what it did to them besides, summed over units.
    """

    formats: Mapping[str, Format]
    weights: Mapping[str, np.ndarray]
    lost: np.ndarray | float = 0.0
    error: float = 0.0


@dataclass(frozen=True)
class GateRounding:
    """The rows of one gate, to be rounded."""

    gate: str
    parts: Mapping[str, np.ndarray]
    base: Mapping[str, Format]
    given: Mapping[str, Format]
    least_error: LeastError

    def best(self, columns: Columns | None) -> GateWeights:
        """The rounding of least error, over the shifts that a gate may have."""
        if columns is None:
            formats = self.formats(self.shifts()[0])
            return GateWeights(formats, {s: worth(m, formats[s]) for s, m in self.parts.items()})
        first, *others = (self.rounded(self.formats(shift), columns) for shift in self.shifts())
        best = min(others, key=lambda found: found.error, default=first)
        return best if best.error < WORTH * first.error else first

    def shifts(self) -> tuple[int, ...]:
        """Those to try, the one without a reason first."""
        names = {matrix_name(s): s for s in self.parts}
        own = [name for name in names if f"{name}_{self.gate}" in self.given]
        if own:
            return (self.by_hand(own[0]).frac - self.base[own[0]].frac,)
        return SHIFTS if not any(name in self.given for name in names) else (0,)

    def by_hand(self, name: str) -> Format:
        """The format given for this gate's part of a matrix; refused if it saturates."""
        values = next(m for s, m in self.parts.items() if matrix_name(s) == name)
        return self.least_error(f"{name}_{self.gate}", values, self.base[name].width)

    def formats(self, shift: int) -> dict[str, Format]:
        """Of every source: by hand, or so much finer than the layer's."""
        found = {}
        for s in self.parts:
            name = matrix_name(s)
            fmt = Format(self.base[name].width, self.base[name].frac + shift)
            found[s] = self.by_hand(name) if f"{name}_{self.gate}" in self.given else fmt
        return found

    def rounded(self, formats: Mapping[str, Format], columns: Columns) -> GateWeights:
        sources = list(self.parts)
        rows = np.concatenate([self.parts[s] for s in sources], axis=1)
        sizes = [self.parts[s].shape[1] for s in sources]
        step, lo, hi = (
            np.repeat([getattr(formats[s], of) for s in sources], sizes)
            for of in ("step", "lo", "hi")
        )
        covariance = columns.between(sources)
        found = rounded_rows(rows, covariance, step, lo, hi) * step
        mean = np.concatenate([columns.mean[s] for s in sources])
        split = np.split(found, np.cumsum(sizes)[:-1], axis=1)
        error = float(expected_error(rows, found, covariance).sum())
        return GateWeights(
            formats, dict(zip(sources, split, strict=True)), (rows - found) @ mean, error
        )


def worth(matrix: np.ndarray, fmt: Format) -> np.ndarray:
    """What a matrix is worth in a format, rounded to nearest."""
    return real(quantise(matrix, fmt), fmt)


def joined(layer: Layer, formats: Mapping[str, Mapping[str, Format]]) -> dict[str, Format]:
    """One name for the format that most gates have of a matrix, and one for each exception."""
    found: dict[str, Format] = {}
    for source in layer.cell.source_names:
        own = {gate: parts[source] for gate, parts in formats.items() if source in parts}
        ((usual, _),) = Counter(own.values()).most_common(1)
        name = matrix_name(source)
        found[name] = usual
        found |= {f"{name}_{gate}": fmt for gate, fmt in own.items() if fmt != usual}
    return found
