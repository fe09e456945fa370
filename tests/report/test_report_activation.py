"""The picture of an activation's error."""

from xml.etree import ElementTree

import pytest

from hwlstm.activation import Activation
from hwlstm.report.activation import COLUMNS, activation_chart, activation_plot
from hwlstm.synth.activation import description

SVG = "{http://www.w3.org/2000/svg}"

TABLE = {
    "function": "tanh",
    "input": "Q2.6",
    "output": "Q1.7",
    "family": "linear",
    "words": 16,
    "word_bits": 12,
    "latency": 4,
    "bound": 1.0,
    "max_ulp": 0.75,
    "mean_ulp": 0.25,
    "monotone": True,
    "symmetric": True,
    "saturated_codes": 0,
    "codes": 256,
    "worst": -2.0,
    "least": [-0.75, -0.5, 0.0, 0.25],
    "greatest": [-0.25, 0.5, 0.0, 0.5],
}


def parsed(table: dict) -> ElementTree.Element:
    return ElementTree.fromstring(activation_plot(table))


def by_class(root: ElementTree.Element, css: str) -> list[ElementTree.Element]:
    return [one for one in root.iter() if css in one.get("class", "").split()]


def heights(root: ElementTree.Element) -> list[float]:
    """Of the corners of the band, from left to right above, and back below."""
    (band,) = by_class(root, "error-band")
    return [float(corner.partition(",")[2]) for corner in band.get("points").split()]


def words(root: ElementTree.Element) -> str:
    """With plain spaces and hyphens."""
    found = " ".join(one.text for one in root.iter(f"{SVG}text"))
    return found.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def test_band_spans_the_least_and_the_greatest_error_of_every_part():
    root = parsed(TABLE)
    upper, lower = (float(one.get("y1")) for one in by_class(root, "bound"))
    middle, ulp = (upper + lower) / 2, (lower - upper) / 2

    found = [round((middle - y) / ulp, 2) for y in heights(root)]

    assert found[:8:2] == found[1:8:2] == TABLE["greatest"]
    assert found[:7:-2] == found[-2:7:-2] == TABLE["least"]


def test_picture_says_what_it_shows():
    found = words(parsed(TABLE))

    assert "Error of tanh, Q2.6 → Q1.7" in found
    assert (
        "piecewise linear, 16 words of 12 bits; largest error 0.750 ulp at x = -2, mean 0.250, "
        "over all 256 codes"
    ) in found
    assert "+1 bound" in found
    assert "-1 bound" in found
    assert "-2 -1.5 -1 -0.5 0 0.5 1 1.5 2 input x" in found


def test_bound_far_beyond_the_error_is_told_instead_of_drawn():
    root = parsed(TABLE | {"bound": 12.5})

    assert by_class(root, "bound") == []
    assert "bound ±12.5, not shown" in words(root)


def test_exact_unit_has_a_line_at_zero():
    table = TABLE | {"max_ulp": 0, "mean_ulp": 0, "least": [0] * 4, "greatest": [0] * 4, "words": 0}

    root = parsed(table)

    assert len(set(heights(root))) == 1
    assert "piecewise linear; exact, over all 256 codes" in words(root)


@pytest.mark.parametrize("bound", [5e-324, 1e-9, 1.7e308])
@pytest.mark.parametrize("error", [0, 5e-324, 2.0**52])
def test_any_size_of_error_can_be_drawn(bound, error):
    table = TABLE | {"bound": bound, "max_ulp": error, "least": [-error], "greatest": [error]}

    assert all(0 <= y <= 300 for y in heights(parsed(table)))


def test_file_needs_no_variables_and_no_other_rules():
    text = activation_plot(description(Activation("tanh", "Q3.7", "Q1.7"), COLUMNS))

    assert "var(" not in text
    assert ".error-band" in text
    assert ".multiplier" not in text


def test_picture_in_a_page_has_no_title_and_no_style():
    root = ElementTree.fromstring(activation_chart(TABLE, "activation-0").markup())

    assert by_class(root, "title") == []
    assert root.find("style") is None
    assert root.find("title").get("id") == "activation-0-title"
