"""The matrices of a layer: their formats, gate by gate, and their integers."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..cells.naming import matrix_name
from ..fixed import Format, quantise, real
from ..network import Layer
from .columns import Columns
from .rounding import expected_error, fed_back, rounded_rows

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
    gates = {}
    for gate, parts in layer.weights.items():
        rounding = GateRounding(gate, parts, base, given, least_error)
        gates[gate] = rounding.against(columns) if columns else rounding.to_nearest()
    weights = {gate: found.weights for gate, found in gates.items()}
    bias = {gate: layer.bias[gate] + found.lost for gate, found in gates.items()}
    formats = joined(layer, {gate: found.formats for gate, found in gates.items()})
    return RoundedWeights(replace(layer, weights=weights, bias=bias), formats)


@dataclass(frozen=True)
class GateWeights:
    """A gate's matrices in formats.

    Attributes
    ----------
    formats, weights : dict
        Source to Format; to what the integers are worth.
    lost : array (units,) or 0
        Mean of what rounding took from the sums.
    """

    formats: Mapping[str, Format]
    weights: Mapping[str, np.ndarray]
    lost: np.ndarray | float = 0.0


@dataclass(frozen=True)
class GateRounding:
    """The rows of one gate, to be rounded."""

    gate: str
    parts: Mapping[str, np.ndarray]
    base: Mapping[str, Format]
    given: Mapping[str, Format]
    least_error: LeastError

    def to_nearest(self) -> GateWeights:
        formats = self.formats(self.shifts()[0])
        return GateWeights(formats, {s: worth(m, formats[s]) for s, m in self.parts.items()})

    def against(self, columns: Columns) -> GateWeights:
        """The rounding of least error, over the shifts that a gate may have."""
        sources = list(self.parts)
        rows = np.concatenate(list(self.parts.values()), axis=1)
        covariance = columns.between(sources)

        def error(shift: int) -> float:
            step, lo, hi = self.by_column(self.formats(shift))
            worth = step * fed_back(rows, covariance, step, lo, hi)
            return float(expected_error(rows, worth, covariance).sum())

        usual, *others = self.shifts()
        shift = usual
        if others:
            errors = {shift: error(shift) for shift in (usual, *others)}
            best = min(errors, key=errors.get)
            shift = best if errors[best] < WORTH * errors[usual] else usual
        step, lo, hi = self.by_column(self.formats(shift))
        found = step * rounded_rows(rows, covariance, step, lo, hi)
        ends = np.cumsum([m.shape[1] for m in self.parts.values()])
        weights = dict(zip(sources, np.split(found, ends[:-1], axis=1), strict=True))
        mean = np.concatenate([columns.mean[s] for s in sources])
        return GateWeights(self.formats(shift), weights, (rows - found) @ mean)

    def shifts(self) -> tuple[int, ...]:
        """Those to try, the usual one first."""
        names = [matrix_name(s) for s in self.parts]
        own = [name for name in names if f"{name}_{self.gate}" in self.given]
        if own:
            return (self.given[f"{own[0]}_{self.gate}"].frac - self.base[own[0]].frac,)
        return (0,) if any(name in self.given for name in names) else SHIFTS

    def formats(self, shift: int) -> dict[str, Format]:
        """Of every source: by hand, or so much finer than the layer's."""
        found = {}
        for s, matrix in self.parts.items():
            name = matrix_name(s)
            fmt = self.base[name]
            found[s] = replace(fmt, frac=fmt.frac + shift)
            if f"{name}_{self.gate}" in self.given:
                found[s] = self.least_error(f"{name}_{self.gate}", matrix, fmt.width)
        return found

    def by_column(self, formats: Mapping[str, Format]) -> list[np.ndarray]:
        """Step, smallest and largest integer of every column."""
        sizes = [m.shape[1] for m in self.parts.values()]
        return [
            np.repeat([getattr(formats[s], of) for s in self.parts], sizes)
            for of in ("step", "lo", "hi")
        ]


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
