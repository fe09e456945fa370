"""Predict the cycle of every beat and every output of an engine.

The recurrences of the hardware in (max, +) arithmetic: an event happens one cycle after the
latest of the events that it waits for. The simulation must measure exactly these cycles.
"""

from dataclasses import dataclass
from fractions import Fraction

from .layer import LayerPlan

__all__ = ["EngineTimes", "StepTimes", "cycles_per_step"]

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
        Group by group, when each column beat was issued.
    outputs : list of int
        When each number of the output left, unit by unit.
    """

    accepted: list[int]
    issued: list[list[int]]
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
        self.left: list[int] = []
        self.reserved = 0

    def step(self, offered: list[int], reset: bool) -> StepTimes:
        """Times of the next step, for a consumer that is always ready.

        Parameters
        ----------
        offered : list of int
            Cycle in which the source offers each beat of x (it then waits).
        reset : bool
            The step starts from the initial state, so it does not wait for the step before.
        """
        plan, done = self.plan, len(self.left)
        accepted = self._accept(offered)
        exists = [cycle + 1 for cycle in accepted]
        for source in plan.layer.recurrent_sources:
            waits = [] if reset else self.written[source]
            exists += [cycle + 1 for cycle in waits] or [0] * plan.beats[source]
        groups, units = [], []
        for group in range(plan.groups):
            size = plan.last_group if group == plan.groups - 1 else plan.parallel
            beats = self._issue(exists if group == 0 else [0] * plan.group_beats)
            groups.append(beats)
            units += self._announce(size)
            self._leave(units[-size:], size)
        self.released.append(groups[-1][plan.beats["x"] - 1])
        for source, beats in plan.beats.items():
            if source != "x":
                offset = plan.unit_cycle + plan.schedule.latency(source)
                last = [min((k + 1) * plan.columns, len(units)) - 1 for k in range(beats)]
                self.written[source] = [units[n] + offset for n in last]
        return StepTimes(accepted, groups, self.left[done:])

    def _accept(self, offered: list[int]) -> list[int]:
        """One beat a cycle, as soon as the step before the last has been read."""
        free = self.released.pop(0) + 1
        accepted = []
        for cycle in offered:
            self.accepted = max(cycle, self.accepted + 1, free)
            accepted.append(self.accepted)
        return accepted

    def _issue(self, exists: list[int]) -> list[int]:
        """One beat a cycle, as soon as it exists; the last one as soon as the group has room."""
        plan, beats = self.plan, []
        missing = self.reserved + plan.parallel - plan.fifo_depth
        room = self.left[missing - 1] + 1 if missing > 0 else 0
        for n, cycle in enumerate(exists):
            wait = max(self.announced, room) if n == plan.group_beats - 1 else 0
            self.issued = max(self.issued + 1, cycle, wait)
            beats.append(self.issued)
        if self.phase is None:
            self.phase = beats[0] + 1
        return beats

    def _announce(self, size: int) -> list[int]:
        """Cycle in which each unit of a group is announced.

        On the grid of the interval, which counts from the first beat ever issued.
        """
        interval = self.plan.interval
        first = self.issued + 1
        first += (self.phase - first) % interval
        starts = [first + k * interval for k in range(size)]
        self.announced = starts[-1]
        return starts

    def _leave(self, starts: list[int], size: int) -> None:
        plan = self.plan
        offset = plan.unit_cycle + plan.schedule.latency(plan.layer.output) + QUEUE
        for start in starts:
            before = self.left[-1] if self.left else -1
            self.left.append(max(start + offset, before + 1))
        self.reserved += size


def cycles_per_step(plan: LayerPlan, steps: int = 24) -> Fraction:
    """Cycles from one step of a long sequence to the next, for a source that is always ready.

    Averaged over the last 12 steps: with an initiation interval above 1 the steps may alternate.
    """
    engine = EngineTimes(plan)
    ends = [engine.step([0] * plan.beats["x"], reset=k == 0).issued[-1][-1] for k in range(steps)]
    return Fraction(ends[-1] - ends[-13], 12)
