"""One layer over a sequence: pre-activations by matrix products, then the cell, step by step."""

from collections.abc import Callable, Iterator

import numpy as np

from ..cells.graph import Node
from ..cells.ranges import aligned
from ..fixed import saturated
from ..fixed_network import FixedGraph, FixedLayer
from ..network import Layer
from .cell import IntegerGraph, Values, float_step

__all__ = ["IntegerEngine", "float_engine", "most"]

EXACT_FLOAT = 2**53


def float_engine(layer: Layer, x: np.ndarray, time=None) -> Values:
    """Run a layer in floats.

    Parameters
    ----------
    x : array (sequences, steps, inputs)
    time : array (sequences, steps)
        Of every step, for a layer that reads time stamps.

    Returns
    -------
    Every named value of the cell, z.GATE, and time.phi of a timed layer, as arrays (sequences,
    steps, units).
    """
    cell, graph, gate = layer.cell, layer.cell.graph, layer.time_gate
    state = {name: np.tile(layer.initial[name], (len(x), 1)) for name in cell.states}
    phi = gate.phase(gate.times(*x.shape[:2], time)) if gate else None
    trace: list[Values] = []
    for t in range(x.shape[1]):
        sources = {"x": x[:, t], **state}
        z = {
            f"z.{gate}": layer.bias[gate] + sum(sources[s] @ m.T for s, m in matrices.items())
            for gate, matrices in layer.weights.items()
        }
        phase = {} if phi is None else {"time.phi": phi[:, t]}
        previous = {f"prev.{name}": value for name, value in state.items()}
        named = float_step(graph, {**z, **phase, **layer.vectors, **previous})
        state = {name: named[name] for name in cell.states}
        trace.append({**z, **phase, **named})
    return {name: np.stack([step[name] for step in trace], axis=1) for name in trace[0]}


class IntegerEngine:
    """Run a layer in raw integers, exactly.

    Products of matrices go through float64 BLAS wherever the proven range of every value is
    below 2**53 (exact, and far faster than int64); else through int64, or Python integers.
    """

    def __init__(self, layer: FixedLayer):
        self.layer = layer
        largest = max(
            most(layer.step),
            *(interval.magnitude for interval in layer.leaves.values()),
            *(span.magnitude << layer.sum_shifts(q)[0] for q, span in layer.accumulators.items()),
        )
        if largest >= 2**62:
            raise ValueError(
                f"{layer.name}: values must stay below 2**62, not reach {largest}; "
                "use narrower formats"
            )
        self.dtype = np.float64 if largest < EXACT_FLOAT // 2 else np.int64
        self.cell = IntegerGraph(layer.step, self.dtype)
        self.gates = layer.cell.gate_names
        self.matrices = {source: self._stacked(source) for source in layer.cell.source_names}
        aligned = [layer.bias[gate] << layer.sum_shifts(gate)[1] for gate in self.gates]
        self.bias = np.concatenate(aligned).astype(self.dtype)

    def _stacked(self, source: str) -> np.ndarray:
        """Matrix (size of source, gates x units), aligned; 0 where a gate does not read it."""
        layer = self.layer
        zero = np.zeros((layer.units, layer.size(source)), dtype=np.int64)
        shift = layer.column_shifts[source]
        rows = [
            layer.weights[gate].get(source, zero) << shift + layer.sum_shifts(gate)[0]
            for gate in self.gates
        ]
        return np.concatenate(rows).T.astype(self.dtype)

    def run(
        self,
        x: np.ndarray,
        *,
        count: np.ndarray | None = None,
        state: Values | None = None,
        trace: bool = True,
        saturation: dict[str, int] | None = None,
    ) -> Values:
        """Raw x (sequences, steps, inputs) to raw int64 arrays (sequences, steps, units).

        Parameters
        ----------
        count : array (sequences, steps)
            Of a timed layer, what `FixedTimeGate.phase` takes: time stamps, or steps since the
            initial state; 0, 1, 2, ... if not given.
        state : dict
            State to raw array (sequences, units) to continue from; the initial state if None.
        trace : bool
            Return every named value; else the states only.
        saturation : dict
            Name to the count of saturated values; counted up if given.
        """
        layer = self.layer
        start = state or {
            name: np.tile(layer.initial[name], (len(x), 1)) for name in layer.cell.states
        }
        held = {name: value.astype(self.dtype) for name, value in start.items()}
        kept = list(layer.cell.graph.names.values()) if trace else layer.cell.states
        if trace and layer.time_gate:
            kept = [*kept, "time.phi"]
        shape = (len(x), x.shape[1], layer.units)
        out = {name: np.empty(shape, dtype=np.int64) for name in kept}
        vectors = {leaf: v.astype(self.dtype) for leaf, v in layer.vectors.items()}
        phi, is_open = self._phases(x, count)
        watch = saturation_counter(layer, saturation)
        rows = np.ascontiguousarray(x.swapaxes(0, 1), dtype=self.dtype).reshape(-1, layer.inputs)
        from_x = (rows @ self.matrices["x"] + self.bias).reshape(x.shape[1], len(x), -1)
        for t in range(x.shape[1]):
            z = from_x[t]
            for source in layer.recurrent_sources:
                z = z + held[source] @ self.matrices[source]
            if is_open is not None:  # the rows of a closed unit are not multiplied
                z = np.where(np.tile(is_open[:, t], len(self.gates)), z, self.bias)
            split = np.split(z, len(self.gates), axis=1)
            leaves = {f"z.{gate}": part for gate, part in zip(self.gates, split, strict=True)}
            leaves |= {f"prev.{name}": value for name, value in held.items()}
            if phi is not None:
                leaves["time.phi"] = phi[:, t].astype(self.dtype)
            named = self.cell.step({**leaves, **vectors}, watch)
            held = {name: named[name] for name in held}
            for name in kept:
                out[name][:, t] = leaves[name] if name == "time.phi" else named[name]
        return out

    def _phases(self, x: np.ndarray, count: np.ndarray | None):
        """Raw phi of every step and unit, and which units are open; None if that plays no part."""
        gate = self.layer.time_gate
        if gate is None:
            return None, None
        if count is None:
            count = np.tile(np.arange(x.shape[1]), (len(x), 1))
        phi = gate.phase(count)
        return phi, gate.is_open(phi) if gate.skips else None


def most(fixed: FixedGraph) -> int:
    """The largest magnitude that any raw integer of a graph reaches on its way."""
    return max(reached for node in fixed.ranges for reached in magnitudes(fixed, node))


def magnitudes(fixed: FixedGraph, node: Node) -> Iterator[int]:
    """What the raw integers of a node reach: exact, aligned as operands, on the way into the
    format of its name, and at the limits of that format."""
    exact = fixed.ranges[node]
    yield exact.magnitude
    for operand in aligned(*map(fixed.seen, node.args)) if node.args else ():
        yield operand.magnitude
    if node in fixed.graph.names:
        to = fixed.formats[fixed.graph.names[node]]
        yield to.interval.magnitude
        yield exact.magnitude << max(0, to.frac - exact.frac)


def saturation_counter(layer: FixedLayer, counts: dict[str, int] | None) -> Callable | None:
    if counts is None:
        return None

    def watch(name, value, frac):
        counts[name] = counts.get(name, 0) + saturated(value, frac, layer.formats[name])

    return watch
