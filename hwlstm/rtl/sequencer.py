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

    Parameters
    ----------
    groups : int
    sources : dict
        Source name to (beats, columns a beat, shape of a column), in column order; "x" first.

    Members
    -------
    read_SOURCE : column port of each source
    step_first, step_last : flags of the step, from the input buffer
    group_ready : drain and output can take a group
    issue : a beat is issued; with it:
    word : address of its weights
    source : index of its source
    group_first, group_last : first and last beat of a group
    step_end : last group of a step
    reset, last, parity : the step starts from the initial state; is the last; its parity
    release : the input of this step has been read for the last time
    """

    def __init__(self, *, groups: int, sources: dict[str, tuple]):
        self.groups = groups
        self.beats = {name: beats for name, (beats, _, _) in sources.items()}
        self.depth = groups * sum(self.beats.values())
        ports = {
            column_port(name): Out(ColumnPort(beats=beats, columns=columns, column=column))
            for name, (beats, columns, column) in sources.items()
        }
        super().__init__(
            {
                **ports,
                "step_first": In(1),
                "step_last": In(1),
                "group_ready": In(1),
                "issue": Out(1),
                "word": Out(range(max(2, self.depth))),
                "source": Out(range(max(2, len(sources)))),
                "group_first": Out(1),
                "group_last": Out(1),
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
        opening = group == 0
        ready = Signal()
        ends = Signal()
        names = list(self.beats)

        with m.Switch(self.source):
            for k, name in enumerate(names):
                port = getattr(self, column_port(name))
                # The first step of a sequence reads the initial state, which is always there.
                waits = opening if name == "x" else opening & ~self.reset
                with m.Case(k):
                    m.d.comb += [
                        ready.eq(port.ready | ~waits),
                        ends.eq(beat == self.beats[name] - 1),
                        port.take.eq(self.issue & opening),
                    ]
                m.d.comb += port.beat.eq(beat)
        at_x = self.source == 0
        m.d.comb += [
            self.group_first.eq(at_x & (beat == 0)),
            self.group_last.eq(ends & (self.source == len(names) - 1)),
            self.step_end.eq(group == self.groups - 1),
            self.issue.eq(ready & (self.group_ready | ~self.group_last)),
            self.release.eq(self.issue & self.step_end & at_x & ends),
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
            with m.If(self.group_last):
                m.d.sync += [self.source.eq(0), group.eq(group + 1)]
                with m.If(self.step_end):
                    m.d.sync += [group.eq(0), self.word.eq(0), self.parity.eq(~self.parity)]
        return m


def column_port(source: str) -> str:
    """Name of the port that reads a column source."""
    return f"read_{source}"
