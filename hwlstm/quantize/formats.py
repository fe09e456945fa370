"""Choose a Format for every signal of a layer, and put its numbers into them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..activation import RESOURCES, Activation, flat_beyond, function
from ..cells.graph import Node, operand_name
from ..cells.ranges import ranges
from ..fixed import Format, Interval, quantise, real
from ..fixed_network import FixedLayer, FixedNetwork, matrix_name
from ..golden import run_float
from ..golden.network import sequences
from ..network import Layer, Network

__all__ = ["quantize"]

TRIM = 2
"""Bits that x may lose; see Choice.trimmed_input."""

WIDEST = Format(64, 0)
UNKNOWN = WIDEST.interval
"""Range of a signal while its format is still being chosen."""

UNBOUNDED = 2.0**60
"""A bound from here on comes from UNKNOWN and says nothing."""


def quantize(
    network: Network,
    data,
    *,
    weights: int = 8,
    bits: int = 16,
    margin: float = 1.25,
    max_ulp: float = 1.0,
    resources: Iterable[str] = RESOURCES,
    shared: bool = False,
    formats: Mapping[str, Format | str] | None = None,
) -> FixedNetwork:
    """Give every signal a Format, and turn every weight into raw integers.

    Parameters
    ----------
    data : array (sequences, steps, inputs)
        Calibration data: formats hold `margin` times what it reaches. Weight formats minimise
        the squared error instead.
    weights, bits : int
        Width in bits of W and U, and of every other signal.
    margin : float
        Headroom over the calibrated range, 1 or more.
    max_ulp : float
        Error bound of the activations, in output ulp.
    resources : iterable of "bram", "dsp"
        What activation units may use besides look-up tables.
    shared : bool
        The sigmoids and tanhs of the gates have one input format and one table, so that one unit
        computes them all where an initiation interval leaves it the time.
    formats : dict
        "layer.signal" to Format or "Q4.12": fixed by hand. Refused if it cannot hold the
        calibrated range (beyond the point where a function is flat, it need not).

    Raises
    ------
    TypeError, ValueError
        Data or widths that are not as above; formats that saturate, with one that would not;
        an error bound that no table meets.
    """
    for what, width, most in (("weights", weights, 18), ("bits", bits, 18)):
        if not isinstance(width, int) or not 2 <= width <= most:
            raise ValueError(f"quantize {what} must be 2 to {most} bits, not {width!r}")
    if not margin >= 1:
        raise ValueError(f"quantize margin must be at least 1, not {margin!r}")
    x = sequences(data, network.inputs)
    trace = run_float(network, x)
    given = by_layer(network, formats or {})
    layers = []
    source = Signal(*span(x))
    for layer in network.layers:
        choice = Choice(
            layer=layer,
            trace=trace.layers[layer.name],
            given=given[layer.name],
            weights=weights,
            bits=bits,
            margin=margin,
            max_ulp=max_ulp,
            resources=frozenset(resources),
            shared=shared,
        )
        fixed = choice.fixed(source)
        layers.append(fixed)
        source = Signal(0.0, 0.0, fixed.formats[fixed.output])
    return FixedNetwork(network.name, tuple(layers), network.classify, network.returns)


def by_layer(network: Network, formats: Mapping) -> dict[str, dict[str, Format]]:
    """{"lstm.c": ...} to {"lstm": {"c": Format}}; unknown names are refused."""
    if not isinstance(formats, Mapping) or not all(isinstance(key, str) for key in formats):
        raise TypeError(f"Formats must be a dict of 'layer.signal' to format, not {formats!r}")
    split: dict[str, dict[str, Format]] = {layer.name: {} for layer in network.layers}
    for key, text in formats.items():
        name, _, signal = key.partition(".")
        if name not in split:
            raise ValueError(f"Format {key!r} must name a layer of {sorted(split)}")
        split[name][signal] = Format.parse(text)
    return split


@dataclass(frozen=True)
class Signal:
    """What is known of a layer's input: its range, or the format that the layer before gave it."""

    lo: float
    hi: float
    fmt: Format | None = None


def span(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


@dataclass
class Choice:
    """The formats of one layer, chosen operand before result."""

    layer: Layer
    trace: Mapping[str, np.ndarray]
    given: dict[str, Format]
    weights: int
    bits: int
    margin: float
    max_ulp: float
    resources: frozenset[str]
    shared: bool

    def fixed(self, x: Signal) -> FixedLayer:
        layer, cell = self.layer, self.layer.cell
        chosen: dict[str, Format] = {}
        matrices = {
            matrix_name(source): [m[source] for m in layer.weights.values() if source in m]
            for source in cell.source_names
        }
        signals = {"x", "b", *matrices, *cell.graph.names.values()}
        if layer.peepholes:
            signals.add("p")
        unknown = sorted(set(self.given) - signals)
        if unknown:
            raise ValueError(
                f"Format '{layer.name}.{unknown[0]}' must name a signal of {sorted(signals)}"
            )
        chosen["x"] = x.fmt or self.calibrated("x", x.lo, x.hi)
        if x.fmt and self.given.get("x", x.fmt) != x.fmt:
            raise ValueError(
                f"{layer.name}.x must be {x.fmt}, the output of the layer before, "
                f"not {self.given['x']}"
            )
        for name, parts in matrices.items():
            chosen[name] = self.least_error(name, np.concatenate(parts, axis=None))
        if layer.peepholes:
            chosen["p"] = self.least_error("p", np.concatenate(list(layer.peepholes.values())))
        tables = self.results(chosen)
        if x.fmt is None and "x" not in self.given:
            chosen["x"] = self.trimmed_input(chosen)
        chosen["b"] = self.bias_format(chosen)
        return FixedLayer(
            name=layer.name,
            cell=cell,
            reads=layer.reads,
            formats=chosen,
            tables=tables,
            weights={
                gate: {s: quantise(m, chosen[matrix_name(s)]) for s, m in parts.items()}
                for gate, parts in layer.weights.items()
            },
            bias={gate: quantise(v, chosen["b"]) for gate, v in layer.bias.items()},
            peepholes={gate: quantise(v, chosen["p"]) for gate, v in layer.peepholes.items()},
            initial={s: quantise(v, chosen[s]) for s, v in layer.initial.items()},
        )

    def trimmed_input(self, chosen: dict[str, Format]) -> Format:
        """x without the bits that its products have more than those of the states.

        They would shift the states, and the column broadcast with every multiplier behind it
        would be as many bits wider. At most TRIM bits.
        """
        fracs = {
            s: chosen[matrix_name(s)].frac + chosen[s].frac for s in self.layer.cell.source_names
        }
        x, surplus = chosen["x"], min(fracs["x"] - min(fracs.values()), TRIM)
        if surplus <= 0 or x.width <= 2 * TRIM + surplus:
            return x
        return Format(x.width - surplus, x.frac - surplus, x.signed)

    def results(self, chosen: dict[str, Format]) -> dict[str, Activation]:
        """Formats of every name of the graph, and the activation tables."""
        graph = self.layer.cell.graph
        results = dict.fromkeys(graph.names.values(), UNKNOWN)
        tables: dict[str, Activation] = {}
        operands = {operand for _, operand in graph.activations.values()}
        for node in graph.live():
            name = graph.names.get(node)
            if name is None:
                continue
            if node.op == "act" and node.attr != "identity":
                out = self.result_format(name)
                if name in self.given:
                    # No format of the last place below 1 holds 1: a result may stop there.
                    below = 1 - out.step
                    lo, hi = self.reach(name)
                    self.held(name, max(lo, -below), min(hi, below))
                operand = chosen[operand_name(graph, node.args[0])]
                tables[name] = self.activation(node, operand, out)
                chosen[name], results[name] = out, tables[name].result
            else:
                turns = self.turns(name)
                bound = np.inf if turns else self.bound(node, chosen, results)
                names = turns or [name]
                lo, hi = zip(*map(self.reach, names), strict=True)
                bound = min(bound, max(map(self.flat, names)))
                chosen[name] = self.calibrated(name, min(lo), max(hi), bound)
                if name in operands and name not in self.given and chosen[name].frac < 1:
                    chosen[name] = Format(self.bits, 1)  # no activation takes less
        return tables

    def turns(self, name: str) -> list[str]:
        """The pre-activations that have one format, if `name` is among them: see `shared`."""
        activations = self.layer.cell.graph.activations.values()
        alike = [
            operand
            for function, operand in activations
            if function in ("sigmoid", "tanh") and operand.startswith("pre_")
        ]
        return alike if self.shared and name in alike else []

    def activation(self, node: Node, operand: Format, out: Format) -> Activation:
        shared = self.turns(operand_name(self.layer.cell.graph, node.args[0]))
        return Activation(
            node.attr,
            operand,
            out,
            max_ulp=self.max_ulp,
            resources=self.resources,
            family="shared" if shared else None,
        )

    def result_format(self, name: str) -> Format:
        return self.given.get(name, Format(self.bits, self.bits - 1))

    def flat(self, name: str) -> float:
        """Where a pre-activation may saturate without a change behind its activation."""
        activations = self.layer.cell.graph.activations
        readers = [(gate, f) for gate, (f, operand) in activations.items() if operand == name]
        if not name.startswith("pre_") or not readers:
            return np.inf
        return max(flat_beyond(function(f), self.result_format(gate)) for gate, f in readers)

    def bound(self, node: Node, chosen, results) -> float:
        """Largest magnitude that the node can reach by the formats chosen so far."""
        graph = self.layer.cell.graph
        leaves = {
            leaf: chosen["p"].interval if leaf.startswith("p.") else UNKNOWN
            for leaf in graph.leaves
        }
        exact = ranges(graph, lambda name: chosen.get(name, WIDEST), leaves, results)[node]
        value = float(np.ldexp(float(exact.magnitude), -exact.frac))
        return value if value < UNBOUNDED else np.inf

    def reach(self, name: str) -> tuple[float, float]:
        """Smallest and largest calibrated value, initial state included."""
        initial = self.layer.initial.get(name, self.trace[name][:0])
        return span(np.append(self.trace[name], initial))

    def calibrated(self, name: str, lo: float, hi: float, bound: float = np.inf) -> Format:
        """The given format, if it holds lo and hi; else the finest with margin.

        Nothing beyond `bound` needs to be held.
        """
        lo, hi = max(lo, -bound), min(hi, bound)
        if name in self.given:
            return self.held(name, lo, hi)
        return Format.holding(self.bits, min(max(-lo, hi) * self.margin, bound))

    def held(self, name: str, lo: float, hi: float) -> Format:
        """The format given by hand, refused if it saturates lo or hi."""
        fmt = self.given[name]
        if not fmt.holds(lo, hi):
            would = Format.holding(fmt.width, max(-lo, hi), signed=fmt.signed or lo < 0)
            raise ValueError(
                f"Format of {self.layer.name}.{name} must hold {lo:.6g} to {hi:.6g}, which {fmt} "
                f"saturates; {would} would hold it"
            )
        return fmt

    def least_error(self, name: str, values: np.ndarray) -> Format:
        """The format of `weights` bits whose squared error over the values is least."""
        if name in self.given:
            return self.held(name, *span(values))
        largest = float(np.abs(values).max())
        width = self.bits if name == "p" else self.weights
        widest = Format.holding(width, largest)
        candidates = [Format(width, widest.frac + finer) for finer in range(4)]
        return min(candidates, key=lambda f: np.square(real(quantise(values, f), f) - values).sum())

    def bias_format(self, chosen: dict[str, Format]) -> Format:
        """As many fraction bits as the products, as few integer bits as the values need."""
        values = np.concatenate(list(self.layer.bias.values()))
        if "b" in self.given:
            return self.held("b", *span(values))
        frac = max(
            chosen[matrix_name(s)].frac + chosen[s].frac for s in self.layer.cell.source_names
        )
        with np.errstate(over="ignore"):
            largest = float(np.rint(np.ldexp(np.abs(values).max(), frac)))
        if largest >= 2.0**62:
            matrices = {
                matrix_name(s): chosen[matrix_name(s)] for s in self.layer.cell.source_names
            }
            finest = max(matrices, key=lambda name: matrices[name].frac)
            raise ValueError(
                f"{self.layer.name}.{finest} must not be so small beside b that products have "
                f"{frac} fraction bits; give it a format by hand"
            )
        return Format(Interval(frac, -int(largest), int(largest)).width if largest else 2, frac)
