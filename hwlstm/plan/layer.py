"""LayerPlan: how one layer becomes an engine. Sizes, memory layout, latencies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral

import numpy as np

from ..activation import joint_factors, joint_table
from ..fixed import Interval
from ..fixed_network import FixedLayer
from .schedule import Operation, Schedule, schedule
from .time_gate import TimeGatePlan

__all__ = [
    "ADDRESS_TO_OPERANDS",
    "LayerPlan",
    "bank",
    "lane_latency",
    "rom_bits",
    "state_words",
    "vector_name",
]

ADDRESS_TO_OPERANDS = 2
"""Cycles from a column's issue to the operands at the lanes: memory, its output register."""


@dataclass(frozen=True, eq=False)
class LayerPlan:
    """The engine of one layer.

    Parameters
    ----------
    layer : FixedLayer
    parallel : int
        Units computed at once, each with all its gates.
    columns : int
        Columns multiplied per cycle and lane: 1, 2, 4 or 8.
    interval : int
        Initiation interval of the cell pipeline, in cycles.
    parts : dict or None
        Multipliers and activation units of the cell pipeline; see `schedule`.
    """

    layer: FixedLayer
    parallel: int
    columns: int = 1
    interval: int = 1
    parts: Mapping[str, int] | None = None
    schedule: Schedule = field(init=False, repr=False)

    def __post_init__(self):
        layer = self.layer
        for what in ("parallel", "columns", "interval"):
            if not isinstance(getattr(self, what), Integral):
                raise TypeError(
                    f"{layer.name}: {what} must be an integer, not {getattr(self, what)!r}"
                )
        if not 1 <= self.parallel <= layer.units:
            raise ValueError(
                f"{layer.name}: units in parallel must be 1 to {layer.units}, the units of the "
                f"layer, not {self.parallel!r}"
            )
        if self.columns not in (1, 2, 4, 8):
            raise ValueError(
                f"{layer.name}: columns per cycle must be 1, 2, 4 or 8, not {self.columns!r}"
            )
        object.__setattr__(self, "schedule", schedule(layer, self.interval, self.parts))

    @cached_property
    def time_gate(self) -> TimeGatePlan | None:
        """Of a timed layer."""
        gate = self.layer.time_gate
        return TimeGatePlan(gate, self.layer.units, self.parallel) if gate else None

    @property
    def stamped(self) -> bool:
        """True if every step brings its time."""
        return self.layer.time_gate is not None and self.layer.time_gate.stamped

    @property
    def gates(self) -> list[str]:
        return self.layer.cell.gate_names

    @cached_property
    def lane_gates(self) -> list[list[str]]:
        """The gates of a unit, lane by lane: gates that read their sources one after the other
        take turns on one lane."""
        order = self.layer.cell.source_names
        lanes: list[list[str]] = []
        ends: list[int] = []
        for gate in self.gates:
            reads = [order.index(source) for source in self.layer.cell.sources(gate)]
            for k, end in enumerate(ends):
                if end < min(reads):
                    lanes[k].append(gate)
                    ends[k] = max(reads)
                    break
            else:
                lanes.append([gate])
                ends.append(max(reads))
        return lanes

    def first_source(self, gate: str) -> str:
        """The source whose first column starts the sum of a gate."""
        return min(self.layer.cell.sources(gate), key=self.layer.cell.source_names.index)

    @property
    def groups(self) -> int:
        return -(-self.layer.units // self.parallel)

    @property
    def last_group(self) -> int:
        """Units of the last group."""
        return self.layer.units - (self.groups - 1) * self.parallel

    @cached_property
    def beats(self) -> dict[str, int]:
        """Column source to its beats, in the order in which they are multiplied."""
        layer = self.layer
        return {s: -(-layer.size(s) // self.columns) for s in layer.cell.source_names}

    @property
    def group_beats(self) -> int:
        """Beats of one group: a beat is `columns` columns, one cycle."""
        return sum(self.beats.values())

    @property
    def depth(self) -> int:
        """Words of the weight memory: beats of one step."""
        return self.groups * self.group_beats

    @property
    def lanes(self) -> int:
        return self.parallel * len(self.lane_gates)

    @property
    def lane_multipliers(self) -> int:
        return self.lanes * self.columns

    @property
    def multipliers(self) -> int:
        """Multipliers of lanes and cell pipeline."""
        return self.lane_multipliers + self.schedule.multipliers

    def blocks(self, bits: tuple[int, int]) -> int:
        """Multiplier blocks of a device whose operands have at most `bits`, signed."""
        lanes = self.lane_multipliers * product_blocks(self.weight_bits, self.column_bits, bits)
        return lanes + sum(
            product_blocks(*factor_bits(operations, self.layer), bits)
            for operations in self.schedule.units.values()
            if self.schedule.multiplies(operations[0])
        )

    @property
    def weight_bits(self) -> int:
        return self.layer.weight.signed_width

    @property
    def column_bits(self) -> int:
        """Width of the column broadcast, signed."""
        return self.layer.column.signed_width

    @cached_property
    def accumulator_bits(self) -> int:
        """Width of a lane's accumulator, signed: holds the sum of any gate."""
        return max(span.signed_width for span in self.layer.accumulators.values())

    @property
    def lead(self) -> int:
        """Cycles from the announcement of a unit to its sums at the drain."""
        return ADDRESS_TO_OPERANDS + lane_latency(self.columns)

    @property
    def unit_cycle(self) -> int:
        """Cycles from the announcement of a unit to cycle 0 of its cell pipeline."""
        return self.lead + 1

    @property
    def latency(self) -> int:
        """L of the cycle law: cycles between the last column of a group and the first column
        that can use its first unit."""
        sources = self.layer.recurrent_sources or [self.layer.output]
        return self.unit_cycle + 1 + max(map(self.schedule.latency, sources))

    @property
    def settled(self) -> int:
        """The cycle of the cell pipeline from which on a unit reads and writes no memory."""
        written = {*self.layer.cell.previous, *self.layer.recurrent_sources}
        ends = [self.schedule.latency(state) for state in written]
        return max([*ends, *self.schedule.arrival.values()], default=0)

    @property
    def guarded(self) -> bool:
        """True if a group may be ready before the states of the step before are: if it need not
        wait for columns, or if a state is written later than those."""
        if self.time_gate:
            return True
        columns = [self.schedule.latency(source) for source in self.layer.recurrent_sources]
        return bool(self.layer.cell.previous) and self.settled > max(columns, default=-1)

    @property
    def steps_in_flight(self) -> int:
        """Steps that can be between the issue of a column and the write of its unit."""
        least = self.depth if self.time_gate is None else self.layer.units * self.interval
        return -(-(self.latency + self.parallel * self.interval) // least) + 2

    @property
    def fifo_depth(self) -> int:
        """Output numbers that may wait: enough that a ready consumer never causes a stall."""
        spacing = self.parallel * self.interval
        if self.time_gate is None:
            spacing = max(self.group_beats, spacing)
        made = self.unit_cycle + 1 + self.schedule.latency(self.layer.output)
        in_flight = -(-(made + self.parallel * self.interval + 4) // spacing)
        return self.parallel * (in_flight + 1)

    @cached_property
    def weights(self) -> np.ndarray:
        """Raw weights (depth, parallel, lanes of a unit, columns): what the lanes read, beat by
        beat.

        A row that the last group does not have, and a column that the last beat does not have,
        is 0; so is a source that no gate of the lane reads.
        """
        layer, lanes = self.layer, []
        for gates in self.lane_gates:
            parts = []
            for source, beats in self.beats.items():
                reader = next((layer.weights[q] for q in gates if source in layer.weights[q]), {})
                padded = np.zeros(
                    (self.groups * self.parallel, beats * self.columns), dtype=np.int64
                )
                if source in reader:
                    rows, columns = reader[source].shape
                    padded[:rows, :columns] = reader[source]
                shape = (self.groups, self.parallel, beats, self.columns)
                parts.append(padded.reshape(shape).transpose(0, 2, 1, 3))
            lanes.append(np.concatenate(parts, axis=1))
        stacked = np.stack(lanes, axis=3)
        return stacked.reshape(self.depth, self.parallel, len(lanes), self.columns)

    @cached_property
    def words(self) -> list[int]:
        """The weight memory, word by word, the first weight in the lowest bits."""
        mask, words = (1 << self.weight_bits) - 1, []
        for row in self.weights.reshape(self.depth, -1).tolist():
            word = 0
            for value in reversed(row):
                word = word << self.weight_bits | value & mask
            words.append(word)
        return words

    @cached_property
    def memories(self) -> dict[str, tuple[int, int]]:
        """Memory to (words, bits a word)."""
        layer, formats = self.layer, self.layer.formats
        found = {"weights": (self.depth, self.lane_multipliers * self.weight_bits)}
        found["bias"] = (layer.units, sum(rom_bits(v) for v in layer.bias.values()))
        for leaf in self.schedule.arrival:
            if leaf in layer.vectors:
                found[vector_name(leaf)] = (layer.units, rom_bits(layer.vectors[leaf]))
        found["x"] = (2 * bank(self.beats["x"]), self.columns * formats["x"].width)
        for source in layer.recurrent_sources:
            words = 2 * bank(self.beats[source]) + self.beats[source]
            found[source] = (words, self.columns * formats[source].width)
        for name in layer.cell.previous:
            found[f"prev_{name}"] = (state_words(layer.units), formats[name].width)
        if self.time_gate:
            found |= self.time_gate.memories
        found["output"] = (self.fifo_depth, formats[layer.output].width + 2)
        for name, operations in self.schedule.units.items():
            tables = {layer.tables[op.table]: None for op in operations if op.table}
            table = joint_table([each.unit for each in tables]) if tables else None
            if table and table.block_ram:
                found[f"table_{name}"] = (table.words, table.word_bits)
        return found


def lane_latency(columns: int) -> int:
    """Cycles from operands to their sum: operands, product, adder tree, accumulator."""
    return 3 + (columns - 1).bit_length()


def bank(words: int) -> int:
    """Words of a bank that an address bit selects."""
    return 1 << max(1, (words - 1).bit_length())


def state_words(units: int) -> int:
    """Words of a state of the step before: a bank, and the initial state behind it."""
    return bank(units) + units


def vector_name(leaf: str) -> str:
    """The memory of a number for every unit: p_i for p.i."""
    return leaf.replace(".", "_")


def rom_bits(values: np.ndarray) -> int:
    """Width of a memory of signed constants."""
    return Interval(0, int(values.min()), int(values.max())).signed_width


def product_blocks(a: int, b: int, bits: tuple[int, int]) -> int:
    """Blocks that a signed a x b bit product takes: one if it fits, else a grid of parts."""
    return min(-(-a // m) * -(-b // n) for m, n in (bits, bits[::-1]))


def factor_bits(operations: list[Operation], layer: FixedLayer) -> tuple[int, int]:
    """Widths of the two signed operands of a shared multiplier, or of a table's."""
    if operations[0].table:
        tables = dict.fromkeys(layer.tables[op.table] for op in operations)
        return joint_factors([table.unit for table in tables])
    spans = [[op.operands[k].value.interval for op in operations] for k in (0, 1)]
    a, b = (max(span.signed_width for span in factor) for factor in spans)
    return a, b
