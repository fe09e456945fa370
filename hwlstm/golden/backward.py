"""One layer backwards over a sequence: back-propagation through time, in floats and in integers.

The forward half is a trace of the same layer; the gradient of each step comes from the derived
graph of the cell, and the sums over columns, steps and sequences are products of matrices. Both
readings share the recursion and differ in their numbers: float64 arrays, or Exact ones.
"""

from collections.abc import Callable, Mapping

import numpy as np

from ..cells import Cell
from ..cells.differentiate import differentiate
from ..fixed import narrow, saturated
from ..fixed_network import FixedBackward, FixedLayer
from ..network import Layer
from .cell import IntegerGraph, Values, float_values
from .engine import most
from .exact import Exact, below, stacked

__all__ = ["float_backward", "integer_backward"]

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
    back = differentiate(layer.cell.graph)
    before = previous(layer, trace)
    zero = np.zeros_like(above[:, 0])

    def step(t: int, following: Values) -> Values:
        leaves = step_leaves(trace, before, t) | layer.vectors
        leaves |= {f"next.{s}": d for s, d in following.items()}
        values = float_values(back, leaves)
        for name, value in named(back, values, leaves) if watch else ():
            watch(name, value)
        return {leaf: values[node] + zero for leaf, node in back.outputs.items()}

    steps = [above[:, t] for t in range(above.shape[1])]
    d, start = through_time(layer.cell, layer.weights, steps, step, zero, truncate)
    found = collected(layer.weights, {"x": x, **before}, d, start)
    constants = {leaf: d[leaf].sum((0, 1)) for leaf in layer.vectors}
    found |= {vector_key(leaf): value for leaf, value in constants.items() if vector_key(leaf)}
    if layer.time_gate:
        stamps = layer.time_gate.times(*x.shape[:2], time)
        gradients = layer.time_gate.gradients(stamps, {**constants, "time.phi": d["time.phi"]})
        found |= {f"time_gate.{name}": value for name, value in gradients.items()}
    return found


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
        Raw integers, as of `IntegerEngine.run`.
    above : array (sequences, steps, units)
        Raw, in the format of next.STATE of the layer's output.
    truncate
        As of `float_backward`.
    saturation : dict
        Name to the count of saturated values; counted up if given.

    Returns
    -------
    As `float_backward`, but of a time gate "time.phi" (sequences, steps, units), "time.rate" and
    "time.leak": see `TimeGate.gradients`. Of a leak of 0 there is none: what closed units would
    have given was not computed.

    Raises
    ------
    ValueError
        A sum may reach 2**62.
    """
    layer, graph, formats = backward.layer, backward.graph, backward.formats
    before = previous(layer, trace)
    below(most(backward.step))
    reader = IntegerGraph(backward.step)
    output = formats[f"next.{layer.output}"]
    nothing = np.zeros_like(above[:, 0])

    def watch(name, value, frac):
        if saturation is not None:
            count = saturated(value, frac, formats[name])
            saturation[name] = saturation.get(name, 0) + count

    def step(t: int, following: dict[str, Exact]) -> dict[str, Exact]:
        leaves = step_leaves(trace, before, t) | layer.vectors
        for s, d in following.items():
            watch(f"next.{s}", d.raw, d.frac)
            leaves[f"next.{s}"] = narrow(d.raw, d.frac, formats[f"next.{s}"])
        values = reader.values(leaves, watch)
        return {
            leaf: Exact(values[node] + nothing, reader.frac[node])
            for leaf, node in graph.outputs.items()
        }

    weights = {
        gate: {s: Exact(m, layer.matrix(gate, s).frac) for s, m in parts.items()}
        for gate, parts in layer.weights.items()
    }
    given = {"x": x, **before}
    sources = {s: Exact(given[s], layer.formats[s].frac) for s in layer.cell.source_names}
    steps = [Exact(above[:, t], output.frac) for t in range(above.shape[1])]
    d, start = through_time(layer.cell, weights, steps, step, Exact(nothing, 0), truncate)
    found = collected(weights, sources, d, start)
    found |= {vector_key(leaf) or leaf: d[leaf].sum((0, 1)) for leaf in layer.vectors}
    if layer.time_gate:
        found["time.phi"] = d["time.phi"]
        if not layer.vectors["time.leak"].any():
            del found["time.leak"]
    return found


def through_time(cell: Cell, weights: Mapping, above: list, step: Callable, zero, truncate):
    """The recursion: what step t hands to step t - 1, from the last step to the first.

    Parameters
    ----------
    above : list
        Gradient of the output, step by step.
    step : callable
        (t, gradient of every state) to the gradient of every leaf.
    zero
        A gradient of a state that is 0.

    Returns
    -------
    Gradient of every leaf at every step, and of every state before the first one.
    """
    size = chunk(truncate)
    carried = dict.fromkeys(cell.states, zero)
    found = []
    for t in reversed(range(len(above))):
        d = step(t, {**carried, cell.states[0]: carried[cell.states[0]] + above[t]})
        found.append(d)
        for s in cell.states:
            carried[s] = d.get(f"prev.{s}", zero)
            for gate, parts in weights.items() if truncate != STATES_ONLY else ():
                if s in parts:
                    carried[s] = carried[s] + d[f"z.{gate}"] @ parts[s]
            if size and t and t % size == 0:
                carried[s] = zero
    return {leaf: stacked([d[leaf] for d in reversed(found)]) for leaf in found[0]}, carried


def collected(weights: Mapping, sources: Mapping, d: Mapping, start: Mapping) -> dict:
    """Gradients of matrices, biases, initial state and input from those of every step."""
    found, dx = {}, []
    for gate, parts in weights.items():
        dz = d[f"z.{gate}"]
        for source, matrix in parts.items():
            found[f"weights.{gate}.{source}"] = flat(dz).T @ flat(sources[source])
            if source == "x":
                dx.append((flat(dz) @ matrix).reshape(*dz.shape[:2], -1))
        found[f"bias.{gate}"] = dz.sum((0, 1))
    found |= {f"initial.{s}": value.sum(0) for s, value in start.items()}
    return {**found, "x": sum(dx[1:], dx[0])}


def chunk(truncate: int | str | None) -> int:
    """Steps of a chunk that gradients do not leave; 0 if there is no such limit."""
    if truncate is None or truncate == STATES_ONLY:
        return 0
    if not isinstance(truncate, int) or isinstance(truncate, bool) or truncate < 1:
        raise ValueError(f"truncate must be a number of steps, '1997' or None, not {truncate!r}")
    return truncate


def previous(layer: Layer | FixedLayer, trace: Values) -> Values:
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


def flat(values):
    """(sequences, steps, n) to (sequences x steps, n)."""
    return values.reshape(-1, values.shape[-1])


def vector_key(leaf: str) -> str:
    """What the gradient of a vector is called; empty for those of a time gate."""
    kind, name = leaf.split(".")
    return {"p": f"peepholes.{name}", "parameter": f"parameters.{name}"}.get(kind, "")
