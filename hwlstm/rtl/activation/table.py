"""A table in block RAM or in look-up tables, addressed by segment."""

import numpy as np
from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.hdl import Shape, Value
from amaranth.lib import data, memory
from amaranth.utils import ceil_log2

from ...activation.layout import Layout, Source
from ...activation.table import Table
from ...fixed import Interval
from ..arithmetic import shape
from .pipeline import Live, Pipeline

__all__ = ["look_up"]


def look_up(m: Module, pipe: Pipeline, live: Live, table: Table) -> dict[str, Value]:
    """Replace `x` by the columns of its segment in the part selected: column_0, column_1, ..."""
    live = dict(live)
    select = live.pop("select")[: ceil_log2(len(table.parts))]
    x, address = live.pop("x"), Signal(table.address_bits)
    with m.Switch(select):
        for k, (layout, _) in enumerate(table.parts):
            with m.Case(k):
                m.d.comb += address.eq(address_bits(layout, x))
    address = Cat(address, select)
    shapes = {
        f"column_{k}": shape(Interval(0, int(column.min()), int(column.max())))
        for k, column in enumerate(table.columns)
    }
    if not table.block_ram:
        columns = zip(table.columns, shapes.items(), strict=True)
        found = {name: gates(column, of, address) for column, (name, of) in columns}
        return pipe("table", {**live, **found})
    rows = zip(*(column.tolist() for column in table.columns), strict=True)
    m.submodules.memory = mem = memory.Memory(
        shape=data.StructLayout(shapes),
        depth=table.words,
        init=[dict(zip(shapes, row, strict=True)) for row in rows],
        attrs={"ram_style": "block"},
    )
    read = mem.read_port()
    m.d.comb += read.addr.eq(address)
    live = pipe("memory", live)
    return pipe("memory output", {**live, **{name: read.data[name] for name in shapes}})


def gates(column: np.ndarray, of: Shape, address: Value) -> Value:
    """A column without a memory: each of its bits picks from a constant.

    Synthesis makes a tenth fewer look-up tables of that than of a memory or a switch.
    """
    bits = [
        Const(sum((int(v) >> k & 1) << n for n, v in enumerate(column)), len(column))
        for k in range(of.width)
    ]
    picked = Cat(*(bit.bit_select(address, 1) for bit in bits))
    return picked.as_signed() if of.signed else picked


def address_bits(layout: Layout, x: Value) -> Value:
    """Bits of x and the codes of the zones; see Layout."""
    inside = [within(layout, zone.top, x) for zone in layout.zones[:-1]]
    bits = []
    for sources in layout.address:
        bit = source_bit(sources[-1], x)
        for inner, source in zip(reversed(inside), reversed(sources[:-1]), strict=True):
            bit = Mux(inner, source_bit(source, x), bit)
        bits.append(bit)
    return Cat(*bits)


def within(layout: Layout, top: int, x: Value) -> Value:
    """True if x lies in the zones up to the one with this top."""
    above = x[top : layout.width]
    return (above.all() | ~above.any()) if layout.signed else ~above.any()


def source_bit(source: Source, x: Value) -> Value:
    return Const(source.constant, 1) if source.bit is None else x[source.bit]
