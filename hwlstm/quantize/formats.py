"""Choose a Format for every signal of a layer, and put its numbers into them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..activation import Activation, flat_beyond
from ..cells.graph import Node, leaf_format, operand_name
from ..cells.ranges import ranges
from ..devices import Device
from ..fixed import Format, Interval, quantise, real
from ..fixed_network import FixedLayer, aligned_columns, matrix_key
from ..network import Layer
from .by_hand import check_names
from .columns import Columns
from .numbers import filled
from .time_formats import time_formats
from .weights import RoundedWeights, rounded_weights
from .widths import factor_bits, squashings, too_wide, wide_factor

__all__ = ["Choice", "Signal", "span"]

TRIM = 2
"""Bits that x may lose; see Choice.trimmed_input."""

WIDEST = Format(64, 0)
UNKNOWN = WIDEST.interval
"""Range of a signal while its format is still being chosen."""

FAR, MOST_LIMIT = 2.0**20, 16.0
"""An activation has limits if it stays below MOST_LIMIT at +-FAR."""

UNBOUNDED = 2.0**60
"""A bound from here on comes from UNKNOWN and says nothing."""


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
    columns: Columns | None
    given: dict[str, Format]
    weights: int
    widths: dict[str, int]
    device: Device | None
    margin: float
    max_ulp: float
    resources: frozenset[str]
    shared: bool
    steps: int | None
    latest: float

    def fixed(self, x: Signal) -> FixedLayer:
        check_names(self.layer, self.given, x.fmt)
        given = {*self.given, *(["x"] if x.fmt else [])}
        how = "feedback" if self.columns else "nearest"
        while True:
            chosen, tables = self.chosen(x)
            narrower = too_wide(self.shifts(chosen), chosen, given, self.device)
            if not narrower:
                found = filled(self.rounded.layer, chosen, tables, how)
                narrower = wide_factor(found, given, self.device)
            if not narrower:
                return found
            self.widths = {**self.widths, **narrower}

    @cached_property
    def rounded(self) -> RoundedWeights:
        """The layer with its matrices in their formats."""
        return rounded_weights(self.layer, self.columns, self.given, self.weights, self.least_error)

    def chosen(self, x: Signal) -> tuple[dict[str, Format], dict[str, Activation]]:
        """Format of every signal, operand before result, and the activation tables."""
        chosen = {"x": x.fmt or self.calibrated("x", x.lo, x.hi), **self.rounded.formats}
        for name, parts in self.constants().items():
            chosen[name] = self.least_error(name, np.concatenate(parts), self.widths[name])
        if self.layer.cell.timed:
            chosen |= time_formats(self.layer, self.given, self.phase_bits, self.latest)
        tables = self.results(chosen)
        if x.fmt is None and "x" not in self.given:
            chosen["x"] = self.trimmed_input(chosen)
        chosen["b"] = self.bias_format(chosen)
        return chosen, tables

    def shifts(self, chosen: dict[str, Format]) -> dict[str, int]:
        """Column source to the left shift that aligns its products."""
        return aligned_columns(self.layer.name, self.layer.cell, chosen)[0]

    @property
    def phase_bits(self) -> int:
        """Unsigned, so a bit less than a factor may have."""
        return min(self.widths["phi"], factor_bits(self.device) - 1)

    def constants(self) -> dict[str, list[np.ndarray]]:
        """Format of what each unit has one number of, to those numbers."""
        found: dict[str, list[np.ndarray]] = {}
        for leaf, values in self.layer.vectors.items():
            found.setdefault(leaf_format(leaf), []).append(values)
        return found

    def trimmed_input(self, chosen: dict[str, Format]) -> Format:
        """x without the bits that its products have more than those of the states.

        They would shift the states, and the column broadcast with every multiplier behind it
        would be as many bits wider. At most TRIM bits.
        """
        cell = self.layer.cell
        shifts = self.shifts(chosen)
        summed = [s for q in cell.gate_names if "x" in cell.sources(q) for s in cell.sources(q)]
        x, surplus = chosen["x"], min(max(shifts[s] for s in summed) - shifts["x"], TRIM)
        if surplus <= 0 or x.width <= 2 * TRIM + surplus:
            return x
        return Format(x.width - surplus, x.frac - surplus, x.signed)

    def results(self, chosen: dict[str, Format]) -> dict[str, Activation]:
        """Formats of every name of the graph, and the activation tables."""
        graph = self.layer.cell.graph
        results = dict.fromkeys(graph.names.values(), UNKNOWN)
        tables: dict[str, Activation] = {}
        for node in graph.live():
            name = graph.names.get(node)
            if name is None:
                continue
            if node.is_table:
                operand = chosen[operand_name(graph, node.args[0])]
                out = self.result_format(node, operand)
                tables[name] = self.activation(node, operand, out)
                chosen[name], results[name] = out, tables[name].result
            else:
                turns = self.turns(name)
                bound = np.inf if turns else self.bound(node, chosen, results)
                names = turns or [name]
                lo, hi = zip(*map(self.reach, names), strict=True)
                bound = min(bound, max(map(self.flat, names)))
                if name == self.layer.cell.hold:
                    hi, bound = (*hi, 1.0), np.inf  # 1 is where the gate is quite open
                chosen[name] = self.calibrated(name, min(lo), max(hi), bound)
                if self.steps and name not in self.given:
                    chosen[name] = self.grown(node, chosen, results) or chosen[name]
        return tables

    def turns(self, name: str) -> list[str]:
        """The pre-activations that have one format, if `name` is among them: see `shared`."""
        activations = self.layer.cell.graph.activations.values()
        alike = [
            operand
            for function, operand in activations
            if function.name in ("sigmoid", "tanh") and operand.startswith("pre_")
        ]
        return alike if self.shared and name in alike else []

    def activation(self, node: Node, operand: Format, out: Format) -> Activation:
        graph = self.layer.cell.graph
        shared = self.turns(operand_name(graph, node.args[0]))
        try:
            return Activation(
                node.attr,
                operand,
                out,
                max_ulp=self.max_ulp,
                resources=self.resources,
                family="shared" if shared else None,
            )
        except ValueError as error:
            raise type(error)(f"{self.layer.name}.{graph.names[node]}: {error}") from None

    def result_format(self, node: Node, operand: Format) -> Format:
        """The format of an activation's result.

        A function with limits has one that holds those, but for the last place, where it stops.
        """
        name = self.layer.cell.graph.names[node]
        far = node.attr(np.array([-FAR, FAR]))
        ends = node.attr(real(np.array([operand.lo, operand.hi]), operand))
        lo, hi = self.reach(name)
        if np.abs(far).max() < MOST_LIMIT:
            largest = max(np.abs(far).max(), -lo, hi)
        else:
            largest = min(max(-lo, hi) * self.margin, max(np.abs(ends).max(), -lo, hi))
        first, last = self.started(name)
        if name not in self.given:
            bits = self.widths[name]
            nearly = largest * (1 - 2.0 ** (1 - bits))
            return Format.holding(bits, max(nearly, -first, last))
        below = self.given[name].step
        lo, hi = max(lo, -largest + below), min(hi, largest - below)
        return self.held(name, min(lo, first), max(hi, last))

    def flat(self, name: str) -> float:
        """Where an operand of activations alone may saturate without a change behind them."""
        found, bits = squashings(self.layer.cell.graph, name), self.widths
        outs = {g: self.given.get(g, Format(bits[g], bits[g] - 1)) for g in found}
        return max((flat_beyond(f, outs[gate]) for gate, f in found.items()), default=np.inf)

    def grown(self, node: Node, chosen, results) -> Format | None:
        """For a state that only adds to itself, the format that holds `steps` such steps."""
        graph = self.layer.cell.graph
        name = graph.names[node]
        before = next((arg for arg in node.args if repr(arg) == f"prev.{name}"), None)
        if node.op != "add" or before is None:
            return None
        (added,) = (arg for arg in node.args if arg is not before)
        once = self.bound(added, chosen, results)
        start = float(np.abs(self.layer.initial[name]).max())
        finest = Format.holding(self.widths[name], max(once, start))
        width = finest.width + (self.steps - 1).bit_length() + (start > 0)
        return Format(width, finest.frac)

    def bound(self, node: Node, chosen, results) -> float:
        """Largest magnitude that the node can reach by the formats chosen so far."""
        graph = self.layer.cell.graph
        known = ("p.", "parameter.", "time.")
        leaves = {
            leaf: chosen[leaf_format(leaf)].interval if leaf.startswith(known) else UNKNOWN
            for leaf in graph.leaves
        }
        exact = ranges(graph, lambda name: chosen.get(name, WIDEST), leaves, results)[node]
        value = float(np.ldexp(float(exact.magnitude), -exact.frac))
        return value if value < UNBOUNDED else np.inf

    def reach(self, name: str) -> tuple[float, float]:
        """Smallest and largest calibrated value, initial state included."""
        (lo, hi), (first, last) = span(self.trace[name]), self.started(name)
        return min(lo, first), max(hi, last)

    def started(self, name: str) -> tuple[float, float]:
        """Smallest and largest initial state; what is no state needs to hold none."""
        return span(self.layer.initial[name]) if name in self.layer.initial else (np.inf, -np.inf)

    def calibrated(self, name: str, lo: float, hi: float, bound: float = np.inf) -> Format:
        """The given format, if it holds lo and hi; else the finest with margin.

        Nothing beyond `bound` needs to be held, nor that but for the last place, where it stops;
        an initial state does.
        """
        first, last = self.started(name)
        if name in self.given:
            most = bound - self.given[name].step
            return self.held(name, min(max(lo, -most), first), max(min(hi, most), last))
        bits = self.widths[name]
        computed = min(max(-lo, hi) * self.margin, bound * (1 - 2.0 ** (1 - bits)))
        return Format.holding(bits, max(computed, -first, last))

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

    def least_error(self, name: str, values: np.ndarray, width: int) -> Format:
        """The format of `width` bits whose squared error over the values is least."""
        given = self.given.get(name)
        width = given.width if given else width
        largest = float(np.abs(values).max())
        widest = Format.holding(width, largest)
        candidates = [Format(width, widest.frac + finer) for finer in range(4)]
        best = min(candidates, key=lambda f: np.square(real(quantise(values, f), f) - values).sum())
        # What would be chosen may clip an outlier; any other format by hand may not.
        return best if given in (None, best) else self.held(name, *span(values))

    def bias_format(self, chosen: dict[str, Format]) -> Format:
        """As many fraction bits as the products, as few integer bits as the values need."""
        values = np.concatenate(list(self.rounded.layer.bias.values()))
        if "b" in self.given:
            return self.held("b", *span(values))
        cell = self.layer.cell
        frac = max(aligned_columns(self.layer.name, cell, chosen)[1].values())
        with np.errstate(over="ignore"):
            largest = float(np.rint(np.ldexp(np.abs(values).max(), frac)))
        if largest >= 2.0**62:
            keys = {matrix_key(chosen, q, s) for q in cell.gate_names for s in cell.sources(q)}
            finest = max(sorted(keys, reverse=True), key=lambda name: chosen[name].frac)
            raise ValueError(
                f"{self.layer.name}.{finest} must not be so small beside b that products have "
                f"{frac} fraction bits; give it a format by hand"
            )
        return Format(Interval(frac, -int(largest), int(largest)).width if largest else 2, frac)
