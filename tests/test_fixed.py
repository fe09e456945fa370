"""Formats and the one narrowing, against exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwlstm.fixed import Format, Interval, narrow, quantise, real, saturated

FORMATS = st.builds(Format, st.integers(1, 20), st.integers(-6, 24), st.booleans())


def exact_narrow(value: int, frac: int, to: Format) -> int:
    """Nearest, ties to even, saturating; round() of a Fraction is ties to even."""
    return min(max(round(value * Fraction(2) ** (to.frac - frac)), to.lo), to.hi)


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1), st.integers(-4, 30), FORMATS)
def test_narrow_equals_exact_fractions_for_every_kind_of_number(values, frac, to):
    expected = [exact_narrow(value, frac, to) for value in values]
    assert [narrow(value, frac, to) for value in values] == expected
    if abs(to.frac - frac) < 20:
        assert narrow(np.array(values), frac, to).tolist() == expected
    assert narrow(np.array(values, dtype=np.float64), frac, to).tolist() == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(1, 0), (2, 1), (3, 2), (5, 2), (6, 3), (7, 4), (-2, -1), (-6, -3)]
)
def test_narrow_rounds_ties_to_even(value, expected):
    assert narrow(value, 1, Format(8, 0)) == expected
    assert narrow(value * 2, 2, Format(8, 0)) == expected
    assert narrow(value, 2, Format(8, 1)) == expected


@given(st.lists(st.integers(-(2**30), 2**30), min_size=1), st.integers(0, 20), FORMATS)
def test_saturated_counts_what_narrow_clips(values, frac, to):
    rounded = [round(value * Fraction(2) ** (to.frac - frac)) for value in values]
    expected = sum(not to.lo <= value <= to.hi for value in rounded)
    assert saturated(np.array(values, dtype=np.float64), frac, to) == expected


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), FORMATS)
def test_quantise_equals_exact_fractions(values, to):
    expected = [exact_narrow_real(value, to) for value in values]
    assert quantise(values, to).tolist() == expected


def exact_narrow_real(value: float, to: Format) -> int:
    return min(max(round(Fraction(value) * Fraction(2) ** to.frac), to.lo), to.hi)


@given(FORMATS)
def test_real_and_quantise_are_inverse_on_every_corner(to):
    raw = np.array([to.lo, to.hi, 0])
    assert quantise(real(raw, to), to).tolist() == raw.tolist()


@pytest.mark.parametrize("text", ["Q4.12", "Q1.15", "UQ0.8", "UQ1.7", "Q-2.10", "Q12.-4"])
def test_a_format_is_written_as_it_is_read(text):
    assert str(Format.parse(text)) == text


def test_q4_12_is_sixteen_bits_from_minus_eight_to_eight():
    fmt = Format.parse("Q4.12")
    assert (fmt.width, fmt.frac, fmt.signed) == (16, 12, True)
    assert (fmt.lo, fmt.hi) == (-32768, 32767)
    assert fmt.lo * fmt.step == -8


@given(st.integers(2, 20), st.floats(1e-3, 1e3), st.booleans())
def test_holding_gives_the_finest_format_that_does_not_saturate(width, magnitude, signed):
    fmt = Format.holding(width, magnitude, signed=signed)
    finer = Format(width, fmt.frac + 1, signed)
    lowest = -magnitude if signed else 0
    assert fmt.holds(lowest, magnitude)
    assert not finer.holds(lowest, magnitude)
    assert Format(width, fmt.frac, signed=False).holds(0, magnitude)
    assert not Format(width + 9, fmt.frac, signed=False).holds(-1e3, magnitude)


@pytest.mark.parametrize(
    ("lo", "hi", "width"),
    [(0, 0, 1), (0, 1, 1), (-1, 0, 1), (-1, 1, 2), (-128, 127, 8), (0, 256, 9)],
)
def test_an_interval_has_the_narrowest_register(lo, hi, width):
    assert Interval(0, lo, hi).width == width


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Format.parse("4.12"), "Format must be written like Q4.12 or UQ0.8, not '4.12'"),
        (lambda: Format.parse("Q40.40"), "Format width must be 1 to 64 bits, not 80"),
        (lambda: Format(8, 999), "Format must have -256 to 256 fraction bits, not 999"),
        (lambda: Format(0, 0), "Format width must be 1 to 64 bits, not 0"),
        (
            lambda: quantise([1.0, np.nan], Format(8, 4)),
            "Values to quantise must be numbers, not NaN",
        ),
    ],
)
def test_wrong_formats_and_values_are_refused(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message
