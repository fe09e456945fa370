"""Piecewise units: sizes found by exact feasibility, coefficients likewise."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from .cost import blocks, cost
from .demand import Admissible, Demand
from .families import ROWS_PER_CYCLE, Piecewise
from .fit import Fit, Precision, Run, fit
from .layout import Layout, Zone

__all__ = ["linear", "quadratic"]

MOST_SEGMENTS = 1 << 14
MOST_ZONES = 5

LEAST_BENT = 2
"""Bits of the shortest segment that a parabola is worth."""
MOST_ALIKE = 4
MOST_HALVINGS = 6

WORD_BITS = 36
"""Of a line, roughly; a block RAM has 512 of them."""

LINES = sorted(
    ((slope, start) for start in range(7) for slope in range(start + 1)),
    key=lambda extra: (extra[1], extra[0]),
)
"""Fraction bits tried: those of b beyond the bits of t, and those of a.

With no more of the first than of the second the mirror image of a segment has an integer a.
"""


@dataclass(frozen=True)
class Shape:
    """How a unit looks before it has coefficients.

    Parameters
    ----------
    demand : Demand
    folded : bool
        The unit computes with the magnitude.
    quadratic : bool
    """

    demand: Demand
    folded: bool
    quadratic: bool

    @property
    def mirrored(self) -> bool:
        """Negative segments are the images of the positive ones."""
        return self.demand.mirror is not None and not self.folded

    @property
    def admissible(self) -> Admissible:
        if self.folded:
            return self.demand.magnitudes
        return self.demand.beyond if self.mirrored else self.demand.whole

    @property
    def signed(self) -> bool:
        return self.demand.in_format.signed and not self.folded

    @property
    def width(self) -> int:
        """Bits that are addressed."""
        return self.demand.in_format.width - self.folded

    def spans(self, layout: Layout) -> list[tuple[int, int, int]]:
        """(first code, segments, bits of a segment) that are solved for, in rising order."""
        above = [
            (start, count, zone.bits)
            for zone, (start, count) in zip(layout.zones, layout.positive, strict=True)
        ]
        if self.mirrored or not self.signed:
            return above
        below = [(-start - (count << bits), count, bits) for start, count, bits in above]
        return below[::-1] + above

    def run(self, first: int, count: int, bits: int, span: int) -> Run:
        own = self.admissible
        at = (first + np.arange(count << bits)).reshape(count, -1)
        k = at - own.first
        return Run(own.exact[k], own.lo[k], own.hi[k], at & (1 << span) - 1)

    def solved(self, layout: Layout, precision: Precision) -> Fit | None:
        """Coefficients of every segment of the layout, or None."""
        demand, spans = self.demand, self.spans(layout)
        runs = [self.run(*each, layout.span) for each in spans]
        knots = None
        if self.mirrored or demand.direction:
            own = self.admissible
            starts = [first + (np.arange(count) << bits) for first, count, bits in spans]
            k = np.minimum(
                np.append(np.concatenate(starts), BEHIND_THE_LAST) - own.first, len(own.lo) - 1
            )
            knots = own.lo[k], own.hi[k]
        found = fit(runs, knots, precision, closed=self.mirrored, direction=demand.direction)
        if found is None or not (self.mirrored and self.signed):
            return found
        unit = 1 << precision.g
        image = ((demand.mirror + 1) * unit - (found.b << layout.span) >> precision.s) - found.a
        a, b = np.append(image[::-1], found.a), np.append(found.b[::-1], found.b)
        return Fit(a, b, np.zeros_like(a))

    def longest(self, first: int, codes: int) -> int:
        """Bits of the longest equal segments into which codes from `first` on, and their mirror
        image if it is not given, can be divided; -1 if there are none."""
        low, high = -1, codes.bit_length() - 1
        while low < high:
            bits = (low + high + 1) // 2
            if all(
                fit([self.run(start, codes >> bits, bits, bits)], None, self.ideal(bits))
                for start in self.sides(first, codes)
            ):
                low = bits
            else:
                high = bits - 1
        return low

    def sides(self, first: int, codes: int) -> list[int]:
        both = self.signed and not self.mirrored
        return [first, -first - codes] if both else [first]

    def ideal(self, bits: int) -> Precision:
        """Finer than any unit will need."""
        g = bits + 6
        return Precision(g, 0, 0, bits) if self.quadratic else Precision(g, 0)


BEHIND_THE_LAST = 1 << 40
"""Code of the last knot; what is known of it is what is known of the last code."""


def zoned(shape: Shape, most_zones: int) -> Iterator[Layout]:
    """Layouts of one zone, of two, ..., each with the longest segments that its zones allow."""
    magnitude = shape.width - shape.signed
    outer: list[Zone] = []
    for _ in range(min(most_zones, magnitude)):
        top = magnitude - len(outer)
        bits = shape.longest(0, 1 << top)
        if bits < 0:
            return
        yield Layout(shape.width, shape.signed, (Zone(top, bits), *outer))
        last = shape.longest(1 << top - 1, 1 << top - 1)
        if last <= bits:
            return
        outer.insert(0, Zone(top, last))


def padded(shape: Shape, layout: Layout) -> Layout:
    """As many segments as addresses: what is spare makes the longest segments shorter."""
    while True:
        spare = (1 << (layout.segments - 1).bit_length()) - layout.segments
        by_length = sorted(enumerate(layout.zones), key=lambda pair: -pair[1].bits)
        for k, zone in by_length:
            more = layout.positive[k][1] << layout.signed
            if zone.bits and more <= spare:
                break
        else:
            return layout
        layout = refined(layout, [k])


def refined(layout: Layout, which: Iterable[int]) -> Layout:
    """Segments half as long in some zones."""
    zones = tuple(
        replace(zone, bits=zone.bits - (k in which)) for k, zone in enumerate(layout.zones)
    )
    return replace(layout, zones=zones)


def linear(demand: Demand) -> Iterator[Piecewise | None]:
    """Lines: in block RAM indexed by the input itself; in look-up tables by its magnitude."""
    folded = demand.mirror is not None and not demand.block_ram
    shape = Shape(demand, folded, quadratic=False)
    layouts = sorted(candidates(shape), key=lambda each: room(shape, each))
    for _, alike in itertools.groupby(layouts, key=lambda each: room(shape, each)):
        fewest = sorted(alike, key=lambda each: (len(each.zones), -each.segments))
        found = [lines(shape, layout) for layout in fewest[:MOST_ALIKE]]
        yield from sorted(filter(None, found), key=cost)
    yield None


def candidates(shape: Shape) -> dict[Layout, None]:
    """The layouts that the function allows, and those with shorter segments.

    A block RAM that is there can as well be full: shorter segments need fewer bits.
    """
    found: dict[Layout, None] = {}
    for layout in zoned(shape, MOST_ZONES):
        layout = padded(shape, layout)
        least = room(shape, layout)
        for _ in range(MOST_HALVINGS):
            if layout.segments > MOST_SEGMENTS or room(shape, layout) > 4 * least:
                break
            found[layout] = None
            if not min(zone.bits for zone in layout.zones):
                break
            layout = refined(layout, range(len(layout.zones)))
    return found


def room(shape: Shape, layout: Layout) -> int:
    """Block RAMs, or words in look-up tables."""
    words = 1 << len(layout.address)
    return blocks(words, WORD_BITS) if shape.demand.block_ram else words


def lines(shape: Shape, layout: Layout) -> Piecewise | None:
    """Coefficients with as few fraction bits as there may be."""
    for slope, start in LINES:
        g = layout.span + slope
        precision = Precision(g, g - start)
        if start <= g and (found := shape.solved(layout, precision)):
            return unit(shape, layout, found, precision)
    return None


def unit(shape: Shape, layout: Layout, found: Fit, precision: Precision) -> Piecewise:
    demand = shape.demand
    return Piecewise(
        in_format=demand.in_format,
        mirror=demand.mirror if shape.folded else None,
        layout=layout,
        a=found.a,
        b=found.b,
        c=found.c,
        precision=precision,
        span=layout.span,
        block_ram=demand.block_ram,
        dsp=demand.dsp and layout.span > ROWS_PER_CYCLE,  # few rows are faster in look-up tables
    )


def quadratic(demand: Demand) -> Iterator[Piecewise | None]:
    """Parabolas over equal segments."""
    folded = demand.mirror is not None
    shape = Shape(demand, folded, quadratic=True)
    longest = shape.longest(0, 1 << shape.width - shape.signed)
    for bits in range(longest, max(longest - 2, LEAST_BENT - 1), -1):
        layout = Layout.uniform(shape.width, shape.signed, bits)
        best = shrunk(shape, layout)
        yield unit(shape, layout, *best) if best else None


def shrunk(shape: Shape, layout: Layout) -> tuple[Fit, Precision] | None:
    """Start from precise coefficients, and take bits away one by one while a fit is left."""
    bits = layout.span
    sizes = {"g": bits + 4, "a": min(bits + 4, 5), "t": min(bits, 8), "c": min(bits, 8) + 1}
    found = shape.solved(layout, parabola(bits, **sizes))
    if not found:
        return None
    best = found, parabola(bits, **sizes)
    for name in itertools.chain.from_iterable(itertools.repeat(("g", "t", "c", "a"), 5)):
        fewer = sizes | {name: sizes[name] - 1}
        if fewer["a"] < 0 or fewer["t"] < 1 or fewer["g"] < fewer["a"] or fewer["c"] < 0:
            continue
        found = shape.solved(layout, parabola(bits, **fewer))
        if found:
            sizes, best = fewer, (found, parabola(bits, **fewer))
    return best


def parabola(bits: int, g: int, a: int, t: int, c: int) -> Precision:
    """g fraction bits, a of them in a; t bits of t bend the slope; c of c's bits are fraction."""
    return Precision(g, g - a, bits - t, c)
