"""Packer: gathers the numbers of a step into beats of several columns."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Packer"]


class Packer(wiring.Component):
    """Between a layer and one that takes several columns a cycle.

    Parameters
    ----------
    element : Shape
    size : int
        Numbers of a step; what the last beat lacks is 0.
    columns : int
        Numbers a beat.

    Members
    -------
    i : stream of {data: number, first, last}
    o : stream of {data: array of numbers, first, last}; a beat leaves in the cycle in which its
        last number arrives
    """

    def __init__(self, element, *, size: int, columns: int):
        self.size, self.columns = size, columns
        flags = {"first": 1, "last": 1}
        beat = data.ArrayLayout(element, columns)
        super().__init__(
            {
                "i": In(stream.Signature(data.StructLayout({"data": element, **flags}))),
                "o": Out(stream.Signature(data.StructLayout({"data": beat, **flags}))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        place = Signal(range(max(2, self.columns)))
        number = Signal(range(max(2, self.size)))
        held = Signal(self.o.p.data.shape())
        ends = number == self.size - 1
        full = (place == self.columns - 1) | ends
        m.d.comb += [
            self.o.valid.eq(self.i.valid & full),
            self.i.ready.eq(self.o.ready | ~full),
            self.o.p.first.eq(self.i.p.first),
            self.o.p.last.eq(self.i.p.last),
        ]
        for c in range(self.columns):
            now = place == c
            m.d.comb += self.o.p.data[c].eq(Mux(now, self.i.p.data, held[c]))
            with m.If(self.i.valid & self.i.ready):
                m.d.sync += held[c].eq(Mux(full, 0, Mux(now, self.i.p.data, held[c])))
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                place.eq(Mux(full, 0, place + 1)),
                number.eq(Mux(ends, 0, number + 1)),
            ]
        return m
