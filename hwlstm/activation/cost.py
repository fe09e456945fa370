"""What a unit roughly takes: enough to put candidates in order, never a figure to report."""

from dataclasses import dataclass

from .families import Clipped, Direct, Family, Piecewise, Saturating, Shared
from .table import column_bits

__all__ = ["Cost", "blocks", "cost", "table_luts"]

BLOCK_SHAPES = ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1))
"""Words and bits of a block RAM (18 Kbit; those of iCE40 are a quarter)."""


@dataclass(frozen=True, order=True)
class Cost:
    """Hard blocks first: they are few."""

    hard: int
    luts: int


def cost(unit: Family) -> Cost:
    fold = 2 * unit.in_format.width if unit.mirror is not None else 0
    match unit:
        case Shared():
            return cost(unit.core)
        case Saturating():
            found = cost(unit.inner)
            return Cost(found.hard, found.luts + unit.inner.in_format.width)
        case Piecewise():
            return piecewise(unit, fold)
        case Direct() if unit.block_ram:
            return Cost(blocks(unit.words, unit.word_bits), 0)
        case Direct():
            return Cost(0, table_luts(unit.words, unit.word_bits))
        case Clipped():
            return Cost(unit.factors is not None, fold + 32 * len(unit.slope))
    raise TypeError(f"Unit must be of a known family, not {unit!r}")


def piecewise(unit: Piecewise, fold: int) -> Cost:
    bits = [column_bits(column) for column in unit.table.columns]
    words = unit.words
    span, p = unit.span, unit.precision
    hard = blocks(words, sum(bits)) if unit.block_ram else 0
    luts = fold if unit.block_ram else fold + table_luts(words, sum(bits))
    luts += bits[0] + (2 if unit.block_ram else 8) * (len(unit.layout.zones) - 1)
    if p.drop is not None:
        luts += bits[1] + bits[2] * (span - p.drop)
    if unit.dsp:
        return Cost(hard + 1, luts)
    return Cost(hard, luts + bits[1] * span)


def blocks(words: int, bits: int) -> int:
    """Block RAMs that a table takes."""
    if words * bits == 0:
        return 0
    return min(-(-words // depth) * -(-bits // width) for depth, width in BLOCK_SHAPES)


def table_luts(words: int, bits: int) -> int:
    """Four-input look-up tables of a table in logic."""
    return bits * max(1, words // 16)
