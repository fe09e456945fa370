"""ArgMax: the index of the largest number of a vector."""

from amaranth import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["ArgMax"]


class ArgMax(wiring.Component):
    """Behind the last layer: one class index a vector; the first one on a tie.

    Parameters
    ----------
    element : Shape
    size : int
        Numbers of a vector.

    Members
    -------
    i : stream of {data: number, first, last}
    o : stream of {data: index, first, last}, one cycle after the last number
    """

    def __init__(self, element, *, size: int):
        self.size = size
        flags = {"first": 1, "last": 1}
        index = range(max(2, size))
        super().__init__(
            {
                "i": In(stream.Signature(data.StructLayout({"data": element, **flags}))),
                "o": Out(stream.Signature(data.StructLayout({"data": index, **flags}))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        number = Signal(range(max(2, self.size)))
        best = Signal(self.i.p.data.shape(), reset_less=True)
        winner = Signal.like(number)
        ends = number == self.size - 1
        better = (number == 0) | (self.i.p.data > best)
        free = ~self.o.valid | self.o.ready
        m.d.comb += self.i.ready.eq(free | ~ends)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += number.eq(number + 1)
            with m.If(better):
                m.d.sync += [best.eq(self.i.p.data), winner.eq(number)]
            with m.If(ends):
                m.d.sync += [
                    number.eq(0),
                    self.o.valid.eq(1),
                    self.o.p.data.eq(winner),
                    self.o.p.first.eq(self.i.p.first),
                    self.o.p.last.eq(self.i.p.last),
                ]
                with m.If(better):
                    m.d.sync += self.o.p.data.eq(number)
        return m
