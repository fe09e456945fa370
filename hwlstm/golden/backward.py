"""One layer backwards over a sequence: back-propagation through time, in floats and in integers.

The forward half is a trace of the same layer; the gradient of each step comes from the derived
graph of the cell, and the sums over columns, steps and sequences are products of matrices.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..cells.differentiate import differentiate
from ..fixed import Format, narrow, saturated
from ..fixed_network import FixedBackward
from ..network import Layer
from .cell import IntegerGraph, Values, float_values

__all__ = ["Exact", "float_backward", "integer_backward"]

STATES_ONLY = "1997"


def float_backward(
    layer: Layer,
    x: np.ndarray,
    trace: Values,
    above: np.ndarray,
    *,
    time=None,
    truncate: int | str | None = None,
    watch: Callable[[str, np.ndarray], None] | None = None,
) -> Values:
    """Gradients of a layer's parameters, input and initial state, in floats.

    Parameters
    ----------
    x : array (sequences, steps, inputs)
    trace : dict
        What `float_engine` gave for it; or the same names from integers, for straight-through
        gradients.
    above : array (sequences, steps, units)
        Gradient of the output of each step, without the recurrence.
    time : array (sequences, steps)
        Of every step, for a layer that reads time stamps.
    truncate : int, "1997" or None
        Gradients stay within chunks of so many steps; or they pass from step to step through the
        states alone, not through the columns (Hochreiter & Schmidhuber 1997); or all pass.
    watch : callable
        Told every named value of the derived graph, and what its leaves next.STATE are.

    Returns
    -------
    "weights.GATE.SOURCE", "bias.GATE", "peepholes.GATE", "parameters.NAME", "initial.STATE",
    "time_gate.period" (and shift, ratio, leak) to the gradient summed over sequences; "x" to that
    of each input.
    """
    cell, size = layer.cell, chunk(truncate)
    back = differentiate(cell.graph)
    before = previous(layer, trace)
    carried = {s: np.zeros_like(above[:, 0]) for s in cell.states}
    steps: list[Values] = []
    for t in reversed(range(x.shape[1])):
        leaves = step_leaves(trace, before, t) | layer.vectors
        for s in cell.states:
            leaves[f"next.{s}"] = carried[s] + above[:, t] if s == cell.states[0] else carried[s]
        values = float_values(back, leaves)
        if watch:
            for name, value in named(back, values, leaves):
                watch(name, value)
        d = {leaf: values[node] + np.zeros_like(above[:, t]) for leaf, node in back.outputs.items()}
        steps.append(d)
        for s in cell.states:
            carried[s] = d.get(f"prev.{s}", np.zeros_like(carried[s]))
            if truncate != STATES_ONLY:
                for gate, parts in layer.weights.items():
                    carried[s] = (
                        carried[s] + d[f"z.{gate}"] @ parts[s] if s in parts else carried[s]
                    )
            if size and t % size == 0 and t > 0:
                carried[s] = np.zeros_like(carried[s])
    d = {leaf: np.stack([one[leaf] for one in reversed(steps)], axis=1) for leaf in back.outputs}
    found: Values = {}
    for gate, parts in layer.weights.items():
        dz = d[f"z.{gate}"]
        for source in parts:
            found[f"weights.{gate}.{source}"] = flat(dz).T @ flat({"x": x, **before}[source])
        found[f"bias.{gate}"] = dz.sum((0, 1))
    constants = {leaf: d[leaf].sum((0, 1)) for leaf in layer.vectors}
    found |= {vector_key(leaf): value for leaf, value in constants.items() if vector_key(leaf)}
    if layer.time_gate:
        stamps = layer.time_gate.times(*x.shape[:2], time)
        gradients = layer.time_gate.gradients(stamps, {**constants, "time.phi": d["time.phi"]})
        found |= {f"time_gate.{name}": value for name, value in gradients.items()}
    found |= {f"initial.{s}": value.sum(0) for s, value in carried.items()}
    found["x"] = sum(d[f"z.{q}"] @ parts["x"] for q, parts in layer.weights.items() if "x" in parts)
    return found


@dataclass(frozen=True, eq=False)
class Exact:
    """Integers worth raw * 2**-frac each, not rounded."""

    raw: np.ndarray
    frac: int

    def __add__(self, other: "Exact") -> "Exact":
        frac = max(self.frac, other.frac)
        return Exact(self.aligned(frac) + other.aligned(frac), frac)

    def aligned(self, frac: int) -> np.ndarray:
        return self.raw << frac - self.frac

    def sum(self, axes) -> "Exact":
        return Exact(self.raw.sum(axes), self.frac)

    def times(self, matrix: np.ndarray, frac: int) -> "Exact":
        """The product with an integer matrix (columns, rows)."""
        return Exact(product(self.raw, matrix), self.frac + frac)

    def narrow(self, to: Format) -> np.ndarray:
        return narrow(self.raw, self.frac, to)

    @property
    def real(self) -> np.ndarray:
        return np.ldexp(self.raw.astype(np.float64), -self.frac)


def integer_backward(
    backward: FixedBackward,
    x: np.ndarray,
    trace: Values,
    above: np.ndarray,
    *,
    truncate: int | str | None = None,
    saturation: dict[str, int] | None = None,
) -> dict[str, Exact]:
    """Gradients of a layer in integers: every named value rounded to its format, every sum exact.

    Parameters
    ----------
    x, trace
        Raw integers, as of `IntegerEngine.run`; of a timed layer with "time.phi" in the trace.
    above : array (sequences, steps, units)
        Raw, in the format of next.STATE of the layer's output.
    truncate
        As of `float_backward`.
    saturation : dict
        Name to the count of saturated values; counted up if given.

    Returns
    -------
    As `float_backward`, but of a time gate "time.phi" (sequences, steps, units), "time.rate" and
    "time.leak": see `TimeGate.gradients`.

    Raises
    ------
    ValueError
        A sum may reach 2**62.
    """
    layer, cell, size = backward.layer, backward.layer.cell, chunk(truncate)
    graph, fixed = backward.graph, backward.step
    reader = IntegerGraph(fixed)
    formats = backward.formats
    before = previous(layer, trace)
    carried = {s: Exact(np.zeros_like(above[:, 0]), 0) for s in cell.states}
    steps: list[dict[str, Exact]] = []

    def count(name, value, frac, to):
        if saturation is not None:
            saturation[name] = saturation.get(name, 0) + saturated(value, frac, to)

    def watch(name, value, frac):
        count(name, value, frac, formats[name])

    for t in reversed(range(x.shape[1])):
        leaves = step_leaves(trace, before, t) | layer.vectors
        for s in cell.states:
            to, total = formats[f"next.{s}"], carried[s]
            if s == cell.states[0]:
                total = total + Exact(above[:, t], to.frac)
            count(f"next.{s}", total.raw, total.frac, to)
            leaves[f"next.{s}"] = total.narrow(to)
        values = reader.values(leaves, watch)
        d = {
            leaf: Exact(values[node] + np.zeros_like(above[:, t]), reader.frac[node])
            for leaf, node in graph.outputs.items()
        }
        steps.append(d)
        for s in cell.states:
            carried[s] = d.get(f"prev.{s}", Exact(np.zeros_like(above[:, 0]), 0))
            if truncate != STATES_ONLY:
                for gate, parts in layer.weights.items():
                    if s in parts:
                        carried[s] += d[f"z.{gate}"].times(parts[s], layer.matrix(s).frac)
            if size and t % size == 0 and t > 0:
                carried[s] = Exact(np.zeros_like(above[:, 0]), 0)
    d = {
        leaf: Exact(np.stack([one[leaf].raw for one in reversed(steps)], axis=1), frac)
        for leaf, frac in ((leaf, reader.frac[node]) for leaf, node in graph.outputs.items())
    }
    found: dict[str, Exact] = {}
    for gate, parts in layer.weights.items():
        dz = d[f"z.{gate}"]
        for source in parts:
            total = product(flat(dz.raw).T, flat({"x": x, **before}[source]))
            found[f"weights.{gate}.{source}"] = Exact(total, dz.frac + layer.formats[source].frac)
        found[f"bias.{gate}"] = dz.sum((0, 1))
    constants = {leaf: d[leaf].sum((0, 1)) for leaf in layer.vectors}
    found |= {vector_key(leaf) or leaf: value for leaf, value in constants.items()}
    if layer.time_gate:
        found["time.phi"] = d["time.phi"]
    found |= {f"initial.{s}": value.sum(0) for s, value in carried.items()}
    reads_x = [(q, parts["x"]) for q, parts in layer.weights.items() if "x" in parts]
    terms = [d[f"z.{q}"].times(matrix, layer.matrix("x").frac) for q, matrix in reads_x]
    found["x"] = sum(terms[1:], terms[0])
    return found


def chunk(truncate: int | str | None) -> int:
    """Steps of a chunk that gradients do not leave; 0 if there is no such limit."""
    if truncate is None or truncate == STATES_ONLY:
        return 0
    if not isinstance(truncate, int) or isinstance(truncate, bool) or truncate < 1:
        raise ValueError(f"truncate must be a number of steps, '1997' or None, not {truncate!r}")
    return truncate


def previous(layer, trace: Values) -> Values:
    """State to its values one step before each step."""
    found = {}
    for s in layer.cell.states:
        start = np.tile(layer.initial[s], (len(trace[s]), 1, 1))
        found[s] = np.concatenate([start, trace[s][:, :-1]], axis=1)
    return found


def step_leaves(trace: Values, before: Values, t: int) -> Values:
    """Leaves of the derived graph in step t, but for the constants and next.STATE."""
    leaves = {f"fwd.{name}": values[:, t] for name, values in trace.items()}
    leaves |= {f"prev.{s}": values[:, t] for s, values in before.items()}
    if "time.phi" in trace:
        leaves["time.phi"] = trace["time.phi"][:, t]
    return leaves


def named(graph, values, leaves):
    yield from ((name, values[node]) for node, name in graph.names.items() if node in values)
    yield from ((leaf, value) for leaf, value in leaves.items() if leaf.startswith("next."))


def flat(values: np.ndarray) -> np.ndarray:
    """(sequences, steps, n) to (sequences x steps, n)."""
    return values.reshape(-1, values.shape[-1])


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Matrix product of integers: through float64 where that is exact, else through int64."""
    most = int(np.abs(a).max(initial=0)) * int(np.abs(b).max(initial=0)) * a.shape[-1]
    if most < 2**53:
        return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)
    if most < 2**62:
        return a @ b
    raise ValueError(f"Sums of gradients must stay below 2**62, not reach {most}; use fewer bits")


def vector_key(leaf: str) -> str:
    """What the gradient of a vector is called; empty for those of a time gate."""
    kind, name = leaf.split(".")
    return {"p": f"peepholes.{name}", "parameter": f"parameters.{name}"}.get(kind, "")
