"""Which segment an input code falls into, and how few gates it takes to address it.

Around zero the segments are shortest; outside they double in each octave. A *zone* holds the
codes x with ``-2**top <= x < 2**top`` that no zone inside it holds: their top bits are all equal
down to `top`. Its segments are `2**bits` codes long and the bits of x above them are their index,
sign included: there is no absolute value.

The address of a segment is a permutation of bits of x: each zone has a prefix code, and a bit of
x keeps its place in every zone that leaves the place free. Most of the address is wire.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["Layout", "Source", "Zone"]


@dataclass(frozen=True)
class Zone:
    top: int
    bits: int


@dataclass(frozen=True)
class Source:
    """What drives one bit of an address in one zone: a bit of x, or a constant (bit None)."""

    bit: int | None
    constant: int = 0


@dataclass(frozen=True)
class Layout:
    """Zones from the inside to the outside.

    Parameters
    ----------
    width : int
        Bits of the input.
    signed : bool
    zones : tuple of Zone
        The last one's top is the number of magnitude bits.
    """

    width: int
    signed: bool
    zones: tuple[Zone, ...]

    @classmethod
    def uniform(cls, width: int, signed: bool, bits: int) -> "Layout":
        """All segments 2**bits codes long."""
        return cls(width, signed, (Zone(width - signed, bits),))

    @property
    def span(self) -> int:
        """Bits of t, the low bits of x that multiply the slope: those of the longest segment.

        Shorter segments see the same bits; the upper ones are constant there and cost nothing.
        """
        return max(zone.bits for zone in self.zones)

    @cached_property
    def positive(self) -> list[tuple[int, int]]:
        """(first code, number of segments) of each zone, at and above zero."""
        found, start = [], 0
        for zone in self.zones:
            end = 1 << zone.top
            found.append((start, (end - start) >> zone.bits))
            start = end
        return found

    @cached_property
    def starts(self) -> np.ndarray:
        """First code of every segment, from the lowest code to the highest."""
        above = np.concatenate(
            [
                start + (np.arange(count) << zone.bits)
                for zone, (start, count) in zip(self.zones, self.positive, strict=True)
            ]
        )
        if not self.signed:
            return above
        ends = np.append(above[1:], 1 << self.zones[-1].top)
        return np.concatenate([-ends[::-1], above])

    @property
    def segments(self) -> int:
        return len(self.starts)

    def segment(self, codes: np.ndarray) -> np.ndarray:
        """Index of the segment of each code, counted from the lowest code."""
        return np.searchsorted(self.starts, codes, side="right") - 1

    @cached_property
    def address(self) -> tuple[tuple[Source, ...], ...]:
        """For each bit of the address, lowest first, its source in each zone."""
        depths = [count.bit_length() - 1 for _, count in self.positive]
        width = (sum(1 << depth for depth in depths) - 1).bit_length()
        codes = prefix_codes(depths, width)
        low = self.zones[0].bits
        places: list[list[Source | None]] = [[None] * width for _ in self.zones]
        order = [width - 1, *range(width - 1)]
        for zone, depth, code, row in zip(self.zones, depths, codes, places, strict=True):
            for place, bit in zip(order, code, strict=False):
                row[place] = Source(None, bit)
            waiting = []
            for bit in range(zone.bits, zone.bits + depth):
                if bit - low in range(width) and row[bit - low] is None:
                    row[bit - low] = Source(bit)
                else:
                    waiting.append(bit)
            for place in range(width):
                if row[place] is None:
                    row[place] = Source(waiting.pop(0)) if waiting else Source(None, 0)
        sign = [tuple(Source(self.width - 1) for _ in self.zones)] if self.signed else []
        return (*zip(*places, strict=True), *sign)

    def addresses(self) -> np.ndarray:
        """The address of every segment, in the order of `starts`."""
        starts = self.starts
        mirrored = np.where(starts < 0, ~starts, starts)
        zone = np.searchsorted([1 << z.top for z in self.zones], mirrored, side="right")
        found = np.zeros(len(starts), np.int64)
        for place, sources in enumerate(self.address):
            for k, source in enumerate(sources):
                bit = source.constant if source.bit is None else starts >> source.bit & 1
                found |= np.where(zone == k, bit, 0) << place
        return found


def prefix_codes(depths: list[int], width: int) -> list[tuple[int, ...]]:
    """A prefix code for each zone; the deeper the zone the shorter its code."""
    codes: list[tuple[int, ...]] = [()] * len(depths)
    free = 0
    for zone in sorted(range(len(depths)), key=lambda zone: -depths[zone]):
        length = width - depths[zone]
        value = free >> depths[zone]
        codes[zone] = tuple(value >> k & 1 for k in range(length - 1, -1, -1))
        free += 1 << depths[zone]
    return codes
