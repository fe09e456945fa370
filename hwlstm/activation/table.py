"""What stands in the memory of a unit, or in its look-up tables."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..fixed import Interval
from .layout import Layout

__all__ = ["Table", "column_bits"]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns over the segments of a layout; several of them when functions take turns.

    Parameters
    ----------
    parts : tuple of (Layout, tuple of int64 arrays (segments,))
    block_ram : bool
        In block RAM; else in look-up tables.
    """

    parts: tuple[tuple[Layout, tuple[np.ndarray, ...]], ...]
    block_ram: bool

    @property
    def address_bits(self) -> int:
        """Bits of the address within a part."""
        return max(len(layout.address) for layout, _ in self.parts)

    @property
    def words(self) -> int:
        return len(self.parts) << self.address_bits

    @cached_property
    def columns(self) -> tuple[np.ndarray, ...]:
        """Every word by address, column by column; words that no segment has are zero."""
        found = [np.zeros(self.words, np.int64) for _ in self.parts[0][1]]
        for k, (layout, columns) in enumerate(self.parts):
            address = (k << self.address_bits) + layout.addresses()
            for memory, column in zip(found, columns, strict=True):
                memory[address] = column
        return tuple(found)

    @property
    def word_bits(self) -> int:
        return sum(column_bits(column) for column in self.columns)

    @classmethod
    def joined(cls, tables: "list[Table]") -> "Table":
        return cls(tuple(part for table in tables for part in table.parts), tables[0].block_ram)


def column_bits(values: np.ndarray) -> int:
    """Width of the register that holds every value of a table column."""
    return Interval(0, int(values.min()), int(values.max())).width
