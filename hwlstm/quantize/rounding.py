"""Rows of weights as integers, so that their sums of products stay what they were on the data.

The sum of a row w over a column vector v errs by (w - q) v; its square has the mean e' H e, with e
= w - q and H the covariance of v, once the bias has taken over the mean. To minimise it over
integers is the closest vector problem: answered by Babai's nearest plane, which is the error
feedback of GPTQ (Frantar 2023; Chen 2025), and improved integer by integer from there.
"""

import numpy as np

__all__ = ["expected_error", "fed_back", "nearest", "rounded_rows"]

MOST_SWEEPS = 100
CERTAIN = 0.5 + 1e-9
"""An integer moves if it is farther than this from the best one: equals do not change places."""


def rounded_rows(rows: np.ndarray, hessian: np.ndarray, step, lo, hi) -> np.ndarray:
    """Rows of real weights as multiples of `step`, of least expected error.

    Never worse than rounding to nearest, and no change of a single integer would be better.

    Parameters
    ----------
    rows : array (rows, columns)
    hessian : array (columns, columns)
        Covariance of the columns, positive definite.
    step, lo, hi : numbers, or arrays (columns,)
        Worth of one unit; smallest and largest integer.

    Returns
    -------
    Integers (rows, columns), int64.
    """
    start, plain = fed_back(rows, hessian, step, lo, hi), nearest(rows, step, lo, hi)
    worse = expected_error(rows, start * step, hessian) > expected_error(
        rows, plain * step, hessian
    )
    start[worse] = plain[worse]
    return descended(rows, start, hessian, step, lo, hi).astype(np.int64)


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
    # Arrays (columns, rows) from here on: a column lies in one piece.
    weights, (step, lo, hi) = rows.T[order], by_column(order, step, lo, hi)
    integers, error = np.empty_like(weights), np.zeros_like(weights)
    for k in reversed(range(len(order))):
        aim = weights[k] + factor[k, k + 1 :] @ error[k + 1 :]
        integers[k] = nearest(aim, step[k], lo[k], hi[k])
        error[k] = weights[k] - integers[k] * step[k]
    return integers[np.argsort(order)].T


def descended(rows: np.ndarray, start: np.ndarray, hessian: np.ndarray, step, lo, hi) -> np.ndarray:
    """Integers that no change of a single one improves."""
    columns = np.arange(len(hessian))
    step, lo, hi = by_column(columns, step, lo, hi)
    integers = start.copy()
    slope = (integers * step - rows) @ hessian
    for _ in range(MOST_SWEEPS):
        moved = False
        for k in columns:
            old = integers[:, k]
            best = np.clip(old - slope[:, k] / (hessian[k, k] * step[k]), lo[k], hi[k])
            (which,) = np.nonzero(np.abs(best - old) > CERTAIN)
            if len(which):
                change = np.rint(best[which]) - old[which]
                integers[which, k] += change
                slope[which] += np.outer(change * step[k], hessian[k])
                moved = True
        if not moved:
            break
    return integers


def by_column(order: np.ndarray, *values) -> list[np.ndarray]:
    """A number for each column, in that order."""
    return [np.broadcast_to(np.asarray(v, np.float64), order.shape)[order] for v in values]
