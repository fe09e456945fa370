"""fit: what it finds is right, and what it refuses cannot be."""

import itertools

import numpy as np
import pytest

from hwlstm.activation.fit import Precision, Run, fit


def a_run(lo, hi, t=None):
    lo, hi = np.atleast_2d(lo), np.atleast_2d(hi)
    t = np.tile(np.arange(lo.shape[1]), (len(lo), 1)) if t is None else t
    return Run((lo + hi) / 2, lo, hi, t)


def outputs(found, run, p):
    a, b, c = (v[:, None] for v in (found.a, found.b, found.c))
    slope = b if p.drop is None else b + (c * (run.t >> p.drop) >> p.shift)
    return (a * 2**p.s + slope * run.t) >> p.g


def exists(lo, hi, p, *, rising=False):
    """Every a and b of a tiny problem, one by one, in Python's own integers."""
    for a, b in itertools.product(range(-40, 80), range(0 if rising else -24, 25)):
        v = [a * 2**p.s + b * t >> p.g for t in range(len(lo))]
        if all(low <= y <= high for low, y, high in zip(lo, v, hi, strict=True)):
            return True
    return False


@pytest.mark.parametrize("seed", range(60))
def test_one_segment_is_feasible_exactly_if_brute_force_finds_it(seed):
    rng = np.random.default_rng(seed)
    codes, slope = rng.integers(2, 7), rng.uniform(-2, 2)
    middle = slope * np.arange(codes) + rng.uniform(0, 4) + rng.normal(0, 0.5, codes)
    room = rng.choice([0, 0, 1], codes)
    lo = np.rint(middle).astype(int)
    hi = lo + room
    p = Precision(*[(2, 1), (2, 0), (1, 1), (3, 2)][seed % 4])
    run = a_run(lo, hi)
    found = fit([run], None, p)
    assert (found is not None) == exists(lo.tolist(), hi.tolist(), p)
    if found:
        y = outputs(found, run, p)
        assert (lo <= y).all() and (y <= hi).all()


def tables(seed):
    """Admissible outputs of 6 segments of 8 codes of a rising function, and their knots."""
    rng = np.random.default_rng(seed)
    exact = 40 * np.tanh(np.arange(49) / 20) + rng.uniform(0, 1)
    lo, hi = np.ceil(exact - 1).astype(int), np.floor(exact + 1).astype(int)
    return exact, lo, hi


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("direction", [1, -1])
def test_knots_make_all_segments_together_monotone(seed, direction):
    _exact, lo, hi = tables(seed)
    if direction < 0:
        lo, hi = -hi, -lo
    p = Precision(5, 3)
    run = a_run(lo[:48].reshape(6, 8), hi[:48].reshape(6, 8))
    found = fit([run], (lo[::8], hi[::8]), p, direction=direction)
    assert found is not None
    y = outputs(found, run, p).ravel()
    assert (np.diff(y) * direction >= 0).all()
    assert (lo[:48] <= y).all() and (y <= hi[:48]).all()


@pytest.mark.parametrize("seed", range(10))
def test_a_closed_fit_reaches_its_knots_and_its_image_is_exact(seed):
    _, lo, hi = tables(seed)
    p, span, mirror = Precision(5, 3), 8, 0
    run = a_run(lo[:48].reshape(6, 8), hi[:48].reshape(6, 8))
    found = fit([run], (lo[::8], hi[::8]), p, closed=True, direction=1)
    assert found is not None
    y = outputs(found, run, p)
    behind = found.a * 2**p.s + found.b * span >> p.g
    assert (behind[:-1] == y[1:, 0]).all()
    image = ((mirror + 1) * 2**p.g - found.b * span) // 2**p.s - found.a
    for k in range(6):
        for t in range(1, span):
            mirrored = int(image[k]) * 2**p.s + int(found.b[k]) * (span - t) >> p.g
            assert mirrored == mirror - y[k, t]


def test_a_parabola_fits_where_no_line_does_and_never_bends_back():
    t = np.arange(16)
    exact = t * t / 12 + t / 3
    run = Run(
        exact[None], np.rint(exact).astype(int)[None], np.rint(exact).astype(int)[None], t[None]
    )
    run = Run(run.exact, run.lo, run.hi + 1, run.t)
    assert fit([run], None, Precision(8, 0)) is None
    knots = (np.array([0, 20]), np.array([1, 30]))
    p = Precision(8, 2, 1, 2)
    found = fit([run], knots, p, direction=1)
    assert found is not None
    y = outputs(found, run, p).ravel()
    assert (np.diff(y) >= 0).all() and (run.lo <= y).all() and (y <= run.hi).all()


def test_codes_that_admit_nothing_have_no_fit():
    assert fit([a_run([0, 2, 4], [0, 1, 4])], None, Precision(8, 0)) is None
    run = a_run([[0, 1], [3, 4]], [[0, 1], [3, 4]])
    assert (
        fit([run], (np.array([0, 5, 5]), np.array([0, 5, 5])), Precision(6, 0), direction=1) is None
    )
