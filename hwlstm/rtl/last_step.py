"""LastStep: of every sequence, only the last step passes."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["LastStep"]


class LastStep(wiring.Component):
    """Between layers: drops what belongs to any step but the last.

    Parameters
    ----------
    payload : StructLayout
        With a field `last`.

    Members
    -------
    i, o : streams of `payload`. Combinational.
    """

    def __init__(self, payload):
        super().__init__({"i": In(stream.Signature(payload)), "o": Out(stream.Signature(payload))})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += [
            self.o.p.eq(self.i.p),
            self.o.valid.eq(self.i.valid & self.i.p.last),
            self.i.ready.eq(self.o.ready | ~self.i.p.last),
        ]
        return m
