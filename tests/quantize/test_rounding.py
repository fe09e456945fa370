"""Rows as integers, against every other choice of integers there is."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from hwlstm.quantize.rounding import expected_error, nearest, rounded_rows

LO, HI, STEP = -4, 3, 0.5


def problem(seed, columns=4, rows=24):
    """Rows, and the covariance of columns that hang together."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(200, columns)) @ rng.normal(size=(columns, columns))
    covariance = np.cov(vectors.T, bias=True)
    return rng.uniform(-2.2, 1.7, (rows, columns)), covariance + 0.01 * np.eye(columns)


def least(rows, covariance):
    """The least error of each row, over all integers."""
    columns = rows.shape[1]
    grid = np.array(list(itertools.product(range(LO, HI + 1), repeat=columns))) * STEP
    return np.array(
        [expected_error(np.tile(row, (len(grid), 1)), grid, covariance).min() for row in rows]
    )


@pytest.mark.parametrize("seed", range(6))
def test_no_row_is_worse_than_to_nearest_and_most_are_the_best_there_is(seed):
    rows, covariance = problem(seed)
    found = expected_error(rows, rounded_rows(rows, covariance, STEP, LO, HI) * STEP, covariance)
    plain = expected_error(rows, nearest(rows, STEP, LO, HI) * STEP, covariance)
    best = least(rows, covariance)
    assert (found <= plain).all()
    assert (found >= best - 1e-12).all()
    assert (found <= best + 1e-12).mean() > 0.8
    assert found.sum() < 0.5 * plain.sum() + 0.5 * best.sum()


def test_no_single_integer_could_be_better():
    rows, covariance = problem(9, columns=12)
    found = rounded_rows(rows, covariance, STEP, LO, HI)
    error = expected_error(rows, found * STEP, covariance)
    for column, change in itertools.product(range(12), (-1, 1)):
        other = found.copy()
        other[:, column] = np.clip(other[:, column] + change, LO, HI)
        assert (expected_error(rows, other * STEP, covariance) >= error - 1e-9).all()


def test_integers_stay_within_a_format_that_saturates():
    rows, covariance = problem(3)
    found = rounded_rows(4 * rows, covariance, STEP, LO, HI)
    assert (found.min(), found.max()) == (LO, HI)


def test_columns_that_have_nothing_in_common_are_rounded_to_nearest():
    rows, _ = problem(0)
    found = rounded_rows(rows, np.diag([1.0, 2.0, 0.1, 5.0]), STEP, LO, HI)
    np.testing.assert_array_equal(found, nearest(rows, STEP, LO, HI))


def test_weights_that_a_format_holds_stay():
    rows, covariance = problem(1)
    exact = nearest(rows, STEP, LO, HI)
    np.testing.assert_array_equal(rounded_rows(exact * STEP, covariance, STEP, LO, HI), exact)


def test_every_column_and_row_may_have_its_own_step():
    rows, covariance = problem(2)
    step = np.array([0.5, 0.25, 0.5, 0.125])
    lo, hi = np.array([-4, -8, -4, -16]), np.array([3, 7, 3, 15])
    found = rounded_rows(rows, covariance, step, lo, hi)
    assert ((lo <= found) & (found <= hi)).all()
    finer = expected_error(rows, found * step, covariance).sum()
    coarse = rounded_rows(rows, covariance, STEP, LO, HI)
    assert finer < expected_error(rows, coarse * STEP, covariance).sum()


def test_the_expected_error_is_the_mean_square_over_the_vectors_in_exact_fractions():
    rng = np.random.default_rng(5)
    vectors = rng.integers(-8, 9, (16, 3)) / 8
    row, worth = np.array([[0.3, -0.7, 0.25]]), np.array([[0.5, -0.5, 0.0]])
    error = [Fraction(float(a)) - Fraction(float(b)) for a, b in zip(row[0], worth[0], strict=True)]
    sums = [sum(e * Fraction(float(v)) for e, v in zip(error, one, strict=True)) for one in vectors]
    mean = sum(sums) / 16
    expected = float(sum((s - mean) ** 2 for s in sums) / 16)
    covariance = np.cov(vectors.T, bias=True)
    assert expected_error(row, worth, covariance)[0] == pytest.approx(expected, rel=1e-12)
