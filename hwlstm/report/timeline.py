"""The first steps of a sequence, cycle by cycle: input, multipliers, output of every layer."""

from .source import Build, after_last
from .svg import Drawing, fitted, ticks, width_of
from .words import count, number, percent, plural

__all__ = ["idle", "law", "timeline_chart"]

LEFT, RIGHT, WIDTH, ROW, HEAD = 150, 20, 1090, 24, 30
ROWS = ("input taken", "multipliers", "output leaves")


def timeline_chart(build: Build) -> Drawing:
    """Three rows a layer over one axis in cycles."""
    timeline = build.manifest["timeline"]
    layers = [(layer, timeline[layer["name"]]) for layer in build.layers]
    end = 1 + max(last_cycle(step) for _, steps in layers for step in steps)
    height = len(layers) * (HEAD + len(ROWS) * ROW) + 44
    drawing = Drawing(
        WIDTH,
        height,
        name="timeline",
        title=f"Cycles of the first {max(len(steps) for _, steps in layers)} steps",
        description=f"When input is taken, multipliers work and output leaves, layer by layer, "
        f"in cycles 0 to {end - 1}.",
        css="wide",
    )
    hatch, scale = drawing.hatching(), (WIDTH - LEFT - RIGHT) / end
    axis(drawing, end, scale, height - 36)
    for k, (layer, steps) in enumerate(layers):
        name, top = layer["name"], k * (HEAD + len(ROWS) * ROW) + 4
        once = after_last(build.layers, layer)
        drawing.text(8, top + 18, fitted(name, LEFT), "title", tip=name)
        for n, row in enumerate(ROWS):
            y = top + HEAD + n * ROW
            drawing.text(LEFT - 10, y + 13, row, "label", anchor="end")
            drawing.rect(LEFT, y, end * scale, ROW - 6, "track")
        for n, step in enumerate(steps):
            what = "last step" if once else f"step {n + 1}"
            step_bars(drawing, step, (what, n), top + HEAD, scale, hatch)
    return drawing


def last_cycle(step: dict) -> int:
    ends = [step["accepted"][1], step["outputs"][1], *(group[1] for group in step["groups"])]
    return max(ends)


def axis(drawing: Drawing, end: int, scale: float, y: float) -> None:
    for cycle in ticks(0, end, 10):
        x = LEFT + cycle * scale
        drawing.line(x, 26, x, y, "grid")
        drawing.text(x, y + 14, number(cycle), "axis", anchor="middle")
    drawing.text((LEFT + WIDTH - RIGHT) / 2, y + 31, "clock cycle", "axis", anchor="middle")


def step_bars(drawing: Drawing, step: dict, which: tuple, y: float, scale: float, hatch: str):
    name, n = which
    css = f"step-{n % 3}"
    for row, key in ((0, "accepted"), (2, "outputs")):
        first, last = step[key]
        tip = f"{name}: {ROWS[row]} from cycle {first} to cycle {last}"
        top, width = y + row * ROW, max(1.5, (last + 1 - first) * scale)
        drawing.rect(LEFT + first * scale, top, width, ROW - 6, f"bar {css}", tip=tip)
        name_step(drawing, name, LEFT + first * scale, top, width)
    for k, group in enumerate(step["groups"]):
        group_bar(drawing, group, f"{name}, group {k + 1}", css, y + ROW, scale, hatch)
    start, end = step["groups"][0][0], step["groups"][-1][1] + 1
    name_step(drawing, name, LEFT + start * scale, y + ROW, (end - start) * scale)


def group_bar(drawing, group, name, css, y, scale, hatch) -> None:
    """Solid where every cycle has a beat; hatched where the group waits in between."""
    first, last, beats = group
    span = last + 1 - first
    waits = f", {plural(span - beats, 'cycle')} of them waiting" if span > beats else ""
    tip = f"{name}: cycles {first} to {last}, {plural(beats, 'beat')}{waits}"
    x, width = LEFT + first * scale, span * scale
    gap = 1 if width > 5 else 0
    drawing.rect(x, y, width - gap, ROW - 6, f"bar work {css}", tip=tip)
    if span > beats:
        drawing.hatched(x, y, width - gap, ROW - 6, hatch, tip=tip)


def name_step(drawing: Drawing, name: str, x: float, y: float, width: float) -> None:
    plate = width_of(name, 10.5) + 6
    if width > plate:
        drawing.rect(x + (width - plate) / 2, y + 2, plate, ROW - 10, "plate", round=3)
        drawing.text(x + width / 2, y + 13, name, "in-bar", anchor="middle")


def idle(layer: dict) -> float:
    """Cycles a step in which no column beat is issued."""
    beats = layer["memories"]["weights"]["words"] * layer["open_share"]
    return layer["cycles_per_step"] - beats


def law(layer: dict) -> str:
    """One sentence on what a step of the layer takes, and why."""
    groups, beats = layer["groups"], layer["memories"]["weights"]["words"]
    work = f"{plural(groups, 'group')} of {plural(beats // groups, 'beat')}"
    if layer["open_share"] < 1:
        work += f", {percent(layer['open_share'])} of them open,"
        beats = round(beats * layer["open_share"])
    begin = f"{number(layer['cycles_per_step'], 4)} cycles a step: {work} make {count(beats)}"
    if not any(name.startswith("prev_") for name in layer["memories"]):
        paced = "; the cell pipeline sets the pace" if idle(layer) > 0 else ""
        return f"{begin}; the cell reads no state, so no recurrence to wait for{paced}."
    latency = (
        f"L = {layer['latency']} cycles lie between the last column of a group and the first "
        "column that can use its first unit (lanes, drain, cell pipeline)"
    )
    hidden = "the next step works meanwhile on its x and on the units that are ready"
    if idle(layer) <= 0:
        return f"{begin}. {latency}; {hidden}, so the multipliers never wait."
    rest = f"{number(idle(layer))} cycles a step remain in which the multipliers wait"
    return f"{begin}. {latency}; {hidden}, and {rest}."
