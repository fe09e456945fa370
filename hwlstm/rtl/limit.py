"""Limit: what enters the network is whole, whatever the source sends."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Limit"]


class Limit(wiring.Component):
    """Completes a sequence that ends in the middle of a step, and reports it.

    A sequence is broken if its last beat is not the last one of a step. The beats that the step
    lacks follow from here, all 0 and marked as last: so the broken sequence is answered as if its
    source had sent those zeros, its result ends where it should, and the next sequence begins with
    a step of its own. What is taken is passed on in the same cycle; only the missing beats keep
    the source waiting.

    Parameters
    ----------
    payload : StructLayout
        With a field `last`; an added beat is 0 in all others.
    beats : int
        Beats of a step. No sequence of steps of one beat is broken: then nothing is built.

    Members
    -------
    i, o : streams of `payload`; combinational, but no ready depends on a valid or a payload
    error : high for one cycle, the one after the last beat of a broken sequence was taken
    """

    def __init__(self, payload, *, beats: int):
        self.beats = beats
        super().__init__(
            {
                "i": In(stream.Signature(payload)),
                "o": Out(stream.Signature(payload)),
                "error": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        beat = Signal(range(max(2, self.beats)))
        adds = Signal()
        ends = beat == self.beats - 1 if self.beats > 1 else 1
        breaks = ~adds & self.i.p.last & ~ends
        m.d.comb += [
            self.o.valid.eq(self.i.valid | adds),
            self.i.ready.eq(self.o.ready & ~adds),
            self.o.p.eq(self.i.p),
        ]
        with m.If(adds):
            m.d.comb += [self.o.p.eq(0), self.o.p.last.eq(1)]
        m.d.sync += self.error.eq(0)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [
                beat.eq(Mux(ends, 0, beat + 1)),
                adds.eq(breaks | (adds & ~ends)),
                self.error.eq(breaks),
            ]
        return m
