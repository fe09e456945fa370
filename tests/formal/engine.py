"""What must always hold of the credits of an engine, whatever comes, leaves, opens or waits.

Each credit is what its capacity lacks of all that is on its way: in the sequencer, in the drain,
in the cell pipeline, in the queue. These identities are inductive, and the bounds follow.
"""

from amaranth.hdl import Assert, Module, Mux, Signal, Value, signed

from hwlstm.rtl.engine import Engine

from .prover import Proof

__all__ = ["EngineProof"]

WIDE = signed(12)


class EngineProof(Proof):
    """Numbers are counted in `WIDE`, in which nothing here wraps."""

    def __init__(self, plan, kind: type = Engine):
        super().__init__(kind(plan))
        self.plan = plan

    def properties(self, m: Module) -> None:
        self.stable(m, self.part.o, "o", Assert)
        self.sequencer(m)
        self.drain(m)
        self.input(m)
        for source in self.plan.layer.recurrent_sources:
            self.state(m, source)
        self.output(m)
        if self.plan.guarded:
            self.guard(m)

    def number(self, m: Module, value, name: str) -> Signal:
        found = Signal(WIDE, name=name)
        m.d.comb += found.eq(value)
        return found

    def sequencer(self, m: Module) -> None:
        """Where in the step it stands; `ended`: units of it whose group has ended."""
        plan, names = self.plan, list(self.plan.beats)
        self.beat, self.group = self["sequencer.beat"], self["sequencer.group"]
        self.source, self.opened = self["sequencer.source"], self["sequencer.opened"]
        self.ended = self.number(m, self.group * plan.parallel, "ended")
        begun = (self.beat != 0) | (self.source != 0)
        is_open = 1
        if plan.time_gate:
            is_open = self["time_gate.group_ready"] & self["time_gate.group_open"]
        m.d.comb += [
            Assert(self.group < plan.groups),
            Assert(self.source < len(names)),
            Assert(~self.opened | (self.group != 0)),
            Assert(~begun | is_open),
            Assert(self.opened | (self.group == 0) | bool(plan.time_gate)),
        ]
        for k, name in enumerate(names):
            m.d.comb += Assert((self.source != k) | (self.beat < plan.beats[name]))

    def taken(self, k: int):
        """Beats of source k that this step has taken."""
        beats = list(self.plan.beats.values())[k]
        return Mux(self.opened | (self.source > k), beats, Mux(self.source == k, self.beat, 0))

    def drain(self, m: Module) -> None:
        """`left`: units that were reserved and not announced."""
        units, unit, left = self.plan.layer.units, self["drain.unit"], self["drain.left"]
        self.left = self.number(m, Mux(left > units - unit, units - unit, left), "left")
        wraps = (self.group == 0) & (self.left != 0)
        m.d.comb += [
            Assert(unit < units),
            Assert(left <= self.plan.parallel),
            Assert(unit + self.left == Mux(wraps, units, self.ended)),
        ]

    def flying(self, cycle: int):
        """Units that were reserved and have not passed the given cycle after the announcement."""
        return self.left + sum(Value.cast(self[f"unit_{k}"])[-1] for k in range(1, cycle + 1))

    def input(self, m: Module) -> None:
        beats, held = self.plan.beats["x"], self["input.held"]
        released = (self.group == self.plan.groups - 1) & (self.source != 0)
        credit, place = self["input.credit"], self["input.write_beat"]
        gone = self.number(m, Mux(released, 0, self.taken(0)), "gone_x")
        m.d.comb += [
            Assert((held <= 2) & (place < beats)),
            Assert(credit <= 2 * beats),
            Assert(credit + gone == held * beats + place),
            Assert(self["input.i__ready"] == (held != 2)),
        ]

    def state(self, m: Module, source: str) -> None:
        """Below 0 only for what a step that starts anew has skipped, and never out of range."""
        plan = self.plan
        k, beats = list(plan.beats).index(source), plan.beats[source]
        written = plan.unit_cycle + plan.schedule.latency(source)
        credit = self[f"state_{source}.credit"]
        assert plan.columns == 1, "the identity counts units, which are beats only there"
        # Closed groups may fill the growing bank before the step has read the other one.
        banks = 2 if plan.time_gate else 1
        on_way = self.number(m, self.flying(written), f"on_way_{source}")
        gone = self.number(m, self.taken(k), f"gone_{source}")
        m.d.comb += [
            Assert(credit + on_way + gone == beats + self.ended),
            Assert(credit <= beats * banks),
            Assert(credit >= -beats * plan.steps_in_flight),
        ]

    def output(self, m: Module) -> None:
        plan, depth = self.plan, self.plan.fifo_depth
        made = plan.unit_cycle + plan.schedule.latency(plan.layer.output)
        room, inner, shown = self["room"], self["output.inner_level"], self["output.r_rdy"]
        on_way = self.number(m, self.flying(made), "on_way_output")
        m.d.comb += [
            Assert(room <= depth),
            Assert(room + on_way + inner + shown == depth),
            Assert(inner < depth),
            Assert(shown | (inner <= 1)),
            # The queue has room for every number that comes: none is lost.
            Assert(~Value.cast(self[f"unit_{made}"])[-1] | (inner != depth - 1)),
        ]

    def guard(self, m: Module) -> None:
        settled = self.flying(self.plan.unit_cycle + self.plan.settled)
        m.d.comb += [
            Assert(self["flying"] == self.number(m, settled, "unsettled")),
            Assert(self["flying"] <= self.plan.layer.units),
        ]
