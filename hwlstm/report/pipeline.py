"""The cell pipeline over time: which part computes what in which cycle."""

from dataclasses import dataclass
from importlib.resources import files

from .svg import Drawing, fitted, packed, width_of
from .words import number, plural

__all__ = ["pipeline_chart", "pipeline_plot", "pipeline_text", "shared_parts"]

LABELS, RIGHT, TOP, TRACK = 215, 100, 40, 17
ROOM = 760
KINDS = {"mul": "multiplier", "activation": "table"}
WORDS = {"sub": "subtract", "lt": "compare"}


@dataclass(frozen=True)
class Row:
    """One part with its operations, each in a track in which it overlaps no other."""

    unit: str
    operations: list[dict]

    @property
    def tracks(self) -> list[int]:
        return packed([(op["start"], op["end"]) for op in self.operations])

    @property
    def height(self) -> float:
        return TRACK * (max(self.tracks) + 1) + 3

    @property
    def kind(self) -> str:
        return self.operations[0]["operation"]

    @property
    def label(self) -> str:
        """What the part is, for a reader who does not know the names of the hardware."""
        numbers = self.unit.split("_")[1:]
        match self.kind, numbers:
            case "mul", [n]:
                return f"multiplier {n}"
            case "activation", [n]:
                functions = sorted({op["words"] for op in self.operations})
                return f"{' and '.join(functions)} unit {n}"
            case _:
                return f"{self.operations[0]['words']} for {self.operations[0]['value']}"


def rows_of(layer: dict) -> list[Row]:
    """Parts, in the order in which they are first busy."""
    units: dict[str, list[dict]] = {}
    for op in sorted(layer["pipeline"], key=lambda op: (op["start"], op["end"])):
        units.setdefault(op["unit"], []).append(op | {"words": words_of(op, layer["tables"])})
    return [Row(unit, operations) for unit, operations in units.items()]


def words_of(op: dict, tables: dict) -> str:
    """What an operation does; an activation is called by its function, without parameters."""
    kind = op["operation"]
    if kind == "activation" and op["value"] in tables:
        return tables[op["value"]]["function"].partition("(")[0]
    return WORDS.get(kind, kind)


def shared_parts(layer: dict) -> list[str]:
    """Parts that compute more than one operation a unit, with how many."""
    return [
        f"{row.label}: {len(row.operations)} operations in {layer['interval']} cycles"
        for row in rows_of(layer)
        if len(row.operations) > 1
    ]


def pipeline_plot(layer: dict, taps: dict) -> str:
    """An SVG file of `pipeline_chart`; empty for a cell that computes nothing."""
    drawing = pipeline_chart(layer, taps, 0)
    if drawing is None:
        return ""
    return drawing.file((files("hwlstm.report") / "drawing.css").read_text(encoding="utf-8"))


def pipeline_text(layer: dict) -> list[str]:
    """One line a part and track, one letter a cycle: # takes operands, = until the result."""
    rows = rows_of(layer)
    if not rows:
        return []
    first, last = span(layer)
    marks = "".join("0" if c == 0 else "|" if c % 5 == 0 else " " for c in range(first, last))
    width = max(len(row.label) for row in rows)
    lines = [f"{'cycle':>{width}}  {marks}".rstrip()]
    for row in rows:
        tracks = [[" "] * (last - first) for _ in range(max(row.tracks) + 1)]
        for op, track in zip(row.operations, row.tracks, strict=True):
            start, end = op["start"] - first, op["end"] - first
            tracks[track][start:end] = "#" + "=" * (end - start - 1)
        labels = [row.label] + [""] * (len(tracks) - 1)
        for label, track in zip(labels, tracks, strict=True):
            lines.append(f"{label:>{width}}  {''.join(track)}".rstrip())
    return lines


def span(layer: dict) -> tuple[int, int]:
    """The first cycle of the pipeline, at most 0, and the one after the last."""
    cycles = layer["pipeline"]
    return min(0, *(op["start"] for op in cycles)), max(op["end"] for op in cycles)


def pipeline_chart(layer: dict, taps: dict, number: int) -> Drawing | None:
    """One row a part, one column a cycle; None for a cell that computes nothing.

    Parameters
    ----------
    taps : dict
        Named value to {delay: cycle in which it can be read}; may be empty.
    number : int
        Of the layer, for the ids.
    """
    rows = rows_of(layer)
    if not rows:
        return None
    first, last = span(layer)
    scale = max(12, min(40, ROOM / (last - first)))
    names = named(taps, scale, first, last)
    height = TOP + sum(row.height for row in rows) + TRACK * names[0] + 14
    drawing = Drawing(
        LABELS + scale * (last - first) + RIGHT,
        height,
        name=f"pipeline-{number}",
        title=f"Cell pipeline of {layer['name']}",
        description=f"{len(layer['pipeline'])} operations on {len(rows)} parts in {last - first} "
        f"cycles; a new unit every {layer['interval']} cycles.",
        css="gantt" if scale * (last - first) > 320 else "",
    )
    grid(drawing, layer["interval"], first, last, scale, height - 10)
    y = TOP
    for row in rows:
        part(drawing, row, layer["interval"], y, first, scale)
        y += row.height
    values(drawing, names[1], y + 4)
    return drawing


def grid(drawing, interval, first, last, scale, bottom) -> None:
    """Cycle numbers, and a band for every second interval."""
    for start in range(0, last, 2 * interval):
        x, width = LABELS + (start - first) * scale, min(interval, last - start) * scale
        drawing.rect(x, TOP - 4, width, bottom - TOP + 4, "band")
    every = 1 if scale >= 18 else 5
    for cycle in range(first, last + 1):
        x = LABELS + (cycle - first) * scale
        drawing.line(x, TOP - 4, x, bottom, "grid strong-grid" if cycle == 0 else "grid")
        if cycle % every == 0 and cycle < last:
            drawing.text(x + scale / 2, TOP - 9, number(cycle), "axis", anchor="middle")
    drawing.text(LABELS - 10, TOP - 9, "cycle", "axis", anchor="end")
    middle = LABELS + (last - first) * scale / 2
    text = "after the sums of a unit have arrived"
    drawing.text(middle, 13, text, "axis", anchor="middle")


def part(drawing: Drawing, row: Row, interval: int, y: float, first: int, scale: float) -> None:
    """A row: bars, dark in the cycle that takes the operands, light until the result."""
    shared, middle = len(row.operations) > 1, y + row.height / 2 + 3
    label, style = fitted(row.label, LABELS - 20), "label strong" if shared else "label"
    drawing.text(LABELS - 10, middle, label, style, anchor="end", tip=row.unit)
    for op, track in zip(row.operations, row.tracks, strict=True):
        x = LABELS + (op["start"] - first) * scale
        bar(drawing, op, x, y + 1 + TRACK * track, scale)
    if shared:
        ends = max(op["end"] for op in row.operations)
        text = f"shared: {len(row.operations)} of {plural(interval, 'slot')}"
        drawing.text(LABELS + (ends - first) * scale + 8, middle, text, "note")


def bar(drawing: Drawing, op: dict, x: float, y: float, scale: float) -> None:
    """One operation, with its name where there is room beside the issue cycle."""
    words, width = op["words"], (op["end"] - op["start"]) * scale
    css = KINDS.get(op["operation"], "logic")
    tip = f"{words}: operands in cycle {op['start']}, result in cycle {op['end']}"
    drawing.rect(x + 1, y, width - 2, TRACK - 2, f"bar {css}", round=2, tip=tip)
    drawing.rect(x + 1, y, scale - 2, TRACK - 2, f"issue {css}", round=2)
    room = width - scale if width > scale else width
    choices = (words,) if css == "logic" else (f"{op['value']}: {words}", op["value"], words)
    fitting = [text for text in choices if width_of(text, 10) <= room + 2]
    if fitting:
        drawing.text(x + width - room / 2, y + 11.5, fitting[0], "in-bar", anchor="middle")


def named(taps: dict, scale: float, first: int, last: int) -> tuple[int, list[tuple]]:
    """Tracks needed, and (track, x, text) for the named values, those of one cycle together."""
    cycles: dict[int, list[str]] = {}
    for name, signal in taps.items():
        if first <= signal["delay"] <= last:
            cycles.setdefault(signal["delay"], []).append(name)
    places = [
        (LABELS + (cycle - first) * scale, f"{', '.join(cycles[cycle])}")
        for cycle in sorted(cycles)
    ]
    tracks = packed([(x, x + width_of(text, 11) + 10) for x, text in places])
    found = [(track, *place) for track, place in zip(tracks, places, strict=True)]
    return max(tracks, default=-1) + 1, found


def values(drawing: Drawing, names: list[tuple], y: float) -> None:
    if names:
        drawing.text(LABELS - 10, y + 12, "can be read", "label strong", anchor="end")
    for track, x, text in names:
        top = y + TRACK * track
        drawing.line(x, top, x, top + TRACK - 3, "mark")
        drawing.text(x + 4, top + 12, text, "value")
