"""Numbers in words."""

import pytest

from hwlstm.report import words

GAP, SPACE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (236, "236"),
        (117254, f"117{GAP}254"),
        (-1.2425, f"{MINUS}1.24"),
        (0.0387, "0.0387"),
        (55.25, "55.2"),
        (-4.768e-7, f"{MINUS}4.77{TIMES}10⁻⁷"),
        (2.5e12, f"2.50{TIMES}10¹²"),
        (5e-324, f"4.94{TIMES}10⁻³²⁴"),
        (12345.6, f"12{GAP}346"),
    ],
)
def test_number_keeps_three_digits(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(2.7325e-6, "2.73 µs"), (1.5, "1.50 s"), (4e-10, "0.400 ns")]
)
def test_seconds_choose_their_unit(value, text):
    assert words.seconds(value).replace(SPACE, " ") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(45700, "45.7 thousand"), (999, "999"), (1.5e6, "1.50 million"), (0.25, "0.250")],
)
def test_rate_chooses_its_word(value, text):
    assert words.rate(value).replace(SPACE, " ") == text


@pytest.mark.parametrize(("share", "text"), [(1, "100 %"), (0.9039, "90.4 %"), (0, "0 %")])
def test_percent(share, text):
    assert words.percent(share).replace(SPACE, " ") == text


def test_plural_and_join():
    assert words.plural(1, "lane") == f"1{SPACE}lane"
    assert words.plural(2000, "lane") == f"2{GAP}000{SPACE}lanes"
    assert [words.join(names) for names in ([], ["a"], ["a", "b", "c"])] == ["", "a", "a, b and c"]


def test_real_range_is_half_open():
    assert words.real_range("Q4.12") == f"[{MINUS}8, 8)"
    assert words.real_range("UQ4.0") == "[0, 16)"


def test_breakable_name_is_escaped():
    assert words.breakable("table_<b>") == "table_<wbr>&lt;b&gt;"


def test_family_is_told_in_words():
    assert words.family_words("clipped") == "straight lines"
    assert words.family_words("unheard") == "unheard"


def test_axis_labels_have_no_trailing_zeros():
    assert words.tick(3 * 0.1) == "0.3"
    assert words.tick(-2.0) == f"{MINUS}2"
    assert words.tick(2e-5) == f"2.0{TIMES}10⁻⁵"
