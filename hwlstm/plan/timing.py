"""Predict the cycle of every beat and every output of an engine.

The recurrences of the hardware in (max, +) arithmetic: an event happens one cycle after the
latest of the events that it waits for. The simulation must measure exactly these cycles.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .layer import LayerPlan

__all__ = ["EngineTimes", "StepTimes", "cycles_per_step", "open_groups", "open_share"]

TIMED_STEPS = 1000

LONG_AGO = 1 << 40

QUEUE = 2
"""Cycles from the write of a number into the output queue to its appearance behind it."""


@dataclass(frozen=True)
class StepTimes:
    """Cycles of one step.

    Attributes
    ----------
    accepted : list of int
        When each beat of x was taken from the input stream.
    issued : list of list of int
        Group by group, when each column beat was issued; none of a closed group.
    ends : list of int
        Group by group, when it ended.
    outputs : list of int
        When each number of the output left, unit by unit.
    """

    accepted: list[int]
    issued: list[list[int]]
    ends: list[int]
    outputs: list[int]


class EngineTimes:
    """An engine between two steps: the cycles of the last events of each kind.

    Parameters
    ----------
    plan : LayerPlan
    """

    def __init__(self, plan: LayerPlan):
        self.plan = plan
        self.phase: int | None = None
        self.issued = self.accepted = self.announced = -1
        self.released = [-1, -1]
        self.written: dict[str, list[int]] = {}
        self.settled: list[int] = []
        self.left: list[int] = []
        self.reserved = 0
        self.walked = -LONG_AGO

    def step(
        self,
        offered: list[int],
        reset: bool,
        is_open: list[bool] | None = None,
        taken: list[int] | None = None,
    ) -> StepTimes:
        """Times of the next step.

        Parameters
        ----------
        offered : list of int
            Cycle in which the source offers each beat of x (it then waits).
        reset : bool
            The step starts from the initial state, so it does not wait for the step before.
        is_open : list of bool
            Whether each group of a timed layer is open.
        taken : list of int
            From which cycle on the consumer takes each number; it is always ready if not given.
        """
        self.taken = taken or [0] * self.plan.layer.units
        plan, done = self.plan, len(self.left)
        accepted = self._accept(offered)
        exists = self._exist(accepted, reset)
        if plan.time_gate:
            self.walked = max(accepted[0] + 1, self.walked + plan.time_gate.turn)
        groups, ends, units, opened = [], [], [], False
        for group, opens in enumerate(is_open or [True] * plan.groups):
            size = self._size(group)
            known, landed = self._known(group, size), self._landed(size)
            if opens:
                waits = [0] * plan.group_beats if opened else exists
                groups.append(self._issue([max(known, waits[0]), *waits[1:]], landed))
            else:
                complete = 0 if opened else accepted[-1] + 1
                self.issued = self._pass(max(self.issued + 1, known, landed, complete))
                groups.append([])
            opened |= opens
            ends.append(self.issued)
            units += self._announce(size)
        self.released.append(groups[-1][plan.beats["x"] - 1] if groups[-1] else ends[-1])
        self._write(units)
        return StepTimes(accepted, groups, ends, self.left[done:])

    def _known(self, group: int, size: int) -> int:
        """From when on the openness of a group is known."""
        gate = self.plan.time_gate
        if gate is None:
            return 0
        last = group * self.plan.parallel + size - 1
        return max(self.walked + last + gate.latency + QUEUE, self.issued + 1)

    def _landed(self, size: int) -> int:
        """From when on every unit of a group has its states of the step before."""
        before = len(self.settled) + size - 1 - self.plan.layer.units
        return self.settled[before] + 1 if self.plan.guarded and before >= 0 else 0

    def _size(self, group: int) -> int:
        """Units of a group."""
        return self.plan.last_group if group == self.plan.groups - 1 else self.plan.parallel

    def _exist(self, accepted: list[int], reset: bool) -> list[int]:
        """When each column beat of a step can first be issued."""
        exists = [cycle + 1 for cycle in accepted]
        for source in self.plan.layer.recurrent_sources:
            waits = [] if reset else self.written[source]
            exists += [cycle + 1 for cycle in waits] or [0] * self.plan.beats[source]
        return exists

    def _write(self, units: list[int]) -> None:
        """When the last unit of every beat of the states is written."""
        plan = self.plan
        for source, beats in plan.beats.items():
            if source != "x":
                offset = plan.unit_cycle + plan.schedule.latency(source)
                last = [min((k + 1) * plan.columns, len(units)) - 1 for k in range(beats)]
                self.written[source] = [units[n] + offset for n in last]

    def _accept(self, offered: list[int]) -> list[int]:
        """One beat a cycle, as soon as the step before the last has been read."""
        free = self.released.pop(0) + 1
        accepted = []
        for cycle in offered:
            self.accepted = max(cycle, self.accepted + 1, free)
            accepted.append(self.accepted)
        return accepted

    def _issue(self, exists: list[int], landed: int) -> list[int]:
        """One beat a cycle, as soon as it exists; the last one as soon as the group has room."""
        beats = []
        for n, cycle in enumerate(exists):
            self.issued = max(self.issued + 1, cycle)
            if n == self.plan.group_beats - 1:
                self.issued = self._pass(max(self.issued, landed))
            beats.append(self.issued)
            if self.phase is None:
                self.phase = beats[0] + 1
        return beats

    def _pass(self, cycle: int) -> int:
        """The cycle from `cycle` on in which drain and output can take a group."""
        missing = self.reserved + self.plan.parallel - self.plan.fifo_depth
        room = self.left[missing - 1] + 1 if missing > 0 else 0
        found = max(cycle, self.announced, room)
        if self.phase is None:
            self.phase = found + 1
        return found

    def _announce(self, size: int) -> list[int]:
        """Cycle in which each unit of a group is announced.

        On the grid of the interval, which counts from the first beat ever issued.
        """
        interval = self.plan.interval
        first = self.issued + 1
        first += (self.phase - first) % interval
        starts = [first + k * interval for k in range(size)]
        self.announced = starts[-1]
        self.settled += [start + self.plan.unit_cycle + self.plan.settled for start in starts]
        self._leave(starts, size)
        return starts

    def _leave(self, starts: list[int], size: int) -> None:
        plan = self.plan
        offset = plan.unit_cycle + plan.schedule.latency(plan.layer.output) + QUEUE
        for start in starts:
            before = self.left[-1] if self.left else -1
            number = len(self.left) % plan.layer.units
            self.left.append(max(start + offset, before + 1, self.taken[number]))
        self.reserved += size


def cycles_per_step(plan: LayerPlan, steps: int = 24) -> Fraction:
    """Cycles from one step of a long sequence to the next, for a source that is always ready.

    Averaged over the last 12 steps: with an initiation interval above 1 the steps may alternate.
    Of a timed layer with regular steps over the first TIMED_STEPS; with time stamps as if every
    unit were open.
    """
    engine, ends = EngineTimes(plan), []
    opens = regular_groups(plan)
    steps = len(opens) if opens else steps
    for k in range(steps):
        is_open = opens[k] if opens else None
        ends.append(engine.step([0] * plan.beats["x"], k == 0, is_open).ends[-1])
    last = steps - 1 if opens else 12
    return Fraction(ends[-1] - ends[-1 - last], last)


def open_share(plan: LayerPlan) -> Fraction:
    """Share of the groups that are open, on the same steps as `cycles_per_step`."""
    opens = regular_groups(plan)
    if opens is None:
        return Fraction(1)
    return Fraction(sum(map(sum, opens)), len(opens) * plan.groups)


def regular_groups(plan: LayerPlan) -> list[list[bool]] | None:
    """Which groups are open in the first steps; None if that does not depend on steps alone."""
    gate = plan.layer.time_gate
    return open_groups(plan, np.arange(TIMED_STEPS)) if gate and not gate.stamped else None


def open_groups(plan: LayerPlan, count: np.ndarray) -> list[list[bool]]:
    """Which groups are open at the steps or time stamps `count`."""
    gate = plan.layer.time_gate
    units = gate.is_open(gate.phase(count))
    starts = np.arange(0, plan.layer.units, plan.parallel)
    return np.logical_or.reduceat(units, starts, axis=1).tolist()
