"""The block diagram: every engine with its buffers, memories and the bits on its wires."""

from dataclasses import dataclass

from ..fixed import Format
from .source import Build
from .svg import Drawing, fitted
from .words import TIMES, cell_words, count, plural

__all__ = ["block_diagram"]

WIDTH = 1090
CHANNEL = 52
"""Height between two engines."""


@dataclass(frozen=True)
class Box:
    """A block, by its place; `y` counts from the top of its engine."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


X = Box(30, 122, 110, 90)
BROADCAST = Box(198, 122, 144, 90)
LANES = Box(400, 122, 150, 90)
DRAIN = Box(630, 122, 90, 90)
CELL = Box(792, 122, 130, 90)
QUEUE = Box(980, 122, 90, 90)
WEIGHTS = Box(400, 38, 150, 46)
TIME = Box(198, 48, 144, 44)
BIAS = Box(737, 38, 240, 46)
STATES = Box(400, 250, 150, 46)
KEPT = Box(838, 250, 150, 46)
LINE = X.y + X.height / 2


def block_diagram(build: Build) -> Drawing:
    """The whole network, engine below engine."""
    heights = [312 if recurrent(layer) or kept(layer) else 228 for layer in build.layers]
    tail = 118 if build.manifest["classify"] else 60
    names = ", ".join(f"{one['name']} {one['inputs']} to {one['units']}" for one in build.layers)
    drawing = Drawing(
        WIDTH,
        70 + sum(heights) + CHANNEL * (len(heights) - 1) + tail,
        name="diagram",
        title=f"Block diagram of {build.name}",
        description=f"Engines in series: {names}. Labels on wires are bits.",
        css="wide",
    )
    source(drawing, build)
    top = 70
    for k, (layer, height) in enumerate(zip(build.layers, heights, strict=True)):
        engine(drawing, layer, top, height)
        if k + 1 < len(heights):
            channel(drawing, layer, build.layers[k + 1], top, top + height)
            top += height + CHANNEL
    sink(drawing, build, top, top + heights[-1])
    return drawing


def recurrent(layer: dict) -> list[str]:
    """States that come back as columns."""
    own = ("weights", "bias", "x", "output")
    made = ("p_", "prev_", "table_", "gate_", "time_", "parameter_")
    return [name for name in layer["memories"] if name not in own and not name.startswith(made)]


def kept(layer: dict) -> list[str]:
    """States of the step before that the cell pipeline reads."""
    return [name for name in layer["memories"] if name.startswith("prev_")]


def out_bits(layer: dict) -> int:
    """Width of the layer's output: the queue holds first and last beside it."""
    return layer["memories"]["output"]["bits"] - 2


def shape(memory: dict) -> str:
    return f"{count(memory['words'])} {TIMES} {count(memory['bits'])} b"


def block(drawing: Drawing, box: Box, top: float, lines: list[str], css: str) -> None:
    """A box whose first line is its name."""
    y = top + box.y
    drawing.rect(box.x, y, box.width, box.height, f"block {css}", round=4)
    baseline = y + box.height / 2 - 7.5 * len(lines) + 11.5
    for k, line in enumerate(lines):
        shown, style = fitted(line, box.width - 6), "strong" if k == 0 else "small"
        drawing.text(box.middle, baseline + 15 * k, shown, style, anchor="middle", tip=line)


def engine(drawing: Drawing, layer: dict, top: float, height: float) -> None:
    drawing.rect(12, top, WIDTH - 24, height, "frame", round=8)
    about = f"{cell_words(layer['cell'])}, {layer['inputs']} → {layer['units']}"
    drawing.text(162, top + 22, fitted(layer["name"], 225), "title", tip=layer["name"])
    drawing.text(162, top + 39, fitted(about, 225), "small", tip=about)
    pipe(drawing, layer, top)
    memories(drawing, layer, top)
    blocks(drawing, layer, top)
    feedback(drawing, layer, top)


def pipe(drawing: Drawing, layer: dict, top: float) -> None:
    """The wires from left to right."""
    bits, x = layer["bits"], Format.parse(layer["formats"]["x"]).width
    lanes, gates = layer["lanes"], len(layer["gates"])
    labels = (
        (X, BROADCAST, f"{layer['columns']}{TIMES}{x}"),
        (BROADCAST, LANES, f"{layer['columns']}{TIMES}{bits['column']}"),
        (LANES, DRAIN, f"{lanes}{TIMES}{bits['accumulator']}"),
        (DRAIN, CELL, f"{gates}{TIMES}{bits['accumulator']}"),
        (CELL, QUEUE, f"{out_bits(layer)}"),
    )
    for left, right, label in labels:
        start, end = left.right + (4 * (min(lanes, 3) - 1) if left is LANES else 0), right.x
        drawing.wire([(start, top + LINE), (end, top + LINE)])
        drawing.text((start + end) / 2, top + LINE - 7, label, "wire-label", anchor="middle")


def memories(drawing: Drawing, layer: dict, top: float) -> None:
    """Weights above the lanes, bias and peepholes above the cell pipeline."""
    memory = layer["memories"]
    peepholes = [name for name in memory if name.startswith(("p_", "parameter_", "time_"))]
    for above, below, name in ((WEIGHTS, LANES, "weights"), (BIAS, CELL, "bias")):
        y = top + above.y + above.height
        drawing.wire([(below.middle, y), (below.middle, top + below.y)])
        label = str(memory[name]["bits"] + sum(memory[p]["bits"] for p in peepholes))
        label = str(memory[name]["bits"]) if name == "weights" else label
        drawing.text(below.middle + 7, y + 24, label, "wire-label")
    block(drawing, WEIGHTS, top, ["weights", shape(memory["weights"])], "memory")
    lines = ["bias", shape(memory["bias"])]
    if peepholes:
        lines[0] = f"bias {lines[1]}"
        lines[1] = f"{', '.join(peepholes)}: {shape(memory[peepholes[0]])}"
    block(drawing, BIAS, top, lines, "memory")
    if "gate_slots" in memory:
        end = top + TIME.y + TIME.height
        drawing.wire([(BROADCAST.middle, end), (BROADCAST.middle, top + BROADCAST.y)])
        drawing.text(BROADCAST.middle + 7, end + 24, "open", "wire-label")
        bits = memory["gate_start"]["bits"]
        block(drawing, TIME, top, ["time gate", f"phase of {bits} b a unit"], "logic")


def blocks(drawing: Drawing, layer: dict, top: float) -> None:
    parallel, gates = layer["parallel"], len(layer["gates"])
    columns = sum(layer["units"] for _ in recurrent(layer)) + layer["inputs"]
    memory, tables = layer["memories"], [m for m in layer["memories"] if m.startswith("table_")]
    ends = [op["end"] for op in layer["pipeline"]]
    block(drawing, X, top, ["x buffer", "2 steps", shape(memory["x"])], "memory")
    what = f"[{'; '.join(['x', *recurrent(layer)])}]"
    lines = ["column broadcast", f"{plural(layer['columns'], 'column')} a cycle"]
    block(drawing, BROADCAST, top, [*lines, f"of {count(columns)} in {what}"], "logic")
    stack(drawing, layer, top)
    lines = [
        plural(layer["lanes"], "lane"),
        f"{plural(parallel, 'unit')} {TIMES} {layer['lanes'] // parallel}",
    ]
    lines += [plural(layer["multipliers"]["lanes"], "multiplier")]
    block(drawing, LANES, top, [*lines, f"{layer['bits']['weight']}-bit weights"], "multiplier")
    every = "cycle" if layer["interval"] == 1 else f"{layer['interval']} cycles"
    block(
        drawing,
        DRAIN,
        top,
        ["drain", f"{parallel}{TIMES}{gates} sums", "a unit per", every],
        "logic",
    )
    lines = ["cell pipeline", f"gates {' '.join(layer['gates'])}"]
    lines += [f"II {layer['interval']}, {max(ends, default=0)} cycles"]
    lines += [plural(layer["multipliers"]["cell"], "multiplier"), plural(len(tables), "table")]
    block(drawing, CELL, top, lines, "cell")
    block(drawing, QUEUE, top, ["output", "queue", shape(memory["output"])], "memory")


def stack(drawing: Drawing, layer: dict, top: float) -> None:
    """Cards behind the lanes: there are several."""
    for k in range(min(layer["lanes"], 3) - 1, 0, -1):
        x, y = LANES.x + 4 * k, top + LANES.y + 4 * k
        drawing.rect(x, y, LANES.width, LANES.height, "block multiplier", round=4)


def feedback(drawing: Drawing, layer: dict, top: float) -> None:
    """States that return: to the columns, and to the cell pipeline."""
    bottom, memory = top + CELL.y + CELL.height, layer["memories"]
    if back := recurrent(layer):
        y = top + STATES.y + STATES.height / 2
        bits = Format.parse(layer["formats"][back[0]]).width if back[0] in layer["formats"] else 0
        drawing.wire([(CELL.x + 20, bottom), (CELL.x + 20, y), (STATES.right, y)])
        drawing.wire([(STATES.x, y), (BROADCAST.middle, y), (BROADCAST.middle, bottom)])
        drawing.text(STATES.right + 30, y - 7, str(bits or ""), "wire-label")
        label = f"{layer['columns']}{TIMES}{bits}" if bits else ""
        drawing.text(BROADCAST.middle + 20, y - 7, label, "wire-label")
        lines = [f"state {', '.join(back)}", shape(memory[back[0]])]
        block(drawing, STATES, top, lines, "memory")
    if held := kept(layer):
        y = top + KEPT.y
        drawing.wire([(CELL.x + 70, bottom), (CELL.x + 70, y)])
        drawing.wire([(CELL.x + 110, y), (CELL.x + 110, bottom)])
        label = str(sum(memory[name]["bits"] for name in held))
        drawing.text(CELL.x + 117, bottom + 24, label, "wire-label")
        names = ", ".join(name.removeprefix("prev_") for name in held)
        block(drawing, KEPT, top, [f"state {names}", shape(memory[held[0]])], "memory")


def source(drawing: Drawing, build: Build) -> None:
    given = build.manifest["input"]
    block(drawing, Box(12, 8, 250, 36), 0, ["input stream s_axis"], "port")
    drawing.wire([(X.middle, 44), (X.middle, 70 + X.y)])
    label = f"{given['elements']}{TIMES}{given['slot']}, {given['format']}"
    drawing.text(X.middle + 7, 62, label, "wire-label")


def channel(drawing: Drawing, layer: dict, following: dict, top: float, bottom: float) -> None:
    """From the output queue of one engine to the x buffer of the next one."""
    y = bottom + CHANNEL / 2
    end = bottom + CHANNEL + X.y
    path = [(QUEUE.middle, top + QUEUE.y + QUEUE.height), (QUEUE.middle, y), (X.middle, y)]
    drawing.wire([*path, (X.middle, end)])
    drawing.text(QUEUE.middle - 30, y - 7, str(out_bits(layer)), "wire-label")
    if following["reads"] == "last" and layer["reads"] == "all":
        block(drawing, Box(490, y - 14, 170, 28), 0, ["last step only"], "logic")


def sink(drawing: Drawing, build: Build, top: float, bottom: float) -> None:
    given, x = build.manifest["output"], QUEUE.middle
    y = bottom + 26
    start = top + QUEUE.y + QUEUE.height
    if build.manifest["classify"]:
        drawing.wire([(x, start), (x, y)])
        drawing.text(x - 8, y - 6, str(out_bits(build.layers[-1])), "wire-label", anchor="end")
        size = build.layers[-1]["units"]
        block(drawing, Box(WIDTH - 12 - 190, y, 190, 32), 0, [f"argmax of {size}"], "logic")
        start, y = y + 32, y + 58
    drawing.wire([(x, start), (x, y)])
    label = f"{given['slot']}, {given['format']}"
    drawing.text(x - 8, y - 8, label, "wire-label", anchor="end")
    block(drawing, Box(WIDTH - 12 - 190, y, 190, 32), 0, ["output stream m_axis"], "port")
