"""What must always hold of the parts that streams pass through.

For each: valid held and payload stable until ready; nothing lost, nothing doubled, nothing
changed. Invariants that tie the registers of a part to those of its proof make it inductive.
"""

from abc import abstractmethod

from amaranth.hdl import Assert, Assume, Module, Mux, Signal, Value, signed
from amaranth.lib import data

from .prover import Proof

__all__ = ["ArgMaxProof", "InputBufferProof", "LastStepProof", "LimitProof", "PackerProof"]

NUMBER = signed(3)
PAYLOAD = data.StructLayout({"data": NUMBER, "first": 1, "last": 1})


class StreamProof(Proof):
    """From a part's stream `i`, whose source obeys the rules, to its stream `o`."""

    def properties(self, m: Module) -> None:
        i, o = self.part.i, self.part.o
        self.stable(m, i, "i", Assume)
        self.stable(m, o, "o", Assert)
        self.taken, self.given = Signal(), Signal()
        m.d.comb += [self.taken.eq(i.valid & i.ready), self.given.eq(o.valid & o.ready)]
        self.claims(m, i, o)

    @abstractmethod
    def claims(self, m: Module, i, o) -> None:
        """What is asserted of the numbers that pass."""

    def counted(self, m: Module, event, size: int, name: str) -> Signal:
        """How often something has happened, modulo `size`."""
        count = Signal(range(max(2, size)), name=f"counted_{name}")
        with m.If(event):
            m.d.sync += count.eq(Mux(count == size - 1, 0, count + 1))
        m.d.comb += Assert(count < size)
        return count


class LastStepProof(StreamProof):
    def claims(self, m, i, o):
        m.d.comb += [
            Assert(self.given == (self.taken & i.p.last)),
            Assert(~self.given | (Value.cast(i.payload) == Value.cast(o.payload))),
            Assert(i.ready | i.p.last),  # what is dropped waits for nobody
        ]


class LimitProof(StreamProof):
    def claims(self, m, i, o):
        size = self.part.beats
        place = self.counted(m, self.given, size, "beats")
        ends = place == size - 1
        owed = Signal()  # a sequence has ended, its step has not
        with m.If(self.given):
            m.d.sync += owed.eq((owed | (self.taken & i.p.last)) & ~ends)
        passes = (Value.cast(i.payload) == Value.cast(o.payload)) & ~owed
        adds = (o.p.data == 0) & ~o.p.first & o.p.last & owed
        broke = self.before(m, self.taken & i.p.last & ~ends, "broke")
        m.d.comb += [
            Assert(o.valid == (i.valid | owed)),
            Assert(~self.taken | (self.given & passes)),
            Assert(~self.given | self.taken | adds),
            Assert(self.part.error == (self.begun & broke)),
            Assert((self["beat"] == place) & (self["adds"] == owed)),
        ]


class PackerProof(StreamProof):
    def claims(self, m, i, o):
        size, columns = self.part.size, self.part.columns
        number = self.counted(m, self.taken, size, "numbers")
        column = self.constant(m, range(max(2, columns)), "column")
        seen, there = Signal(NUMBER), Signal()  # the number of that column, if it has come
        here = self["place"] == column
        with m.If(self.given):
            m.d.sync += there.eq(0)
        with m.Elif(self.taken & here):
            m.d.sync += [there.eq(1), seen.eq(i.p.data)]
        held = self["held"].word_select(column, NUMBER.width).as_signed()
        full = (self["place"] == columns - 1) | (number == size - 1)
        m.d.comb += [
            Assume(column < columns),
            Assert(self.given == (self.taken & full)),
            Assert(~self.given | (i.p.first == o.p.first) & (i.p.last == o.p.last)),
            Assert(~self.given | (o.p.data[column] == Mux(here, i.p.data, Mux(there, seen, 0)))),
            Assert(self["number"] == number),
            Assert(self["place"] == number % columns),
            Assert(held == Mux(there, seen, 0)),
            Assert(there == (column < self["place"])),
        ]


class ArgMaxProof(StreamProof):
    def claims(self, m, i, o):
        size = self.part.size
        number = self.counted(m, self.taken, size, "numbers")
        ends = number == size - 1
        due = Signal()  # a vector has come whose index has not left
        with m.If(self.taken & ends):
            m.d.sync += due.eq(1)
        with m.Elif(self.given):
            m.d.sync += due.eq(0)
        m.d.comb += [
            Assert(o.valid == due),
            Assert(~(self.taken & ends & due) | self.given),
            Assert(i.ready | ends),
            Assert(self["number"] == number),
            Assert((number == 0) | (self["winner"] < number)),
        ]
        # Of any two places a and b: if a wins, its number is the larger one, or as large and first.
        a, b = (self.constant(m, range(size), name) for name in "ab")
        m.d.comb += [Assume((a < size) & (b < size))]
        now = {}
        for name, place in (("a", a), ("b", b)):
            seen = Signal(NUMBER, name=f"seen_{name}")
            with m.If(self.taken & (number == place)):
                m.d.sync += seen.eq(i.p.data)
            now[name] = Mux(number == place, i.p.data, seen)
            past, best, winner = place < number, self["best"], self["winner"]
            m.d.comb += [
                Assert(~past | (best > seen) | (best == seen) & (winner <= place)),
                Assert(~past | (winner != place) | (best == seen)),
            ]
        right = Signal()
        flags = Signal(2)
        with m.If(self.taken & ends):
            m.d.sync += [
                right.eq((now["a"] > now["b"]) | ((now["a"] == now["b"]) & (a <= b))),
                flags.eq(i.p.first << 1 | i.p.last),
            ]
        m.d.comb += [
            Assert(~o.valid | (o.p.data != a) | right),
            Assert(~o.valid | (o.p.data < size)),
            Assert(~o.valid | ((o.p.first << 1 | o.p.last) == flags)),
        ]


class InputBufferProof(Proof):
    """The reader takes what is ready, and releases a step when all of it was taken."""

    def properties(self, m):
        part, beats = self.part, self.part.beats
        columns = part.columns
        self.stable(m, part.i, "i", Assume)
        accepted = part.i.valid & part.i.ready
        gone = Signal(range(beats + 1))  # beats of the step being read that were taken
        behind = gone + columns.take
        m.d.comb += [
            Assume(~columns.take | (columns.ready & (gone < beats))),
            Assume(~columns.drop | (part.complete & ~columns.take & (gone == 0) & part.release)),
            Assume(~part.release | columns.drop | (behind == beats)),
        ]
        with m.If(part.release):
            m.d.sync += gone.eq(0)
        with m.Else():
            m.d.sync += gone.eq(behind)
        held, credit, place = self["held"], self["credit"], self["write_beat"]
        m.d.comb += [
            Assert(held <= 2),
            Assert(credit <= 2 * beats),
            Assert((place < beats) & (gone <= beats)),
            # Nothing lost, nothing doubled: what came and was not taken yet.
            Assert(credit + gone == held * beats + place),
            # A step is never written over while it is read.
            Assert((self["write_bank"] ^ self["read_bank"]) == held[0]),
            Assert(~accepted | (held != 2)),
            Assert(part.begins == (accepted & (place == 0))),
            Assert(part.complete == (credit >= beats)),
        ]
