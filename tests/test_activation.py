"""Activation tables: their bound holds for every input code, against many digits."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from hwlstm.activation import Activation, Direct, PiecewiseLinear
from hwlstm.fixed import Format

CASES = [
    ("sigmoid", "Q4.12", "Q1.15"),
    ("tanh", "Q4.12", "Q1.15"),
    ("tanh", "Q3.13", "Q1.15"),
    ("sigmoid", "Q6.10", "Q1.15"),
    ("tanh", "Q5.7", "Q1.11"),
    ("sigmoid", "Q4.4", "Q1.7"),
    ("tanh", "Q3.5", "Q1.7"),
    ("sigmoid", "Q2.2", "Q1.3"),
]


def reference(function: str, x: float) -> float:
    return math.tanh(x) if function == "tanh" else 1 / (1 + math.exp(-x))


@pytest.mark.parametrize(("function", "source", "target"), CASES)
def test_every_code_is_within_the_bound_and_the_certificate_says_how_far(function, source, target):
    source, target = Format.parse(source), Format.parse(target)
    unit = Activation(function, source, target, max_ulp=1.0)
    codes = unit.coefficients.codes()
    assert len(codes) == 2**source.width
    errors = []
    for raw, y in zip(range(source.lo, source.hi + 1), codes.tolist(), strict=True):
        exact = reference(function, raw * source.step) / target.step
        errors.append(abs(y - min(max(exact, target.lo), target.hi)))
    assert max(errors) <= 1.0
    assert unit.certificate.max_ulp == pytest.approx(max(errors), abs=1e-6)
    assert unit.certificate.monotone == all(a <= b for a, b in itertools.pairwise(codes))


def test_a_small_input_gets_a_direct_table_that_is_correctly_rounded():
    unit = Activation("tanh", Format.parse("Q3.5"), Format.parse("Q1.7"))
    assert isinstance(unit.coefficients, Direct)
    assert unit.certificate.max_ulp <= 0.5


def test_a_wide_input_gets_segments_of_which_the_integer_formula_is_exact():
    unit = Activation("sigmoid", Format.parse("Q4.12"), Format.parse("Q1.15"))
    table = unit.coefficients
    assert isinstance(table, PiecewiseLinear)
    codes = table.codes()
    for code in range(0, 2**16, 97):
        segment, t = divmod(code, 1 << table.t_bits)
        a, b = int(table.a[segment]), int(table.b[segment])
        exact = Fraction(a, 1 << table.a_frac) + Fraction(b * t, 1 << table.g)
        assert codes[code] == math.floor(exact)


def test_the_smallest_table_that_meets_the_bound_is_chosen():
    loose, tight = (
        Activation("tanh", Format.parse("Q4.12"), Format.parse("Q1.15"), max_ulp=bound)
        for bound in (8, 1)
    )
    assert loose.coefficients.words < tight.coefficients.words
    assert 1 < loose.certificate.max_ulp <= 8


def test_a_bound_that_cannot_be_met_is_refused_with_the_best_that_was_reached():
    with pytest.raises(
        ValueError, match=r"^tanh Q4\.12 -> Q1\.15 must be within 0\.4 ulp; the best"
    ):
        Activation("tanh", Format.parse("Q4.12"), Format.parse("Q1.15"), max_ulp=0.4)


@pytest.mark.parametrize(
    ("function", "source", "message"),
    [
        ("relu", "Q4.12", "Activation function must be one of ['sigmoid', 'tanh'], not 'relu'"),
        ("tanh", "Q9.12", "Activation input must have at most 20 bits, not Q9.12"),
    ],
)
def test_what_no_table_is_made_for_is_refused(function, source, message):
    with pytest.raises(ValueError) as caught:
        Activation(function, Format.parse(source), Format.parse("Q1.15"))
    assert str(caught.value) == message


def test_the_result_range_is_the_range_of_the_table():
    unit = Activation("sigmoid", Format.parse("Q4.12"), Format.parse("Q1.15"))
    codes = unit.coefficients.codes()
    assert (unit.result.lo, unit.result.hi) == (np.min(codes), np.max(codes))
