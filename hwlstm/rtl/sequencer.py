"""Sequencer: which column is multiplied in which cycle."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .buffers import ColumnPort

__all__ = ["Sequencer", "column_port"]


class Sequencer(wiring.Component):
    """Walks every group of units through every column: x first, then the states, oldest first.

    In the first group a beat waits until its source has it; later groups find everything there.
    The last beat of a group waits until the drain is free and the output has room for the
    group, so that nothing behind this point ever stalls.

    A closed group takes one cycle and no columns. The first open group of a step is the one that
    waits for its columns; closed ones before it wait for the whole input, and if no group opens
    the columns are dropped.

    Parameters
    ----------
    groups : int
    sources : dict
        Source name to (beats, columns a beat, shape of a column), in column order; "x" first.
    timed : bool
        Groups may be closed.

    Members
    -------
    read_SOURCE : column port of each source
    step_first, step_last : flags of the step, from the input buffer
    step_complete : all its input is there (if `timed`)
    group_ready : drain and output can take a group
    open_ready, open : the openness of the group is known; what it is (if `timed`)
    issue : a beat is issued; with it:
    word : address of its weights
    source : index of its source
    source_first : first beat of a source
    group_end : a group ends, with its last beat or closed
    step_end : last group of a step
    reset, last, parity : the step starts from the initial state; is the last; its parity
    release : the input of this step has been read for the last time
    """

    def __init__(self, *, groups: int, sources: dict[str, tuple], timed: bool = False):
        self.groups, self.timed = groups, timed
        self.beats = {name: beats for name, (beats, _, _) in sources.items()}
        self.depth = groups * sum(self.beats.values())
        ports = {
            column_port(name): Out(ColumnPort(beats=beats, columns=columns, column=column))
            for name, (beats, columns, column) in sources.items()
        }
        if timed:
            ports |= {"step_complete": In(1), "open_ready": In(1), "open": In(1)}
        super().__init__(
            {
                **ports,
                "step_first": In(1),
                "step_last": In(1),
                "group_ready": In(1),
                "issue": Out(1),
                "word": Out(range(max(2, self.depth))),
                "source": Out(range(max(2, len(sources)))),
                "source_first": Out(1),
                "group_end": Out(1),
                "step_end": Out(1),
                "reset": Out(1),
                "last": Out(1),
                "parity": Out(1),
                "release": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        beat = Signal(range(max(2, *self.beats.values())))
        group = Signal(range(max(2, self.groups)))
        opened = Signal()
        ready = Signal()
        ends = Signal()
        names = list(self.beats)
        allowed, skip = 1, 0
        if self.timed:
            allowed = self.open_ready & self.open
            whole = opened | self.step_complete
            skip = self.open_ready & ~self.open & self.group_ready & whole

        with m.Switch(self.source):
            for k, name in enumerate(names):
                port = getattr(self, column_port(name))
                # The first step of a sequence reads the initial state, which is always there.
                waits = ~opened if name == "x" else ~opened & ~self.reset
                with m.Case(k):
                    m.d.comb += [
                        ready.eq(port.ready | ~waits),
                        ends.eq(beat == self.beats[name] - 1),
                        port.take.eq(self.issue & ~opened),
                    ]
                m.d.comb += [port.beat.eq(beat), port.drop.eq(skip & self.step_end & ~opened)]
        at_x = self.source == 0
        last = ends & (self.source == len(names) - 1)
        m.d.comb += [
            self.source_first.eq(beat == 0),
            self.step_end.eq(group == self.groups - 1),
            self.issue.eq(allowed & ready & (self.group_ready | ~last)),
            self.group_end.eq(self.issue & last | skip),
            self.release.eq(self.step_end & (self.issue & at_x & ends | skip)),
        ]
        # The input may be released, and its flags replaced, before the step has ended.
        flags = Signal(2)
        m.d.comb += [
            self.reset.eq(Mux(at_x, self.step_first, flags[0])),
            self.last.eq(Mux(at_x, self.step_last, flags[1])),
        ]
        with m.If(self.issue & at_x):
            m.d.sync += flags.eq(self.step_first | self.step_last << 1)

        with m.If(self.issue):
            m.d.sync += [beat.eq(Mux(ends, 0, beat + 1)), self.word.eq(self.word + 1)]
            with m.If(ends):
                m.d.sync += self.source.eq(self.source + 1)
        if self.timed:
            with m.If(skip):
                m.d.sync += self.word.eq(self.word + self.depth // self.groups)
        with m.If(self.group_end):
            m.d.sync += [self.source.eq(0), group.eq(group + 1), opened.eq(opened | self.issue)]
            with m.If(self.step_end):
                m.d.sync += [group.eq(0), opened.eq(0), self.parity.eq(~self.parity)]
                m.d.sync += self.word.eq(0)
        return m


def column_port(source: str) -> str:
    """Name of the port that reads a column source."""
    return f"read_{source}"
