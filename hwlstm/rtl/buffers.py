"""The two column sources of the engine: the input of the step, and a state of the step before.

Both deliver one beat of columns a cycle and say by credits which beats exist already.
"""

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from .arithmetic import shape

__all__ = ["ColumnPort", "InputBuffer", "StateBuffer"]


class ColumnPort(wiring.Signature):
    """How the sequencer reads a column source.

    Members
    -------
    beat : which beat of the source; the data follow one cycle later
    take : the beat counts as consumed (it is issued in the first open group)
    drop : all beats of the step count as consumed (none is issued)
    ready : the next beat exists
    data : array of columns
    """

    def __init__(self, *, beats: int, columns: int, column):
        super().__init__(
            {
                "beat": Out(range(max(2, beats))),
                "take": Out(1),
                "drop": Out(1),
                "ready": In(1),
                "data": In(data.ArrayLayout(column, columns)),
            }
        )


class InputBuffer(wiring.Component):
    """Two steps of input: one being multiplied, one being filled.

    Parameters
    ----------
    beats : int
        Beats a step.
    columns : int
        Elements a beat.
    element : Interval
        Range of an element.

    Members
    -------
    i : stream of {data, first, last}; `first` counts on the first beat of a step (start from
        the initial state), `last` on its last beat (the sequence ends)
    columns : column port
    release : the step has been read for the last time
    begins : the first beat of a step is accepted
    complete : every beat of the step is there that is read next, and none of it was taken
    first, last : flags of the step being read; `first` is valid with its first beat, `last`
        with its last one

    Latency: a beat can be issued in the cycle after it was accepted.
    """

    def __init__(self, *, beats: int, columns: int, element):
        self.beats = beats
        column = shape(element)
        payload = data.StructLayout(
            {"data": data.ArrayLayout(column, columns), "first": 1, "last": 1}
        )
        super().__init__(
            {
                "i": In(stream.Signature(payload)),
                "columns": In(ColumnPort(beats=beats, columns=columns, column=column)),
                "release": In(1),
                "begins": Out(1),
                "complete": Out(1),
                "first": Out(1),
                "last": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        beat_bits = max(1, ceil_log2(self.beats))
        layout = self.i.p.data.shape()
        m.submodules.memory = mem = memory.Memory(shape=layout, depth=2 << beat_bits, init=[])
        write, read = mem.write_port(), mem.read_port()

        write_bank = Signal()
        read_bank = Signal()
        write_beat = Signal(beat_bits)
        held = Signal(range(3))
        credit = Signal(range(2 * self.beats + 1))
        flags = Signal(data.ArrayLayout(data.StructLayout({"first": 1, "last": 1}), 2))
        accept = self.i.valid & self.i.ready
        filled = accept & (write_beat == self.beats - 1)

        m.d.comb += [
            self.i.ready.eq(held != 2),
            write.addr.eq(Cat(write_beat, write_bank)),
            write.data.eq(self.i.p.data),
            write.en.eq(accept),
            read.addr.eq(Cat(self.columns.beat[:beat_bits], read_bank)),
            self.columns.data.eq(read.data),
            self.columns.ready.eq(credit != 0),
            self.begins.eq(accept & (write_beat == 0)),
            self.complete.eq(credit >= self.beats),
            # Not flags[read_bank], a shift by read_bank * 2: yosys 0.70 makes that a wrong netlist.
            self.first.eq(Mux(read_bank, flags[1].first, flags[0].first)),
            self.last.eq(Mux(read_bank, flags[1].last, flags[0].last)),
        ]
        m.d.sync += [
            held.eq(held + filled - self.release),
            credit.eq(credit + accept - taken(self.columns, self.beats)),
        ]
        with m.If(accept):
            m.d.sync += [write_beat.eq(write_beat + 1), flags[write_bank].last.eq(self.i.p.last)]
            with m.If(write_beat == 0):
                m.d.sync += flags[write_bank].first.eq(self.i.p.first)
        with m.If(filled):
            m.d.sync += [write_beat.eq(0), write_bank.eq(~write_bank)]
        with m.If(self.release):
            m.d.sync += read_bank.eq(~read_bank)
        return m


class StateBuffer(wiring.Component):
    """A state as column source: the step before in one bank, the next one growing in the other.

    A third bank holds the initial state; the first step of a sequence reads it. Credits count
    the beats written and not yet consumed. Every step consumes its credits, also the first one
    of a sequence, which does not wait for them: so the count may run below zero until the
    abandoned state has been written.

    Parameters
    ----------
    units : int
    columns : int
        Elements a beat.
    element : Interval
        Range of an element.
    initial : sequence of int
        Raw initial state, `units` numbers.
    in_flight : int
        Steps that can be between issue and write at once.

    Members
    -------
    columns : column port
    parity : parity of the step being read
    initial : the step reads the initial state
    write, write_unit, write_parity, write_data : one unit of the step being computed

    Latency: a beat can be issued in the cycle after its last unit was written.
    """

    def __init__(self, *, units: int, columns: int, element, initial, in_flight: int):
        self.units, self.elements, self.initial_state = units, columns, list(initial)
        self.beats = -(-units // columns)
        self.in_flight = in_flight
        column = shape(element)
        super().__init__(
            {
                "columns": In(ColumnPort(beats=self.beats, columns=columns, column=column)),
                "parity": In(1),
                "initial": In(1),
                "write": In(1),
                "write_unit": In(range(max(2, units))),
                "write_parity": In(1),
                "write_data": In(column),
            }
        )

    def elaborate(self, platform):
        m = Module()
        lane_bits = ceil_log2(self.elements)
        beat_bits = max(1, ceil_log2(self.beats))
        read_addr = Cat(self.columns.beat[:beat_bits], ~self.parity & ~self.initial, self.initial)
        for c in range(self.elements):
            start = self.initial_state[c :: self.elements]
            mem = memory.Memory(
                shape=self.write_data.shape(),
                depth=(2 << beat_bits) + self.beats,
                init=[0] * (2 << beat_bits) + start,
            )
            m.submodules[f"memory_{c}"] = mem
            write, read = mem.write_port(), mem.read_port()
            here = self.write_unit[:lane_bits] == c if lane_bits else 1
            m.d.comb += [
                write.addr.eq(Cat((self.write_unit >> lane_bits)[:beat_bits], self.write_parity)),
                write.data.eq(self.write_data),
                write.en.eq(self.write & here),
                read.addr.eq(read_addr),
                self.columns.data[c].eq(read.data),
            ]
        last_lane = self.write_unit[:lane_bits].all() if lane_bits else 1
        complete = self.write & (last_lane | (self.write_unit == self.units - 1))
        span = self.beats * self.in_flight
        credit = Signal(signed(span.bit_length() + 1), init=self.beats)
        m.d.sync += credit.eq(credit + complete - taken(self.columns, self.beats))
        m.d.comb += self.columns.ready.eq(credit > 0)
        return m


def taken(columns, beats: int):
    """Beats that the sequencer consumes in this cycle."""
    return Mux(columns.drop, beats, columns.take)
