"""The numbers of a network as raw integers, in formats that are chosen already."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..cells.graph import Graph, Node, leaf_format
from ..fixed import Format, quantise
from ..fixed_network import FixedGraph, FixedLayer, FixedNetwork, matrix_key
from ..golden.cell import IntegerGraph
from ..network import Layer, Network, rebased
from ..time_gate import FixedTimeGate, TimeGate

__all__ = ["filled", "requantize"]

REGULAR_PHASE_BITS = 32
"""Bits of the phase word where steps are regular: exact to a 16-bit phi for 65 000 steps."""


def requantize(network: Network, fixed: FixedNetwork) -> FixedNetwork:
    """The numbers of a network in the formats of another that was quantised from its like.

    For training: formats and activations stay, weights move. Numbers beyond a format saturate, but
    for biases, which get the bits that they need.
    """
    layers = []
    network = rebased(network, fixed.conversion)
    for layer, old in zip(network.layers, fixed.layers, strict=True):
        b = old.formats["b"]
        values = np.concatenate(list(layer.bias.values()))
        needed = Format.holding(64, float(np.abs(values).max()))
        wide = Format(max(b.width, 64 - needed.frac + b.frac), b.frac)
        layers.append(filled(layer, {**old.formats, "b": wide}, old.tables))
    return replace(fixed, layers=tuple(layers))


def filled(
    layer: Layer, formats: Mapping, tables: Mapping, rounding: str = "nearest"
) -> FixedLayer:
    """A layer's numbers in the given formats, each to nearest.

    `rounding` says what was done to the weights before.
    """
    vectors = {leaf: quantise(v, formats[leaf_format(leaf)]) for leaf, v in layer.vectors.items()}
    gate = layer.time_gate and fixed_time_gate(layer, formats, vectors)
    return FixedLayer(
        name=layer.name,
        cell=layer.cell,
        reads=layer.reads,
        formats=formats,
        tables=tables,
        weights={
            gate: {s: quantise(m, formats[matrix_key(formats, gate, s)]) for s, m in parts.items()}
            for gate, parts in layer.weights.items()
        },
        bias={gate: quantise(v, formats["b"]) for gate, v in layer.bias.items()},
        vectors=vectors,
        initial={s: quantise(v, formats[s]) for s, v in layer.initial.items()},
        time_gate=gate,
        rounding=rounding,
    )


def fixed_time_gate(layer: Layer, formats: Mapping, vectors: Mapping) -> FixedTimeGate:
    """The phases of a layer as words that wrap, and the phases at which each unit is open."""
    gate: TimeGate = layer.time_gate
    phi, stamp = formats["phi"], formats["t"] if gate.stamped else None
    bits = phi.frac + stamp.width if stamp else max(phi.frac, REGULAR_PHASE_BITS)
    unit = stamp.step if stamp else gate.interval

    def word(turns: np.ndarray) -> np.ndarray:
        """The fraction of so many periods as a phase."""
        scaled = np.rint(np.ldexp(turns - np.floor(turns), bits))
        return scaled.astype(np.int64) & (1 << bits) - 1

    codes = np.arange(phi.hi + 1)
    opens = np.zeros(layer.units, dtype=np.int64)
    closes = np.full(layer.units, phi.hi + 1)
    if layer.cell.hold:
        held = [node for node, name in layer.cell.graph.names.items() if name == layer.cell.hold]
        cell = part(layer, held, formats, vectors)
        for unit_number in range(layer.units):
            own = {leaf: values[unit_number] for leaf, values in vectors.items()}
            k = cell.step({**own, "time.phi": codes})[layer.cell.hold]
            reached = np.flatnonzero(k)
            opens[unit_number] = reached[0] if len(reached) else 0
            closes[unit_number] = reached[-1] + 1 if len(reached) else 0
    return FixedTimeGate(
        bits=bits,
        phi=phi,
        start=word(-gate.shift / gate.period),
        advance=word(unit / gate.period),
        stamp=stamp,
        opens=opens,
        closes=closes,
    )


def part(layer: Layer, nodes: list[Node], formats: Mapping, vectors: Mapping) -> IntegerGraph:
    """Some values of the cell, of time and constants alone."""
    graph = layer.cell.graph
    some = Graph(graph.nodes, {graph.names[n]: n for n in nodes}, graph.names)
    leaves = {
        leaf: formats[leaf_format(leaf)].interval for leaf in some.leaves if leaf in vectors
    } | {"time.phi": formats["phi"].interval}
    return IntegerGraph(FixedGraph(some, formats, {}, leaves))
