"""The families of units: their numbers, and the integer that they give for every input code.

Each has a twin of the same name in hwlstm.rtl.activation.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..fixed import Format, Interval
from .fit import Precision
from .layout import Layout
from .table import Table

__all__ = [
    "Clipped",
    "Direct",
    "Family",
    "Piecewise",
    "Saturating",
    "Shared",
    "aligned",
    "inner",
    "joint_factors",
    "joint_table",
]

ROWS_PER_CYCLE = 3
"""Rows of a multiplier in look-up tables between two registers."""

LEAST_USEFUL = (
    "magnitude",
    "image",
    "operands",
    "memory output",
    "slope",
    "table",
    "bend",
    "product",
    "sum",
    "output",
    "memory",
)
"""Registers in the order in which they are left out where a shorter latency is asked for; the last
is the one inside a block RAM, which is always there."""


@dataclass(frozen=True, eq=False)
class Family(ABC):
    """What all units share.

    Parameters
    ----------
    in_format : Format
    mirror : int or None
        The unit computes with the magnitude of its input, and gives ``mirror - y`` for negative
        ones; None: with the input itself. The magnitude of the most negative code, which has no
        mirror image, is that of its neighbour.
    """

    in_format: Format
    mirror: int | None

    def codes(self) -> np.ndarray:
        """The output for every input code, in order of the raw integers."""
        return self.evaluate(np.arange(self.in_format.lo, self.in_format.hi + 1))

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        """The output for input codes."""
        if self.mirror is None:
            return self.outputs(x)
        y = self.outputs(np.minimum(np.abs(x), self.in_format.hi))
        return np.where(x < 0, self.mirror - y, y)

    @abstractmethod
    def outputs(self, x: np.ndarray) -> np.ndarray:
        """The output for input codes, or for their magnitudes."""

    @property
    @abstractmethod
    def stages(self) -> tuple[str, ...]:
        """Where registers help, in the order in which a value meets them."""

    def registers(self, latency: int) -> frozenset[str]:
        """The stages that have one if the unit takes `latency` cycles."""
        order = sorted(self.stages, key=usefulness)
        return frozenset(order[len(order) - latency :])

    @property
    def magnitudes(self) -> np.ndarray:
        """What `outputs` is asked for in a unit that mirrors."""
        return np.arange(self.in_format.hi + 1)

    @property
    def kind(self) -> str:
        return type(self).__name__.lower()

    @cached_property
    def table(self) -> Table | None:
        """What stands in memory, if anything does."""
        return None

    @property
    def words(self) -> int:
        """Words of the table; 0 if there is none."""
        return self.table.words if self.table else 0

    @property
    def word_bits(self) -> int:
        return self.table.word_bits if self.table else 0

    @property
    def factors(self) -> tuple[int, int] | None:
        """Widths of the signed factors of the product in a DSP block; None if there is none."""
        return None

    @property
    def least_latency(self) -> int:
        return self.stages.count("memory")

    def folded(self, inner: tuple[str, ...]) -> tuple[str, ...]:
        return inner if self.mirror is None else ("magnitude", *inner, "image")


@dataclass(frozen=True, eq=False)
class Direct(Family):
    """A table of every output.

    Parameters
    ----------
    values : int64 array
        In order of the raw integers.
    block_ram : bool
        In block RAM; else in look-up tables.
    """

    values: np.ndarray
    block_ram: bool

    def outputs(self, x):
        return self.values[x - self.in_format.lo]

    @cached_property
    def layout(self) -> Layout:
        """One code a segment."""
        return Layout.uniform(self.in_format.width, self.in_format.signed, 0)

    @cached_property
    def table(self):
        return Table(((self.layout, (self.values,)),), self.block_ram)

    @property
    def stages(self):
        return ("memory", "memory output") if self.block_ram else ("table",)


@dataclass(frozen=True, eq=False)
class Piecewise(Family):
    """A line or a parabola for each segment.

    ``y = (a * 2**s + slope * t) >> g`` with ``slope = b + (c * (t >> drop) >> shift)``; t is the
    low `span` bits of the input.

    Parameters
    ----------
    layout : Layout
        Of the input, or of its magnitude.
    a, b, c : int64 arrays (segments,)
        c is 0 unless the precision has a quadratic term.
    precision : Precision
    span : int
        At least the bits of the longest segment.
    block_ram : bool
        The table is in block RAM; else in look-up tables.
    dsp : bool
        ``slope * t`` is made by a DSP block; else by look-up tables.
    """

    layout: Layout
    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    precision: Precision
    span: int
    block_ram: bool
    dsp: bool

    def outputs(self, x):
        k = self.layout.segment(x)
        t = x & (1 << self.span) - 1
        return self.precision.value(self.a[k], self.b[k], self.c[k], t) >> self.precision.g

    @property
    def quadratic(self) -> bool:
        return self.precision.drop is not None

    @cached_property
    def table(self):
        columns = (self.a, self.b, self.c) if self.quadratic else (self.a, self.b)
        return Table(((self.layout, columns),), self.block_ram)

    @property
    def kind(self):
        return "quadratic" if self.quadratic else "linear"

    @property
    def factors(self):
        if not self.dsp:
            return None
        slope = self.precision.slope(self.b, self.c, (1 << self.span) - 1)
        ends = np.concatenate([self.b, slope])
        return Interval(0, int(ends.min()), int(ends.max())).signed_width, self.span + 1

    @property
    def stages(self):
        table = ("memory", "memory output") if self.block_ram else ("table",)
        drop = self.precision.drop
        bend = () if drop is None else (*row_stages("bend", self.span - drop), "slope")
        product = ("operands", "product") if self.dsp else row_stages("product", self.span)
        return self.folded((*table, *bend, *product, "sum"))


def aligned(units: list[Piecewise]) -> list[Piecewise]:
    """The same lines with one precision and one span, so that one unit can hold their tables."""
    if len(units) < 2:
        return units
    g = max(unit.precision.g for unit in units)
    of_a = max(unit.precision.g - unit.precision.s for unit in units)
    span = max(unit.span for unit in units)
    return [realigned(unit, Precision(g, g - of_a), span) for unit in units]


def realigned(unit: Piecewise, to: Precision, span: int) -> Piecewise:
    """A finer precision, a longer span: bits that t gains are constant in a segment, and a takes
    their part of the product back. Exact, since a line's s is no more than its span."""
    p = unit.precision
    gained = unit.layout.starts & (1 << span) - (1 << unit.span)
    b = unit.b << to.g - p.g
    a = (unit.a << p.s + to.g - p.g) - b * gained >> to.s
    return replace(unit, a=a, b=b, precision=to, span=span)


@dataclass(frozen=True, eq=False)
class Shared(Family):
    """One function of a table that holds tanh, from which sigmoid also follows.

    ``sigmoid(x) = 1/2 + tanh(x/2)/2``: the core's input has one fraction bit more, so that both
    2x and x are codes of it, and its output, one ulp worth twice as much, is halved for sigmoid.

    Parameters
    ----------
    core : Piecewise
        From twice the input code (tanh) or the input code (sigmoid).
    sigmoid : bool
    one : int
        The number 1 in output ulp.
    """

    core: Piecewise
    sigmoid: bool
    one: int

    def outputs(self, x):
        if self.sigmoid:
            return self.core.evaluate(x) + self.one >> 1
        return self.core.evaluate(2 * x)

    @cached_property
    def table(self):
        return self.core.table

    @property
    def factors(self):
        return self.core.factors

    @property
    def stages(self):
        return (*self.core.stages, "output")


@dataclass(frozen=True, eq=False)
class Clipped(Family):
    """Straight lines by comparison: ``y = (slope * x + start) >> g`` of the piece that x is in.

    Parameters
    ----------
    first : tuple of int
        First code of each piece but the first, rising.
    slope, start : tuple of int
        One for each piece.
    g : int
    dsp : bool
        Products may be made by DSP blocks; else by sums of shifted inputs.
    """

    first: tuple[int, ...]
    slope: tuple[int, ...]
    start: tuple[int, ...]
    g: int
    dsp: bool

    def outputs(self, x):
        k = np.searchsorted(self.first, x, side="right")
        return np.array(self.slope)[k] * x + np.array(self.start)[k] >> self.g

    @property
    def stages(self):
        if self.factors:
            return self.folded(("operands", "product", "output"))
        rows = max(len(signed_digits(slope)) for slope in self.slope)
        return self.folded((*row_stages("product", rows), "output"))

    @property
    def factors(self):
        steep = [k for k in self.slope if len(signed_digits(k)) > 1]
        if not (self.dsp and steep):
            return None
        return Interval(
            0, min(steep), max(steep)
        ).signed_width, self.in_format.interval.signed_width


@dataclass(frozen=True, eq=False)
class Saturating(Family):
    """A unit with a narrower input of as many fraction bits, behind one that saturates."""

    inner: Family

    def outputs(self, x):
        return self.inner.evaluate(np.clip(x, self.inner.in_format.lo, self.inner.in_format.hi))

    @property
    def kind(self):
        return self.inner.kind

    @cached_property
    def table(self):
        return self.inner.table

    @property
    def factors(self):
        return self.inner.factors

    @property
    def stages(self):
        return self.inner.stages


def inner(unit: Family) -> Family:
    """What is behind a saturating input; the unit itself, where there is none."""
    return unit.inner if isinstance(unit, Saturating) else unit


def joint_factors(units: list[Family]) -> tuple[int, int] | None:
    """The factors of one unit that takes turns between these."""
    units = [inner(unit) for unit in units]
    lines = [unit for unit in units if isinstance(unit, Piecewise)]
    found = [unit.factors for unit in aligned(lines) or units if unit.factors]
    return (max(a for a, _ in found), max(b for _, b in found)) if found else None


def joint_table(units: list[Family]) -> Table | None:
    """What stands in the memory of one unit that takes turns between these; None: no memory."""
    units = [inner(unit) for unit in units]
    if isinstance(units[0], Shared):
        return units[0].table
    lines = [unit for unit in units if isinstance(unit, Piecewise)]
    tables = [unit.table for unit in aligned(lines) or units]
    found = [table for table in tables if table]
    return Table.joined(found) if found else None


def signed_digits(constant: int) -> list[tuple[int, int]]:
    """(place, -1 or 1) of the fewest signed digits that make a constant, the lowest first."""
    found, place = [], 0
    while constant:
        digit = 2 - constant % 4 if constant % 2 else 0
        if digit:
            found.append((place, digit))
        constant, place = (constant - digit) // 2, place + 1
    return found


def row_stages(name: str, rows: int) -> tuple[str, ...]:
    return tuple(f"{name} {k}" for k in range(-(-rows // ROWS_PER_CYCLE)))


def usefulness(stage: str) -> int:
    return LEAST_USEFUL.index(stage.rstrip("0123456789 "))
