"""The error of an activation over its whole input range, as a picture."""

from importlib.resources import files
from itertools import pairwise

from ..fixed import Format
from .svg import Drawing, ticks
from .words import MINUS, count, family_words, number, plural, tick

__all__ = ["activation_chart", "activation_plot"]

COLUMNS = 768
"""Width of the plot: as many parts of the input range are told apart."""

LEFT, RIGHT, HIGH, BELOW = 70, 100, 168, 46
TITLE = 64
FAR = 4
"""A bound this many times the largest error would leave no room for the error: it is not drawn."""

HALF, FINEST = 0.5, 0.001
"""In ulp: the error of correct rounding, and the digits of `least` and `greatest`."""


def activation_plot(table: dict) -> str:
    """An SVG file with title and numbers; `table` as in the manifest."""
    drawing = activation_chart(table, "activation", titled=True)
    return drawing.file((files("hwlstm.report") / "drawing.css").read_text(encoding="utf-8"))


def activation_chart(table: dict, name: str, *, titled: bool = False) -> Drawing:
    """Least and greatest error in each part of the input range, between the bounds."""
    top = TITLE if titled else 14
    drawing = Drawing(
        LEFT + COLUMNS + RIGHT,
        top + HIGH + BELOW,
        name=name,
        title=f"Error of {headline(table)}",
        description=numbers(table),
        css="wide",
    )
    reach = 1.08 * limit(table)

    def y(ulp: float) -> float:
        return top + HIGH * (1 - ulp / reach) / 2

    if titled:
        drawing.text(LEFT, 26, f"Error of {headline(table)}", "title")
        drawing.text(LEFT, 46, numbers(table), "axis")
    axes(drawing, table, reach, y)
    band(drawing, table, y)
    bounds(drawing, table, y)
    return drawing


def headline(table: dict) -> str:
    return f"{table['function']}, {table['input']} → {table['output']}"


def numbers(table: dict) -> str:
    size = f", {plural(table['words'], 'word')} of {plural(table['word_bits'], 'bit')}"
    error = "exact"
    if table["max_ulp"]:
        error = f"largest error {number(table['max_ulp'])} ulp at x = {number(table['worst'])}, "
        error += f"mean {number(table['mean_ulp'])}"
    size = size if table["words"] else ""
    return f"{family_words(table['family'])}{size}; {error}, over all {count(table['codes'])} codes"


def limit(table: dict) -> float:
    """The largest number of ulp that must be seen."""
    worst = max(table["max_ulp"], *table["greatest"], *(-low for low in table["least"]))
    return max(worst, table["bound"] if shows_bound(table) else HALF, FINEST)


def shows_bound(table: dict) -> bool:
    return table["bound"] <= FAR * max(table["max_ulp"], HALF)


def axes(drawing: Drawing, table: dict, reach: float, y) -> None:
    bottom, fmt = y(-reach), Format.parse(table["input"])
    low, high = fmt.lo * fmt.step, (fmt.hi + 1) * fmt.step
    for ulp in ticks(-reach, reach, 5):
        drawing.line(LEFT, y(ulp), LEFT + COLUMNS, y(ulp), "grid" if ulp else "grid strong-grid")
        drawing.text(LEFT - 8, y(ulp) + 4, tick(ulp), "axis", anchor="end")
    for value in ticks(low, high, 10):
        x = LEFT + COLUMNS * (value - low) / (high - low)
        drawing.line(x, bottom, x, bottom + 4, "tick")
        drawing.text(x, bottom + 17, tick(value), "axis", anchor="middle")
    drawing.line(LEFT, bottom, LEFT + COLUMNS, bottom, "tick")
    drawing.text(LEFT + COLUMNS / 2, bottom + 36, "input x", "axis", anchor="middle")
    drawing.text(LEFT - 62, y(0) + 4, "ulp", "axis")


def band(drawing: Drawing, table: dict, y) -> None:
    """A step for each part, from the least to the greatest error in it."""
    edges = [LEFT + COLUMNS * k / len(table["least"]) for k in range(len(table["least"]) + 1)]
    spans = list(pairwise(edges))
    upper, lower = (
        [(x, y(ulp)) for span, ulp in zip(spans, table[side], strict=True) for x in span]
        for side in ("greatest", "least")
    )
    drawing.polygon([*upper, *reversed(lower)], "error-band")


def bounds(drawing: Drawing, table: dict, y) -> None:
    bound, right = table["bound"], LEFT + COLUMNS
    if not shows_bound(table):
        text = f"bound ±{tick(bound)}, not shown"
        drawing.text(right, y(0) - HIGH / 2 - 4, text, "bound-label", anchor="end")
        return
    for sign, value in (("+", bound), (MINUS, -bound)):
        drawing.line(LEFT, y(value), right, y(value), "bound")
        drawing.text(right + 6, y(value) + 4, f"{sign}{tick(bound)} bound", "bound-label")
