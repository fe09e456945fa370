"""Drain: takes the sums of a group out of the lanes and hands them on unit by unit."""

from amaranth import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .arithmetic import delay

__all__ = ["Drain"]


class Drain(wiring.Component):
    """A shift register of a group's sums, and the count of the units that leave it.

    A unit is announced (`start`, `unit`) `lead` cycles before its sums stand at `sums`, so that
    the memories it needs can be read meanwhile. Units start one initiation interval apart.

    Parameters
    ----------
    units : int
        Units of the layer.
    parallel : int
        Units of a group.
    gates : list of str
    accumulator : int
        Width of a sum in bits, signed.
    interval : int
        Initiation interval of the cell pipeline, in cycles.
    lead : int
        Cycles from the announcement of a unit to its sums.

    Members
    -------
    run : the interval is counted; low until the first column is issued after reset
    group_end : a group ends in this cycle, with its last column beat
    acc : sums of the lanes; those of the group are there `lead` cycles after `group_end`
    ready : a group may end in this cycle
    start, unit : a unit is announced; its number
    sums : the sums of the unit announced `lead` cycles ago
    """

    def __init__(self, *, units, parallel, gates, accumulator, interval, lead):
        self.units, self.parallel, self.interval, self.lead = units, parallel, interval, lead
        unit = data.StructLayout(dict.fromkeys(gates, signed(accumulator)))
        super().__init__(
            {
                "run": In(1),
                "group_end": In(1),
                "acc": In(data.ArrayLayout(unit, parallel)),
                "ready": Out(1),
                "start": Out(1),
                "unit": Out(range(max(2, units))),
                "sums": Out(unit),
            }
        )

    def elaborate(self, platform):
        m = Module()
        left = Signal(range(self.parallel + 1))
        on_grid = 1
        if self.interval > 1:
            phase = Signal(range(self.interval))
            with m.If(self.run):
                m.d.sync += phase.eq(Mux(phase == self.interval - 1, 0, phase + 1))
            on_grid = phase == 0
        final = self.unit == self.units - 1
        m.d.comb += [
            self.start.eq((left != 0) & on_grid),
            self.ready.eq((left == 0) | (self.start & ((left == 1) | final))),
        ]
        with m.If(self.start):
            m.d.sync += [left.eq(left - 1), self.unit.eq(self.unit + 1)]
            with m.If(final):
                m.d.sync += [left.eq(0), self.unit.eq(0)]
        with m.If(self.group_end):
            m.d.sync += left.eq(self.parallel)

        load = delay(m, self.group_end, self.lead, name="load")
        shift = 1 if self.interval == 1 else delay(m, self.start, self.lead, name="shift")
        sums = Signal(self.acc.shape(), reset_less=True)
        with m.If(load):
            m.d.sync += sums.eq(self.acc)
        with m.Elif(shift):
            m.d.sync += [sums[k].eq(sums[k + 1]) for k in range(self.parallel - 1)]
        m.d.comb += self.sums.eq(sums[0])
        return m
