"""Polynomials in sizes: exact, and decided for every size or not at all."""

import numpy as np
import pytest

from hwlstm.load.walk.decide import at_least, clamped, elementwise, equal
from hwlstm.load.walk.polynomial import Polynomial, Variable
from hwlstm.load.walk.refused import Refused

T, B = Polynomial.of(Variable("t")), Polynomial.of(Variable("b"))
ONE = Polynomial.of(1)


def test_equality_is_that_of_terms():
    assert (T + 1) * (T - 1) == T * T - 1
    assert T * B == B * T
    assert T != B
    assert T - T == 0


@pytest.mark.parametrize(
    ("whole", "part", "quotient"),
    [
        (T * B * 6, B * 3, T * 2),
        (T * T - 1, T - 1, T + 1),
        ((T + B) * (T * B - 4), T * B - 4, T + B),
        (T * 6, Polynomial.of(4), None),
        (T * B + 1, B, None),
        (T, Polynomial.of(0), None),
    ],
)
def test_division_is_exact_or_none(whole, part, quotient):
    found = whole.divided(part)
    assert found is None if quotient is None else found == quotient


def test_what_holds_for_every_size_is_decided():
    assert at_least(T, ONE, "")
    assert not at_least(Polynomial.of(0), T, "")
    assert at_least(T * B, T, "")
    assert not equal(T + B, ONE, "")
    for a, b in ((T, Polynomial.of(2)), (T, B), (T * T, T * 3)):
        with pytest.raises(Refused):
            at_least(a, b, "size")


@pytest.mark.parametrize(("bound", "kept"), [(0, 0), (1, 1), (-1, "t - 1"), (2**31 - 1, "t")])
def test_bounds_are_clamped_where_every_size_clamps_them(bound, kept):
    assert repr(clamped(Polynomial.of(bound), T, 0, T, "end")) == str(kept)


@pytest.mark.parametrize("bound", [2, 100, -2, 2**31 - 2])
def test_bounds_that_some_sizes_clamp_are_refused(bound):
    with pytest.raises(Refused, match="which depends on the size of the input"):
        clamped(Polynomial.of(bound), T, 0, T, "end")


def test_division_and_remainder_of_sizes_are_exact_or_refused():
    assert elementwise("Div", T * 6, Polynomial.of(3)) == T * 2
    assert elementwise("Mod", T * 6, T) == 0
    assert elementwise("Div", Polynomial.of(-7), Polynomial.of(2)) == -3
    for operator in ("Div", "Mod"):
        with pytest.raises(Refused):
            elementwise(operator, T, Polynomial.of(3))


def test_coefficients_beyond_64_bits_are_refused():
    with pytest.raises(Refused, match=r"^integer = "):
        Polynomial.of(np.array([2**40])) * T * 2**40


def test_a_name_does_not_make_two_sizes_one():
    assert Polynomial.of(Variable("n")) != Polynomial.of(Variable("n"))


def test_text_is_what_one_would_write():
    assert repr(T * B * 2 - T + 3) == "2*t*b - t + 3"
    assert repr(T - T) == "0"
