"""Rows of weights as integers, so that their sums of products stay what they were on the data.

The sum of a row w over a column vector v errs by (w - q) v; its square has the mean e' H e, with e
= w - q and H the covariance of v, once the bias has taken over the mean. To minimise it over
integers is the closest vector problem: answered by Babai's nearest plane, which is the error
feedback of GPTQ (Frantar 2023; Chen 2025), and improved integer by integer from there.
"""

import numpy as np

__all__ = ["expected_error", "nearest", "rounded_rows"]

MOST_SWEEPS = 100
CERTAIN = 0.5 + 1e-9
"""An integer moves if it is farther than this from the best one: equals do not change places."""


def rounded_rows(rows: np.ndarray, hessian: np.ndarray, step, lo, hi) -> np.ndarray:
    """Rows of real weights as multiples of `step`, of least expected error.

    Never worse than rounding to nearest.

    Parameters
    ----------
    rows : array (rows, columns)
    hessian : array (columns, columns)
        Covariance of the columns, positive definite.
    step, lo, hi : arrays that broadcast to rows
        Worth of one unit; smallest and largest integer.

    Returns
    -------
    Integers (rows, columns), int64.
    """
    step, lo, hi = (np.broadcast_to(np.asarray(v, np.float64), rows.shape) for v in (step, lo, hi))
    found = [
        descended(rows, start, hessian, step, lo, hi)
        for start in (
            nearest(rows, step, lo, hi),
            fed_back(rows, hessian, step, lo, hi),
        )
    ]
    errors = [expected_error(rows, integers * step, hessian) for integers in found]
    return np.where((errors[1] < errors[0])[:, None], found[1], found[0]).astype(np.int64)


def nearest(rows: np.ndarray, step, lo, hi) -> np.ndarray:
    """Each weight to the nearest integer of its format, ties to even, as floats."""
    return np.clip(np.rint(rows / step), lo, hi)


def expected_error(rows: np.ndarray, worth: np.ndarray, hessian: np.ndarray) -> np.ndarray:
    """Mean square of the error of each row's sum, the mean of the error apart."""
    error = rows - worth
    return np.einsum("rc,rc->r", error @ hessian, error)


def fed_back(rows: np.ndarray, hessian: np.ndarray, step, lo, hi) -> np.ndarray:
    """Column after column to nearest, the one of largest variance first, each after the errors
    made so far were fed back into it."""
    order = np.argsort(np.diag(hessian), kind="stable")
    factor = np.linalg.cholesky(hessian[np.ix_(order, order)]).T
    factor = factor / np.diag(factor)[:, None]
    integers, error = np.empty_like(rows), np.zeros_like(rows)
    for k in reversed(range(len(order))):
        column = order[k]
        aim = rows[:, column] + error[:, k + 1 :] @ factor[k, k + 1 :]
        integers[:, column] = nearest(aim, step[:, column], lo[:, column], hi[:, column])
        error[:, k] = rows[:, column] - integers[:, column] * step[:, column]
    return integers


def descended(rows: np.ndarray, start: np.ndarray, hessian: np.ndarray, step, lo, hi) -> np.ndarray:
    """Integers that no change of a single one improves."""
    integers = start.copy()
    slope = (integers * step - rows) @ hessian
    for _ in range(MOST_SWEEPS):
        moved = False
        for k, variance in enumerate(np.diag(hessian)):
            best = integers[:, k] - slope[:, k] / (variance * step[:, k])
            best = np.clip(best, lo[:, k], hi[:, k])
            (which,) = np.nonzero(np.abs(best - integers[:, k]) > CERTAIN)
            if len(which):
                to = np.rint(best[which])
                change = (to - integers[which, k]) * step[which, k]
                integers[which, k] = to
                slope[which] += change[:, None] * hessian[k]
                moved = True
        if not moved:
            break
    return integers
