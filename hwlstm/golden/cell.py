"""The two readers of a cell's graph: floats, and raw integers."""

from collections.abc import Callable

import numpy as np

from ..cells.graph import Graph, Node
from ..fixed import narrow
from ..fixed_network import FixedGraph

__all__ = ["IntegerGraph", "float_step", "float_values"]

Values = dict[str, np.ndarray]

ARITHMETIC: dict[str, Callable] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "lt": np.less,
    "select": np.where,
    "act": lambda x: x,
    "narrow": lambda x: x,
}
"""What an operation does; "act" is identity here, for tables are looked up."""


def float_step(graph: Graph, leaves: Values) -> Values:
    """Evaluate one step in floats.

    Parameters
    ----------
    leaves : dict
        Leaf name (z.g, p.i, prev.c) to array (..., units).

    Returns
    -------
    Every named value of the graph, states included.
    """
    values = float_values(graph, leaves)
    return {name: values[node] for node, name in graph.names.items()}


def float_values(graph: Graph, leaves: Values) -> dict[Node, np.ndarray]:
    """Every value of a graph in floats."""
    values: dict[Node, np.ndarray] = {}
    for node in graph.live():
        args = [values[arg] for arg in node.args]
        if node.op == "read":
            values[node] = leaves[node.attr]
        elif node.op == "const":
            values[node] = np.float64(node.attr)
        elif node.is_table:
            values[node] = node.attr(args[0])
        else:
            values[node] = ARITHMETIC[node.op](*args)
    return values


class IntegerGraph:
    """A graph in raw integers: of one step, what the hardware must give, bit for bit.

    Parameters
    ----------
    fixed : FixedGraph
    dtype : type
        np.int64, or np.float64 for integers that stay below 2**53 (faster).
    """

    def __init__(self, fixed: FixedGraph, dtype: type = np.int64):
        graph = fixed.graph
        self.fixed, self.dtype = fixed, dtype
        self.order = graph.live()
        self.names = {node: graph.names[node] for node in self.order if node in graph.names}
        self.frac = {node: fixed.seen(node).frac for node in self.order}
        self.tables = {
            name: (table.codes.astype(dtype), table.in_format.lo)
            for name, table in fixed.tables.items()
            if name in self.names.values()
        }

    def step(
        self, leaves: Values, watch: Callable[[str, np.ndarray, int], None] | None = None
    ) -> Values:
        """Raw leaves (..., units) to every named value, narrowed.

        `watch` is called with (name, value, fraction bits) of each before it is narrowed.
        """
        values = self.values(leaves, watch)
        return {name: values[node] for node, name in self.names.items()}

    def values(self, leaves: Values, watch=None) -> dict[Node, np.ndarray]:
        """Every value as its users see it; node n has `frac[n]` fraction bits."""
        values: dict[Node, np.ndarray] = {}
        for node in self.order:
            value = self._exact(node, values, leaves)
            name = self.names.get(node)
            if name and not node.is_table:
                frac = self.fixed.ranges[node].frac
                if watch:
                    watch(name, value, frac)
                value = narrow(value, frac, self.fixed.formats[name])
            values[node] = value
        return values

    def _exact(self, node: Node, values, leaves):
        if node.op == "read":
            return leaves[node.attr]
        if node.op == "const":
            return self.dtype(self.fixed.ranges[node].lo)
        args = [values[arg] for arg in node.args]
        if node.is_table:
            codes, low = self.tables[self.names[node]]
            return codes[args[0].astype(np.intp) - low]
        if node.op in ("add", "sub", "lt"):
            args = self._aligned(node.args, args)
        elif node.op == "select":
            args[1:] = self._aligned(node.args[1:], args[1:])
        return ARITHMETIC[node.op](*args)

    def _aligned(self, nodes, values):
        """The same values with as many fraction bits as the one that has most."""
        frac = max(self.frac[node] for node in nodes)
        return [
            value if self.frac[node] == frac else value * self.dtype(1 << frac - self.frac[node])
            for node, value in zip(nodes, values, strict=True)
        ]
