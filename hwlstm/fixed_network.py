"""FixedLayer and FixedNetwork: raw integers, and a Format for every signal.

Everything that golden model, plan and hardware must agree on is derived here, once: the
alignment of the columns, the exact ranges, the activation tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .activation import Activation
from .alignment import column_shifts
from .cells import Cell
from .cells.graph import Graph, Node, leaf_format
from .cells.naming import matrix_name
from .cells.ranges import aligned, narrowed, ranges, sum_range
from .conversion import IDENTITY, Conversion
from .fixed import Format, Interval, quantise, real
from .time_gate import FixedTimeGate

__all__ = [
    "FixedBackward",
    "FixedGraph",
    "FixedLayer",
    "FixedNetwork",
    "aligned_columns",
    "matrix_key",
]

Arrays = Mapping[str, np.ndarray]


def matrix_key(formats: Mapping, gate: str, source: str) -> str:
    """The name under which a gate's matrix has its format: its own, or that of all gates."""
    name = matrix_name(source)
    return f"{name}_{gate}" if f"{name}_{gate}" in formats else name


def aligned_columns(owner: str, cell: Cell, formats: Mapping) -> tuple[dict, dict]:
    """Source to the left shift of its columns, and gate to the fraction bits of its sum then.

    Raises
    ------
    ValueError
        The matrices of a gate are not shifted alike against those of the others.
    """
    fracs = {
        gate: {s: formats[matrix_key(formats, gate, s)].frac + formats[s].frac for s in sources}
        for gate, sources in ((gate, cell.sources(gate)) for gate in cell.gate_names)
    }
    try:
        shifts = column_shifts(fracs)
    except ValueError as error:
        raise ValueError(f"{owner}: {error}") from None
    return shifts, {gate: max(own[s] + shifts[s] for s in own) for gate, own in fracs.items()}


@dataclass(frozen=True, eq=False, repr=False)
class FixedGraph:
    """A graph in raw integers.

    Parameters
    ----------
    formats : dict
        Name of the graph to its Format; may hold others.
    tables : dict
        Name of an activation's result to its Activation.
    leaves : dict
        Leaf of the graph to the Interval of its raw integers.
    """

    graph: Graph
    formats: Mapping[str, Format]
    tables: Mapping[str, Activation]
    leaves: Mapping[str, Interval]

    @cached_property
    def ranges(self) -> dict[Node, Interval]:
        """Exact range of every node, before narrowing."""
        results = {name: table.result for name, table in self.tables.items()}
        return ranges(self.graph, self.formats.__getitem__, self.leaves, results)

    def seen(self, node: Node) -> Interval:
        """Range of a node as its users see it: narrowed, if it has a name."""
        name = self.graph.names.get(node)
        exact = self.ranges[node]
        return narrowed(exact, self.formats[name]) if name else exact


@dataclass(frozen=True, eq=False, repr=False)
class FixedLayer:
    """A Layer in raw integers (int64 arrays of the same shapes).

    Parameters
    ----------
    formats : dict
        Signal to Format: x, W, U, b, p, and every name of the cell's graph. W_q, U_q stand before
        W, U for a gate q that has its own.
    tables : dict
        Name of an activation's result to its Activation.
    vectors : dict
        Leaf of the cell (p.i, parameter.NAME, time.rate) to its integer for every unit.
    rounding : {"nearest", "feedback"}
        How weights became integers: each by itself, or each row against calibration data.

    Attributes
    ----------
    column_shifts : dict
        Source to the left shift that aligns its columns with the others'; wiring in hardware.
    sum_fracs : dict
        Gate to the fraction bits of its sum of products.
    """

    name: str
    cell: Cell
    reads: str
    formats: Mapping[str, Format]
    tables: Mapping[str, Activation]
    weights: Mapping[str, Arrays]
    bias: Arrays
    vectors: Arrays
    initial: Arrays
    time_gate: FixedTimeGate | None = None
    rounding: str = "nearest"
    column_shifts: Mapping[str, int] = field(init=False)
    sum_fracs: Mapping[str, int] = field(init=False)

    def __post_init__(self):
        shifts, fracs = aligned_columns(self.name, self.cell, self.formats)
        object.__setattr__(self, "column_shifts", shifts)
        object.__setattr__(self, "sum_fracs", fracs)

    def __repr__(self):
        return f"FixedLayer({self.name!r}, {self.cell.name}, {self.inputs} -> {self.units})"

    @property
    def units(self) -> int:
        return next(iter(self.bias.values())).shape[0]

    @property
    def inputs(self) -> int:
        return self.size("x")

    @property
    def output(self) -> str:
        """The state that leaves the layer: the first one that the cell returns."""
        return self.cell.states[0]

    @property
    def recurrent_sources(self) -> list[str]:
        return [source for source in self.cell.source_names if source != "x"]

    @property
    def macs(self) -> int:
        """Multiply-accumulates a step."""
        return sum(m.size for gate in self.weights.values() for m in gate.values())

    def matrix(self, gate: str, source: str) -> Format:
        """Format of the matrix by which a gate multiplies a source."""
        return self.formats[matrix_key(self.formats, gate, source)]

    def size(self, source: str) -> int:
        """Columns that a source has."""
        return next(m[source].shape[1] for m in self.weights.values() if source in m)

    def sum_shifts(self, gate: str) -> tuple[int, int]:
        """Left shifts that align a gate's sum of products and its bias; wiring in hardware."""
        z = self.leaves[f"z.{gate}"].frac
        return z - self.sum_fracs[gate], z - self.formats["b"].frac

    @cached_property
    def column(self) -> Interval:
        """The values on the column broadcast: every source, aligned."""
        spans = [
            (fmt.lo << shift, fmt.hi << shift)
            for source in self.cell.source_names
            for fmt, shift in [(self.formats[source], self.column_shifts[source])]
        ]
        return Interval(0, min(lo for lo, _ in spans), max(hi for _, hi in spans))

    @cached_property
    def weight(self) -> Interval:
        """The values of the weight memory."""
        formats = [self.matrix(gate, s) for gate, parts in self.weights.items() for s in parts]
        return Interval(0, min(f.lo for f in formats), max(f.hi for f in formats))

    @cached_property
    def accumulators(self) -> dict[str, Interval]:
        """Gate to the exact range of its sum of products over every unit; holds 0."""
        return {gate: self._sum_range(gate) for gate in self.cell.gate_names}

    def _sum_range(self, gate: str) -> Interval:
        lo = hi = np.zeros(self.units, dtype=object)
        for source, matrix in self.weights[gate].items():
            fmt, shift = self.formats[source], self.column_shifts[source]
            negative = (np.minimum(matrix, 0)).sum(axis=1).astype(object) << shift
            positive = (np.maximum(matrix, 0)).sum(axis=1).astype(object) << shift
            lo = lo + positive * fmt.lo + negative * fmt.hi
            hi = hi + positive * fmt.hi + negative * fmt.lo
        return Interval(self.sum_fracs[gate], min(0, *lo), max(0, *hi))

    @cached_property
    def leaves(self) -> dict[str, Interval]:
        """Leaf of the cell's graph to its range: z (bias included), what is constant, phi and the
        previous states."""
        found = {}
        for leaf in self.cell.graph.leaves:
            fmt = self.formats[leaf_format(leaf)] if not leaf.startswith("z.") else None
            if fmt is None:
                b = self.bias[leaf[2:]]
                held = Interval(self.formats["b"].frac, int(b.min()), int(b.max()))
                found[leaf] = sum_range(*aligned(self.accumulators[leaf[2:]], held), 1)
            elif leaf in self.vectors:
                values = self.vectors[leaf]
                found[leaf] = Interval(fmt.frac, int(values.min()), int(values.max()))
            else:
                found[leaf] = fmt.interval
        return found

    @cached_property
    def step(self) -> FixedGraph:
        """The cell's equations in raw integers."""
        return FixedGraph(self.cell.graph, self.formats, self.tables, self.leaves)

    @property
    def ranges(self) -> dict[Node, Interval]:
        """Exact range of every node of the cell, before narrowing."""
        return self.step.ranges


@dataclass(frozen=True, eq=False, repr=False)
class FixedBackward:
    """The backward half of a FixedLayer: its cell's derived graph in raw integers.

    Parameters
    ----------
    formats : dict
        Name of the backward graph (d.NAME, slope.NAME) and next.STATE to Format.
    tables : dict
        Name of a slope that is looked up to its Activation.
    """

    layer: FixedLayer
    graph: Graph
    formats: Mapping[str, Format]
    tables: Mapping[str, Activation]

    @cached_property
    def step(self) -> FixedGraph:
        """The derived equations in raw integers."""
        forward, leaves = self.layer.formats, {}
        for leaf in self.graph.leaves:
            kind, _, name = leaf.partition(".")
            if kind == "next":
                leaves[leaf] = self.formats[leaf].interval
            elif kind == "fwd":
                leaves[leaf] = forward[name].interval
            else:
                leaves[leaf] = self.layer.leaves[leaf]
        return FixedGraph(self.graph, self.formats, self.tables, leaves)


@dataclass(frozen=True, eq=False)
class FixedNetwork:
    """FixedLayers in series, and an optional argmax behind the last one.

    Parameters
    ----------
    conversion : Conversion
        What is done to x before it is rounded: a power of two for each column of unlike scale, or
        the network's own conversion. The weights are those of the network `rebased` by it.
    """

    name: str
    layers: tuple[FixedLayer, ...]
    classify: bool
    returns: str
    conversion: Conversion = IDENTITY

    @property
    def inputs(self) -> int:
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Numbers in one output vector; 1, a class index, if the network classifies."""
        return 1 if self.classify else self.layers[-1].units

    @property
    def many_to_one(self) -> bool:
        return self.returns == "last" or any(layer.reads == "last" for layer in self.layers)

    @property
    def stamp(self) -> Format | None:
        """Format of the time stamp that every step brings; None if it brings none."""
        gate = self.layers[0].time_gate
        return gate.stamp if gate else None

    @property
    def x(self) -> Format:
        """Format of the input."""
        return self.layers[0].formats["x"]

    def raw(self, x) -> np.ndarray:
        """Real input (..., inputs) as raw integers: nearest, ties to even, saturating."""
        return quantise(self.conversion(x), self.x)

    def real(self, raw) -> np.ndarray:
        """Raw input (..., inputs) as the floats that it is worth."""
        return self.conversion.inverse(real(raw, self.x))

    @property
    def y(self) -> Format:
        """Format of the output: of the last layer's output, or of a class index."""
        last = self.layers[-1]
        if self.classify:
            return Format(max(1, (last.units - 1).bit_length()), 0, signed=False)
        return last.formats[last.output]
