"""The two streams over the cycles of one sequence, as a timing diagram."""

from dataclasses import dataclass
from itertools import pairwise

from .source import Build
from .svg import Drawing, width_of
from .words import count, plural

__all__ = ["waveform_chart"]

LEFT, RIGHT, TOP, ROW, HIGH = 118, 12, 30, 30, 17
BREAK = 46
SIDE = 2
"""Cycles that are shown on each side of one in which something begins or ends."""


@dataclass(frozen=True)
class Lane:
    """One signal: what it is in each cycle of which something is known.

    Attributes
    ----------
    levels : dict
        Cycle to 0 or 1, to text for a bus, or to None where it does not matter.
    """

    name: str
    levels: dict[int, int | str | None]


def waveform_chart(build: Build) -> Drawing:
    """Predicted for a source and a consumer that are always ready, long waits left out."""
    wave = build.manifest["waveform"]
    spans, lanes = shown(wave["inputs"], wave["outputs"]), lanes_of(build)
    texts = [text for lane in lanes for text in lane.levels.values() if isinstance(text, str)]
    places = placed(spans, 10 + max(width_of(text, 10.5) for text in texts))
    drawing = Drawing(
        max(places.values()) + RIGHT,
        TOP + ROW * len(lanes) + 8,
        name="waveform",
        title=f"One sequence of {plural(wave['steps'], 'step')} on the ports",
        description=f"{plural(len(wave['inputs']), 'input beat')} in cycles {wave['inputs'][0]} "
        f"to {wave['inputs'][-1]}, {plural(len(wave['outputs']), 'output beat')} in cycles "
        f"{wave['outputs'][0]} to {wave['outputs'][-1]}.",
        css="wide" if len(places) > 20 else "",
    )
    scale(drawing, spans, places, TOP + ROW * len(lanes))
    for k, lane in enumerate(lanes):
        y = TOP + ROW * k + HIGH
        drawing.text(LEFT - 10, y - 3, lane.name, "label", anchor="end")
        for start, end in spans:
            trace(drawing, lane, range(start, end), places, y)
    for before, after in pairwise(spans):
        gap(drawing, lanes, before[1], after[0], places)
    return drawing


def shown(inputs: list[int], outputs: list[int]) -> list[tuple[int, int]]:
    """Spans of cycles around each begin and end of a run of beats, and around the outer ones.

    Of many runs of outputs, those of the first result and the last number.
    """
    marks = [*edges(inputs), outputs[0], outputs[-1]]
    wanted = sorted({mark + k for mark in marks for k in range(-SIDE, SIDE + 1) if mark + k >= 0})
    spans: list[list[int]] = []
    for cycle in wanted:
        if spans and cycle <= spans[-1][1] + 1:
            spans[-1][1] = cycle + 1
        else:
            spans.append([cycle, cycle + 1])
    return [(start, end) for start, end in spans]


def edges(cycles: list[int]) -> list[int]:
    """First and last of every run without a gap; of more than three runs, the outer ones."""
    breaks = [(a, b) for a, b in pairwise(cycles) if b > a + 1]
    if len(breaks) > 3:
        breaks = [breaks[0], breaks[-1]]
    return [cycles[0], *(cycle for pair in breaks for cycle in pair), cycles[-1]]


def placed(spans: list[tuple[int, int]], least: float) -> dict[int, float]:
    """The left edge of every cycle shown, and of the one after each span; none is narrower."""
    x, found = float(LEFT), {}
    for start, end in spans:
        wide = max(least, 14 + width_of(count(end), 11))
        for cycle in range(start, end + 1):
            found[cycle] = x + wide * (cycle - start)
        x = found[end] + BREAK
    return found


def lanes_of(build: Build) -> list[Lane]:
    """The ports, cycle by cycle; after its last beat the source offers nothing."""
    wave, manifest = build.manifest["waveform"], build.manifest
    inputs = {cycle: k for k, cycle in enumerate(wave["inputs"])}
    outputs = {cycle: k for k, cycle in enumerate(wave["outputs"])}
    beats = len(inputs) // wave["steps"]
    numbers = 1 if manifest["classify"] else manifest["outputs"]
    cycles, end = range(max(*inputs, *outputs) + SIDE + 1), max(inputs)
    waiting, following = {}, 0
    for cycle in cycles:
        waiting[cycle] = min(following, len(inputs) - 1)
        following += cycle in inputs
    many = wave["steps"] > 1 and not manifest["many_to_one"]

    def offered(value):
        return {cycle: value(waiting[cycle]) if cycle <= end else None for cycle in cycles}

    def given(value):
        return {cycle: value(outputs[cycle]) if cycle in outputs else None for cycle in cycles}

    def user(k):
        """The first beat keeps no state; the first beats of steps bring time stamps."""
        step, beat = divmod(k, beats)
        if manifest["stamp"]:
            return f"t{step + 1}" if beat == 0 else None
        return 0 if k == 0 else None

    return [
        Lane("s_axis_tvalid", {cycle: int(cycle <= end) for cycle in cycles}),
        Lane("s_axis_tready", offered_ready(cycles, inputs, end)),
        Lane("s_axis_tdata", offered(lambda k: label("x", k, beats, many=True))),
        Lane("s_axis_tlast", offered(lambda k: int(k == len(inputs) - 1))),
        Lane("s_axis_tuser", offered(user)),
        Lane("m_axis_tvalid", {cycle: int(cycle in outputs) for cycle in cycles}),
        Lane("m_axis_tready", dict.fromkeys(cycles, 1)),
        Lane("m_axis_tdata", given(lambda k: label("y", k, numbers, many=many))),
        Lane("m_axis_tlast", given(lambda k: int(k == len(outputs) - 1))),
    ]


def offered_ready(cycles: range, inputs: dict[int, int], end: int) -> dict[int, int | None]:
    """While a beat is offered the core is ready exactly where it takes one."""
    return {cycle: int(cycle in inputs) if cycle <= end else None for cycle in cycles}


def label(letter: str, k: int, size: int, *, many: bool) -> str:
    """x1.2: the second beat of step 1; y2: the second number."""
    step, number = divmod(k, size)
    place = str(number + 1) if size > 1 else ""
    if not many:
        return f"{letter}{place}"
    return f"{letter}{step + 1}" + (f".{place}" if place else "")


def scale(drawing: Drawing, spans, places: dict[int, float], bottom: float) -> None:
    """Cycle numbers, and the rising edge at the end of each cycle."""
    drawing.text(LEFT - 10, 14, "cycle", "axis", anchor="end")
    for start, end in spans:
        for cycle in range(start, end):
            x = places[cycle]
            drawing.line(x, TOP - 8, x, bottom, "grid")
            drawing.text((x + places[cycle + 1]) / 2, 14, count(cycle), "axis", anchor="middle")
        drawing.line(places[end], TOP - 8, places[end], bottom, "grid")


def trace(drawing: Drawing, lane: Lane, cycles: range, places, y: float) -> None:
    """The signal in a span of cycles without a gap."""
    run: list[int] = []
    for cycle in cycles:
        if run and lane.levels[run[-1]] == lane.levels[cycle]:
            run.append(cycle)
            continue
        stretch(drawing, lane, run, places, y)
        run = [cycle]
    stretch(drawing, lane, run, places, y)
    for a, b in pairwise(cycles):
        levels = lane.levels[a], lane.levels[b]
        if set(levels) == {0, 1}:
            drawing.line(places[b], y, places[b], y - HIGH, "level")


def stretch(drawing: Drawing, lane: Lane, run: list[int], places, y: float) -> None:
    """Cycles in which the signal does not change."""
    if not run:
        return
    left, right = places[run[0]], places[run[-1] + 1]
    level = lane.levels[run[0]]
    if level is None:
        drawing.rect(left, y - HIGH, right - left, HIGH, "unknown")
    elif isinstance(level, int):
        drawing.line(left, y - HIGH * level, right, y - HIGH * level, "level")
    else:
        tilt = 3
        corners = [(left, y - HIGH / 2), (left + tilt, y - HIGH), (right - tilt, y - HIGH)]
        corners += [(right, y - HIGH / 2), (right - tilt, y), (left + tilt, y)]
        drawing.polygon(corners, "bus")
        drawing.text((left + right) / 2, y - 4.5, level, "in-bar", anchor="middle")


def gap(drawing: Drawing, lanes: list[Lane], start: int, end: int, places) -> None:
    """Cycles that are left out: a level that stays is drawn on, one that changes is not."""
    left = places[start]
    middle = left + BREAK / 2
    drawing.text(middle, 14, f"+{count(end - start)}", "axis", anchor="middle")
    for k, lane in enumerate(lanes):
        y = TOP + ROW * k + HIGH
        levels = {lane.levels[cycle] for cycle in range(start - 1, end + 1)}
        (level,) = levels if len(levels) == 1 else ("…",)
        if level is None:
            drawing.rect(left, y - HIGH, BREAK, HIGH, "unknown")
        elif isinstance(level, int):
            drawing.line(left, y - HIGH * level, left + BREAK, y - HIGH * level, "level skipped")
        else:
            drawing.text(middle, y - 4, "…", "axis", anchor="middle")
