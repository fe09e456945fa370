"""The pictures: places and marks."""

from xml.etree import ElementTree

import pytest

from hwlstm.report.charts import error_chart, range_plot, share_bar
from hwlstm.report.diagram import block_diagram
from hwlstm.report.pipeline import pipeline_chart, rows_of
from hwlstm.report.source import load
from hwlstm.report.svg import Drawing, fitted, packed, ticks, width_of
from hwlstm.report.timeline import group_bar, idle, law, timeline_chart
from hwlstm.report.words import SPACE, TIMES

SIGNAL = {
    "signal": "lstm.c",
    "quantiles": [-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0],
    "lo": -2.0,
    "hi": 2.0,
    "format": "Q2.14",
}


def parsed(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(str(drawing.markup()))


def by_class(drawing: Drawing, css: str) -> list[ElementTree.Element]:
    return [one for one in parsed(drawing).iter() if css in one.get("class", "").split()]


def shown(element: ElementTree.Element) -> str:
    """The text itself, without its tip."""
    return (element[0].tail if len(element) else element.text).replace(SPACE, " ")


def extent(element: ElementTree.Element) -> tuple[float, float]:
    """Left and right end of a rectangle or a text."""
    x = float(element.get("x"))
    if element.tag == "rect":
        return x, x + float(element.get("width"))
    width = width_of(shown(element), 11)
    before = {"middle": width / 2, "end": width}.get(element.get("text-anchor"), 0)
    return x - before, x - before + width


@pytest.mark.parametrize("name", ["classifier", "regression"])
def test_nothing_leaves_a_large_drawing(name, write, request):
    build = load(write(request.getfixturevalue(name)))
    taps = build.manifest["taps"].get(build.layers[0]["name"], {"signals": {}})["signals"]
    chart = pipeline_chart(build.layers[0], taps, 0)

    for drawing in (block_diagram(build), timeline_chart(build), chart):
        for element in parsed(drawing).iter():
            if element.tag in ("rect", "text"):
                left, right = extent(element)
                assert -1 <= left <= right <= drawing.width + 1, element.attrib
                assert 0 <= float(element.get("y")) <= drawing.height


def test_block_diagram_shows_sizes_and_wires(classifier, write):
    build = load(write(classifier))
    words = [shown(one) for one in parsed(block_diagram(build)).iter("text")]
    layer = build.layers[0]

    assert {"8 lanes", f"2 units {TIMES} 4", "last step only", "argmax of 2"} <= set(words)
    assert f"8{TIMES}{layer['bits']['accumulator']}" in words
    assert f"4{TIMES}{layer['bits']['accumulator']}" in words
    assert str(layer["memories"]["weights"]["bits"]) in words
    assert words.count("state h") == words.count("state c") == 1


def test_every_operation_has_a_bar_from_start_to_end(classifier, write):
    layer = load(write(classifier)).layers[0]
    bars = by_class(pipeline_chart(layer, {}, 0), "bar")
    widths = sorted(float(bar.get("width")) + 2 for bar in bars)
    cycles = sorted(op["end"] - op["start"] for op in layer["pipeline"])

    assert [round(width * cycles[0] / widths[0]) for width in widths] == cycles


def test_operations_of_one_part_do_not_overlap_in_a_track(classifier, write):
    rows = rows_of(load(write(classifier)).layers[0])

    assert any(len(row.operations) > 1 for row in rows)
    for row in rows:
        spans = sorted(zip(row.tracks, row.operations, strict=True), key=lambda p: p[1]["start"])
        for n, (track, op) in enumerate(spans):
            later = [other for t, other in spans[n + 1 :] if t == track]
            assert all(other["start"] >= op["end"] for other in later)


def test_cell_without_operations_has_no_chart(classifier, write):
    layer = load(write(classifier)).layers[1] | {"pipeline": []}

    assert pipeline_chart(layer, {}, 0) is None


def test_timeline_hatches_the_groups_that_wait(classifier, write):
    build = load(write(classifier))
    groups = [
        group
        for steps in build.manifest["timeline"].values()
        for step in steps
        for group in step["groups"]
    ]
    waiting = [(first, last) for first, last, beats in groups if last + 1 - first > beats]

    assert waiting
    assert len(by_class(timeline_chart(build), "hatched")) == len(waiting)
    assert len(by_class(timeline_chart(build), "work")) == len(groups)


@pytest.mark.parametrize(("last", "hatched"), [(4, 0), (5, 1)])
def test_one_waiting_cycle_is_hatched(last, hatched):
    drawing = Drawing(900, 30, name="n", title="t", description="d")
    group_bar(drawing, [0, last, 5], "step 1, group 1", "step-0", 0, 1, "url(#n-hatch)")

    assert len(by_class(drawing, "hatched")) == hatched


def test_law_adds_up(classifier, write):
    layer = load(write(classifier)).layers[0]

    assert idle(layer) == 54 - layer["memories"]["weights"]["words"] > 0
    assert f"{idle(layer):g} cycles a step remain in which the multipliers wait" in law(layer)


def test_law_of_a_layer_that_never_waits(classifier, write):
    layer = load(write(classifier)).layers[0]
    busy = layer | {"cycles_per_step": layer["memories"]["weights"]["words"]}

    assert law(busy).endswith("so the multipliers never wait.")


def test_range_plot_is_to_scale():
    frame, *_ = by_class(range_plot(SIGNAL, 1), "format-range")
    whole, *_ = by_class(range_plot(SIGNAL, 1), "all")
    half, *_ = by_class(range_plot(SIGNAL, 1), "half")

    assert float(whole.get("width")) == pytest.approx(float(frame.get("width")) / 2)
    assert float(half.get("width")) == pytest.approx(float(frame.get("width")) / 8, abs=0.01)
    assert by_class(range_plot(SIGNAL, 1), "outside") == []


def test_range_plot_marks_what_lies_outside():
    high = SIGNAL | {"quantiles": [-1.0, 0.0, 0.0, 0.0, 1.0, 2.5, 3.0]}

    assert len(by_class(range_plot(high, 1), "outside")) == 1


def test_range_plot_of_values_all_outside_stays_in_the_picture():
    outside = SIGNAL | {"quantiles": [5.0] * 7, "lo": 0.0, "hi": 1.0, "format": "UQ0.8"}

    for one in parsed(range_plot(outside, 1)).iter("rect"):
        assert 0 <= float(one.get("x")) <= float(one.get("x")) + float(one.get("width")) <= 270


@pytest.mark.parametrize("steps", [2, 40, 41, 1000])
def test_error_chart_has_two_lines_with_all_points(steps):
    chart = error_chart("lstm.h", [[0.001 * k, 0.002 * k] for k in range(steps)], 0)
    lines = by_class(chart, "curve")

    assert [len(line.get("points").split()) for line in lines] == [steps, steps]
    assert len(by_class(chart, "mark-rms")) == (steps if steps <= 40 else 0)


def test_share_above_one_fills_the_bar():
    bar = share_bar(3.5, name="n", title="t", css="over")

    assert by_class(bar, "over")[0].get("width") == "140"


def test_text_is_escaped_once():
    drawing = Drawing(9, 9, name="n", title="<&>", description='"')
    drawing.text(1, 1, "a<b", tip="c&d")

    root = parsed(drawing)

    assert root.find("title").text == "<&>"
    assert shown(root.find("text")) == "a<b"
    assert root.find("text/title").text == "c&d"


def test_packed_spans_use_the_first_free_track():
    assert packed([(0, 4), (1, 3), (4, 6), (3, 5)]) == [0, 1, 0, 1]
    assert packed([]) == []


@pytest.mark.parametrize("low", [0, 1, -3])
@pytest.mark.parametrize("span", [1e-6, 0.3, 7, 10, 1234])
def test_ticks_are_few_and_inside(low, span):
    found = ticks(low, low + span, 5)

    assert 1 <= len(found) <= 6
    assert all(low - 1e-9 <= tick <= low + span + 1e-9 for tick in found)


def test_ticks_of_nothing():
    assert ticks(2, 2) == [2]


def test_fitted_text_is_cut_with_an_ellipsis():
    assert fitted("short", 100) == "short"
    assert fitted("a rather long name", 60) == "a rathe…"
