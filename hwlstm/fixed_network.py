"""FixedLayer and FixedNetwork: raw integers, and a Format for every signal.

Everything that golden model, plan and hardware must agree on is derived here, once: the
alignment of the columns, the exact ranges, the activation tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .activation import Activation
from .cells import Cell
from .cells.graph import Graph, Node, leaf_format
from .cells.ranges import aligned, narrowed, ranges, sum_range
from .fixed import Format, Interval, quantise, real
from .time_gate import FixedTimeGate

__all__ = ["FixedBackward", "FixedGraph", "FixedLayer", "FixedNetwork", "matrix_name"]

Arrays = Mapping[str, np.ndarray]


def matrix_name(source: str) -> str:
    """The name of the format of the matrix that multiplies a column source: W for x, U for h."""
    return {"x": "W", "h": "U"}.get(source, f"R_{source}")


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
        Signal to Format: x, W, U, b, p, and every name of the cell's graph.
    tables : dict
        Name of an activation's result to its Activation.
    vectors : dict
        Leaf of the cell (p.i, parameter.NAME, time.rate) to its integer for every unit.
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

    def __post_init__(self):
        if self.formats["b"].frac > self.product_frac:
            raise ValueError(
                f"{self.name}: b must have at most {self.product_frac} fraction bits, "
                f"those of the products, not {self.formats['b']}"
            )

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

    def matrix(self, source: str) -> Format:
        """Format of the matrices that multiply a source."""
        return self.formats[matrix_name(source)]

    def size(self, source: str) -> int:
        """Columns that a source has."""
        return next(m[source].shape[1] for m in self.weights.values() if source in m)

    @cached_property
    def product_frac(self) -> int:
        """Fraction bits of every accumulator: the most that any weight x column has."""
        return max(self._product_frac(source) for source in self.cell.source_names)

    def _product_frac(self, source: str) -> int:
        return self.formats[matrix_name(source)].frac + self.formats[source].frac

    def column_shift(self, source: str) -> int:
        """Left shift that aligns a column with the accumulators; wiring in hardware."""
        return self.product_frac - self._product_frac(source)

    @cached_property
    def column(self) -> Interval:
        """The values on the column broadcast: every source, aligned."""
        spans = [
            (fmt.lo << shift, fmt.hi << shift)
            for source in self.cell.source_names
            for fmt, shift in [(self.formats[source], self.column_shift(source))]
        ]
        return Interval(0, min(lo for lo, _ in spans), max(hi for _, hi in spans))

    @cached_property
    def weight(self) -> Interval:
        """The values of the weight memory."""
        formats = [self.formats[matrix_name(source)] for source in self.cell.source_names]
        return Interval(0, min(f.lo for f in formats), max(f.hi for f in formats))

    @cached_property
    def accumulators(self) -> dict[str, Interval]:
        """Gate to the exact range of its sum of products over every unit; holds 0."""
        return {gate: self._sum_range(gate) for gate in self.cell.gate_names}

    def _sum_range(self, gate: str) -> Interval:
        lo = hi = np.zeros(self.units, dtype=object)
        for source, matrix in self.weights[gate].items():
            fmt, shift = self.formats[source], self.column_shift(source)
            negative = (np.minimum(matrix, 0)).sum(axis=1).astype(object) << shift
            positive = (np.maximum(matrix, 0)).sum(axis=1).astype(object) << shift
            lo = lo + positive * fmt.lo + negative * fmt.hi
            hi = hi + positive * fmt.hi + negative * fmt.lo
        return Interval(self.product_frac, min(0, *lo), max(0, *hi))

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
    """FixedLayers in series, and an optional argmax behind the last one."""

    name: str
    layers: tuple[FixedLayer, ...]
    classify: bool
    returns: str

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
        return quantise(x, self.x)

    def real(self, raw) -> np.ndarray:
        """Raw input (..., inputs) as the floats that it is worth."""
        return real(raw, self.x)

    @property
    def y(self) -> Format:
        """Format of the output: of the last layer's output, or of a class index."""
        last = self.layers[-1]
        if self.classify:
            return Format(max(1, (last.units - 1).bit_length()), 0, signed=False)
        return last.formats[last.output]
