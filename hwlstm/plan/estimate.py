"""The cycles of a step in closed form: what the search ranks engines by."""

from collections.abc import Iterator

from .layer import LayerPlan
from .timing import QUEUE

__all__ = ["estimated_cycles"]


def estimated_cycles(engine: LayerPlan) -> int:
    """Cycles from one step to the next if every group is open: the longest of the circles of
    events that wait for each other, each once around.

    Exact for interval 1. Above it units start on a grid: less than one interval too many or too
    few.
    """
    pace = (engine.groups - 1) * spacing(engine, engine.parallel)
    circles = [pace + spacing(engine, engine.last_group), *through_columns(engine)]
    if engine.guarded:
        circles.append(through_states(engine))
    if engine.time_gate:
        circles += through_time_gate(engine)
    return max(circles)


def spacing(engine: LayerPlan, size: int) -> int:
    """From the end of a group to that of the next: its beats, or the units in the drain."""
    return max(engine.group_beats, size * engine.interval)


def through_columns(engine: LayerPlan) -> Iterator[int]:
    """A beat of a state waits for its last unit, and the first group ends behind that beat.

    The last beat waits longest; or, where the last group is small, the last one that is complete
    without it.
    """
    before = (engine.groups - 1) * engine.parallel // engine.columns
    after = engine.group_beats
    for source, beats in engine.beats.items():
        after -= beats
        if source != "x":
            written = engine.unit_cycle + engine.schedule.latency(source)
            for count in {beats, before} - {0}:
                unit = min(count * engine.columns, engine.layer.units) - 1
                group, place = divmod(unit, engine.parallel)
                begun = group * spacing(engine, engine.parallel) + 1 + place * engine.interval
                yield begun + written + 1 + after + beats - count


def through_states(engine: LayerPlan) -> int:
    """A group waits until its last unit has its states of the step before."""
    return 1 + (engine.parallel - 1) * engine.interval + engine.unit_cycle + engine.settled + 1


def through_time_gate(engine: LayerPlan) -> tuple[int, int]:
    """The gate walks a step unit by unit; and it begins when the input of the step before the
    last has been read, which is a circle through two steps."""
    gate, units = engine.time_gate, engine.layer.units
    return gate.turn, -(-(units + gate.latency + QUEUE + engine.beats["x"]) // 2)
