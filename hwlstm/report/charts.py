"""Small charts: ranges against a format, shares, errors over the steps."""

from .svg import Drawing, ticks
from .words import count, number, real_range, tick

__all__ = ["error_chart", "range_legend", "range_plot", "share_bar"]

PLOT, EDGE = 270, 8


def range_plot(signal: dict, number_on_page: int) -> Drawing:
    """Quantiles of the float reference on the range of the format, linear.

    The line spans all values, the thin bar 1 % to 99 %, the thick one 25 % to 75 %; the tick is
    the median.
    """
    q, lo, hi = signal["quantiles"], signal["lo"], signal["hi"]
    low, high = min(lo, q[0]), max(hi, q[-1])
    scale = (PLOT - 2 * EDGE) / ((high - low) or 1)

    def at(value: float) -> float:
        return EDGE + (value - low) * scale

    drawing = Drawing(
        PLOT,
        22,
        name=f"range-{number_on_page}",
        title=f"Range of {signal['signal']}",
        description=f"Values from {number(q[0])} to {number(q[-1])}, half of them from "
        f"{number(q[2])} to {number(q[4])}; the format holds {real_range(signal['format'])}.",
        css="range",
    )
    drawing.rect(at(lo), 2, at(hi) - at(lo), 18, "format-range", round=2)
    if low <= 0 <= high:
        drawing.line(at(0), 2, at(0), 20, "zero")
    for start, end in ((q[0], min(q[-1], lo)), (max(q[0], hi), q[-1])):
        if end > start:
            drawing.rect(at(start), 8, max(3, at(end) - at(start)), 6, "outside")
    for low_end, high_end, height, css in ((0, 6, 2, "all"), (1, 5, 6, "most"), (2, 4, 12, "half")):
        x, width = at(q[low_end]), at(q[high_end]) - at(q[low_end])
        drawing.rect(x, 11 - height / 2, max(1.5, width), height, f"spread {css}")
    drawing.rect(at(q[3]) - 1, 4, 2, 14, "median")
    return drawing


def range_legend() -> Drawing:
    """What the marks of :func:`range_plot` mean."""
    example = {
        "signal": "a signal (how to read the plots)",
        "quantiles": [-0.8, -0.55, -0.2, 0.05, 0.3, 0.6, 0.75],
        "lo": -1.0,
        "hi": 1.0,
        "format": "Q1.15",
    }
    plot = range_plot(example, 0)
    drawing = Drawing(
        720,
        70,
        name="range-legend",
        title="How to read the range plots",
        description="Frame: range of the format. Line: smallest to largest value. Thin bar: 1 % "
        "to 99 %. Thick bar: 25 % to 75 %. Upright: median.",
        css="legend",
    )
    for element in list(plot.root)[2:]:
        drawing.root.append(element)
    marks = ((8, 50, "format: smallest"), (262, 50, "format: largest"))
    for x, y, text in marks:
        drawing.line(x, 20, x, y - 11, "leader")
        drawing.text(x, y, text, "axis", anchor="start" if x < 50 else "end")
    drawing.text(135, 50, "0", "axis", anchor="middle")
    keys = ("spread all", "spread most", "spread half", "median", "outside")
    words = ("all values", "1 % to 99 %", "25 % to 75 %", "median", "outside: saturates")
    for k, (css, text) in enumerate(zip(keys, words, strict=True)):
        x, y = 310 + 140 * (k % 3), 12 + 26 * (k // 3)
        height = (2, 6, 12, 14, 6)[k]
        drawing.rect(x, y - height / 2, 2 if css == "median" else 26, height, css)
        drawing.text(x + 33, y + 4, text, "axis")
    return drawing


def share_bar(share: float, *, name: str, title: str, css: str = "") -> Drawing:
    """A share of 1 as a bar; above 1 it is full and marked."""
    drawing = Drawing(
        140, 12, name=name, title=title, description=f"{100 * share:.1f} %", css="share"
    )
    drawing.rect(0, 1, 140, 10, "track", round=2)
    drawing.rect(0, 1, 140 * min(1, share), 10, f"fill {css}".strip(), round=2)
    return drawing


ERROR_WIDTH, ERROR_HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 62, 52, 14, 42


def error_chart(state: str, error: list, number_on_page: int) -> Drawing:
    """Root mean square and largest error of a state against the step."""
    top = max(worst for _, worst in error) or 1.0
    drawing = Drawing(
        ERROR_WIDTH,
        ERROR_HEIGHT,
        name=f"error-{number_on_page}",
        title=f"Error of {state} against float64",
        description=f"At the last of {len(error)} steps: rms {number(error[-1][0])}, largest "
        f"{number(error[-1][1])}.",
        css="error",
    )
    wide, high = ERROR_WIDTH - LEFT - RIGHT, ERROR_HEIGHT - TOP - BOTTOM

    def place(step: int, value: float) -> tuple[float, float]:
        return LEFT + wide * step / max(1, len(error) - 1), TOP + high * (1 - value / (1.05 * top))

    error_axes(drawing, len(error), top, place)
    for k, (css, label) in enumerate((("rms", "rms"), ("worst", "largest"))):
        points = [place(step, pair[k]) for step, pair in enumerate(error)]
        drawing.polyline(points, f"curve {css}")
        if len(points) <= 40:
            for (x, y), (step, pair) in zip(points, enumerate(error), strict=True):
                tip = f"step {step + 1}: {label} {number(pair[k])}"
                mark(drawing, x, y, css, tip)
        x, y = points[-1]
        drawing.text(x + 8, y + 4, label, f"curve-label {css}")
    return drawing


def mark(drawing: Drawing, x: float, y: float, css: str, tip: str) -> None:
    """Round for rms, square for the largest: told apart without colour."""
    if css == "rms":
        drawing.dot(x, y, 3.2, f"mark-{css}", tip=tip)
    else:
        drawing.rect(x - 3, y - 3, 6, 6, f"mark-{css}", tip=tip)


def error_axes(drawing: Drawing, steps: int, top: float, place) -> None:
    for value in ticks(0, 1.05 * top, 6):
        _, y = place(0, value)
        drawing.line(LEFT, y, ERROR_WIDTH - RIGHT, y, "grid")
        drawing.text(LEFT - 7, y + 4, tick(value), "axis", anchor="end")
    bottom = ERROR_HEIGHT - BOTTOM
    for step in sorted({1, *(int(t) for t in ticks(1, steps, 8) if t == int(t))}):
        x, _ = place(step - 1, 0)
        drawing.line(x, bottom, x, bottom + 4, "tick")
        drawing.text(x, bottom + 17, count(step), "axis", anchor="middle")
    middle = LEFT + (ERROR_WIDTH - LEFT - RIGHT) / 2
    drawing.text(middle, ERROR_HEIGHT - 7, "step of the sequence", "axis", anchor="middle")
    drawing.line(LEFT, TOP, LEFT, bottom, "tick")
