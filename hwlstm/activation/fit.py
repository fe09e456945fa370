"""Integer coefficients of a run of segments, by exact feasibility.

A segment is right if ``floor(v / 2**g)`` lies in the admissible outputs lo..hi of each of its
codes, where ``v = a * 2**s + (b + (c * (t >> drop) >> shift)) * t``. For given b and c each code
bounds a from both sides, so the admissible a are one interval; b is scanned over the finite range
that the outputs leave it, and c over the integers nearest to the curvature. Nothing is rounded.

Neighbours meet in a *knot*, the code at which the next segment begins. A dynamic program chooses
the output at every knot so that each segment can be fitted between its two: that makes the whole
table monotone, and lets the negative half be the mirror image of the positive.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Fit", "Precision", "Run", "fit"]

MOST_SLOPES = 256
"""Slopes tried for a segment: those nearest the middle of their range."""

BENDS = (-1, 0, 1)
"""Values of c tried, counted from the one nearest to the curvature."""

UNBOUNDED = 1 << 60

MOST_TRIES = 64
"""Slopes and curvatures among which a segment without a flaw is looked for."""

MOST_STARTS = 256
"""Values of a tried with each of them, evenly spaced."""

MOST_VALUES = 1 << 17
"""Values of a segment computed with each of them."""

MOST_PATHS = 12
"""Ways through the knots that are tried when a segment on the way has a tie or bends back."""

MOST_KNOTS = 4
"""Outputs tried at a knot: those nearest the middle."""


@dataclass(frozen=True)
class Precision:
    """Where the binary points stand.

    Parameters
    ----------
    g : int
        Fraction bits of v, in output ulp.
    s : int
        How many of them a has not.
    drop, shift : int or None
        Of the quadratic term; None: there is none.
    """

    g: int
    s: int
    drop: int | None = None
    shift: int = 0

    def slope(self, b, c, t):
        """What multiplies t."""
        return b if self.drop is None else b + (c * (t >> self.drop) >> self.shift)

    def value(self, a, b, c, t):
        """v."""
        return (a << self.s) + self.slope(b, c, t) * t


@dataclass(frozen=True, eq=False)
class Run:
    """Consecutive segments of one length.

    Attributes
    ----------
    exact : float64 array (segments, codes)
        In output ulp.
    lo, hi : int64 arrays (segments, codes)
        Admissible outputs.
    t : int64 array (segments, codes)
        What multiplies the slope.
    """

    exact: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    t: np.ndarray


@dataclass(frozen=True, eq=False)
class Fit:
    """a, b and c of every segment, int64 arrays (segments,)."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray


@dataclass(frozen=True, eq=False)
class Scan:
    """For each b and c that a run tries, the interval of a that its inner codes admit.

    All arrays have the shape (segments, tries).
    """

    run: Run
    b: np.ndarray
    c: np.ndarray
    a_lo: np.ndarray
    a_hi: np.ndarray


def fit(
    runs: list[Run],
    knots: tuple[np.ndarray, np.ndarray] | None,
    precision: Precision,
    *,
    closed: bool = False,
    direction: int = 0,
) -> Fit | None:
    """Coefficients of all segments, or None if none were found at this precision.

    Parameters
    ----------
    knots : pair of int64 arrays (segments + 1,), or None
        Admissible outputs where segments meet, the two ends included; None: segments are free.
    closed : bool
        Each segment also gives the output of the knot behind its last code, and no value of v
        behind its first code is a multiple of 2**g: then its mirror image,
        ``a' = (mirror + 1) * 2**g - b * span - a``, gives the mirrored outputs.
    direction : int
        1: no output is below the one before; -1: none is above it.
    """
    search = Search(precision, closed, direction)
    scans = [search.scan(run) for run in runs]
    if knots is None:
        return joined([search.chosen(s, s.a_lo, s.a_hi)[0] for s in scans])
    levels = [outputs(lo, hi) for lo, hi in zip(*knots, strict=True)]
    possible = search.possible(scans, levels)
    for _ in range(MOST_PATHS):
        path = through(levels[0], possible)
        if path is None:
            return None
        fits, failed = search.along(scans, path)
        if not failed:
            return joined(fits)
        for k in failed:
            possible[k].discard((path[k], path[k + 1]))
    return None


@dataclass(frozen=True)
class Search:
    """What is asked of every segment."""

    precision: Precision
    closed: bool
    direction: int

    def scan(self, run: Run) -> Scan:
        """The intervals of a, try by try."""
        bends = self.bends(run)
        parts = [self.scan_slopes(run, c) for c in bends]
        columns = (np.concatenate(column, axis=1) for column in zip(*parts, strict=True))
        return Scan(run, *columns)

    def bends(self, run: Run) -> list[np.ndarray]:
        """Values of c to try, each (segments, 1): those around twice the curvature."""
        p, (segments, codes) = self.precision, run.lo.shape
        if p.drop is None or codes < 3:
            return [np.zeros((segments, 1), np.int64)]
        t = np.arange(codes) - (codes - 1) / 2
        parabola = t * t - (t * t).mean()
        curvature = run.exact @ parabola / (parabola @ parabola)
        middle = np.rint(np.ldexp(curvature, p.g + p.drop + p.shift)).astype(np.int64)[:, None]
        return [middle + k for k in BENDS]

    def scan_slopes(self, run: Run, c: np.ndarray) -> tuple[np.ndarray, ...]:
        p = self.precision
        bent = p.slope(0, c, run.t) * run.t
        lo, hi = (run.lo << p.g) - bent, (run.hi + 1 << p.g) - 1 - bent
        first, last = self.slopes(lo, hi, run.t)
        count = min(max(int((last - first).max()) + 1, 1), MOST_SLOPES)
        start = np.where(last - first < count, first, (first + last - count) // 2)
        b = start[:, None] + np.arange(count)
        # The first code of a closed segment is a knot, and judged there.
        inner = slice(1 if self.closed else 0, None)
        lo, hi, t = lo[:, inner], hi[:, inner], run.t[:, inner]
        a_lo, a_hi = np.full_like(b, -UNBOUNDED), np.full_like(b, UNBOUNDED)
        for k in range(count if t.shape[1] else 0):
            slope = b[:, k : k + 1] * t
            a_lo[:, k] = -((slope - lo).min(axis=1) >> p.s)
            a_hi[:, k] = (hi - slope).min(axis=1) >> p.s
        a_hi[b > last[:, None]] = -UNBOUNDED
        return b, np.broadcast_to(c, b.shape), a_lo, a_hi

    def slopes(self, lo, hi, t) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of b, from pairs of codes; the scan decides within them."""
        segments, codes = lo.shape
        if codes == 1:
            return np.zeros(segments, np.int64), np.zeros(segments, np.int64)
        rises = self.direction if self.precision.drop is None else 0
        first = np.full(segments, 0 if rises > 0 else -UNBOUNDED)
        last = np.full(segments, 0 if rises < 0 else UNBOUNDED)
        at = sorted({round(k * (codes - 1) / 4) for k in range(5)})
        for left, right in itertools.combinations(at, 2):
            apart = right - left
            first = np.maximum(first, -((hi[:, left] - lo[:, right]) // apart))
            last = np.minimum(last, (hi[:, right] - lo[:, left]) // apart)
        return first, last

    def ended(self, s: Scan, start: np.ndarray, end: np.ndarray):
        """The intervals of a if the segments run from the knots `start` to the knots `end`."""
        p, t = self.precision, s.run.t
        a_lo, a_hi = s.a_lo, s.a_hi

        def at_least(value, t):
            return np.maximum(a_lo, -((sloped(t) - (value[:, None] << p.g)) >> p.s))

        def at_most(value, t):
            return np.minimum(a_hi, ((value[:, None] + 1 << p.g) - 1 - sloped(t)) >> p.s)

        def sloped(t):
            return p.value(0, s.b, s.c, t[:, None])

        if self.closed:
            for value, at in ((start, t[:, 0]), (end, t[:, -1] + 1)):
                a_lo, a_hi = at_least(value, at), at_most(value, at)
        elif self.direction:
            low, high = (t[:, 0], t[:, -1])[:: self.direction]
            least, most = (start, end)[:: self.direction]
            a_lo, a_hi = at_least(least, low), at_most(most, high)
        return a_lo, a_hi

    def possible(self, scans: list[Scan], levels: list[list[int]]) -> list[set]:
        """For each segment, the pairs of outputs at its two knots between which it fits."""
        found: list[set] = [set() for _ in levels[1:]]
        first = 0
        for s in scans:
            ends = range(first, first + len(s.b))
            most = max(len(levels[k]) for k in (*ends, ends[-1] + 1))
            for i, j in itertools.product(range(most), repeat=2):
                start = np.array([levels[k][min(i, len(levels[k]) - 1)] for k in ends])
                end = np.array([levels[k + 1][min(j, len(levels[k + 1]) - 1)] for k in ends])
                a_lo, a_hi = self.ended(s, start, end)
                for n in np.flatnonzero((a_lo <= a_hi).any(axis=1)).tolist():
                    found[first + n].add((int(start[n]), int(end[n])))
            first += len(s.b)
        return found

    def along(self, scans: list[Scan], path: list[int]) -> tuple[list[Fit], list[int]]:
        """The coefficients for outputs chosen at the knots; the segments that have none."""
        fits, failed, first = [], [], 0
        for s in scans:
            behind = first + len(s.b)
            start, end = np.array(path[first:behind]), np.array(path[first + 1 : behind + 1])
            found, without = self.chosen(s, *self.ended(s, start, end))
            fits.append(found)
            failed += [first + k for k in without]
            first = behind
        return fits, failed

    def chosen(self, s: Scan, a_lo, a_hi) -> tuple[Fit | None, list[int]]:
        """One (a, b, c) for each segment, from the widest interval of a; who has none."""
        room = a_hi - a_lo
        if self.direction and self.precision.drop is not None:
            room = np.where((room >= 0) & self.steady(s), room + UNBOUNDED, room)
        best, rows = room.argmax(axis=1), np.arange(len(room))
        if (room[rows, best] < 0).any():
            return None, []
        a, b, c = (v[rows, best] for v in (a_lo + a_hi >> 1, s.b, s.c))
        failed = []
        for k in np.flatnonzero(self.flawed(a, b, c, s.run.t)).tolist():
            found = self.flawless(s, k, a_lo[k], a_hi[k])
            if found:
                a[k], b[k], c[k] = found
            else:
                failed.append(k)
        return Fit(a, b, c), failed

    def steady(self, s: Scan) -> np.ndarray:
        """True for tries that rise, or fall, as they should at both ends; these come first."""
        p, t = self.precision, s.run.t
        last, before = (
            p.value(0, s.b, s.c, t[:, k]) for k in ([-1], [-2 if t.shape[1] > 1 else -1])
        )
        return (s.b * self.direction >= 0) & ((last - before) * self.direction >= 0)

    def flawed(self, a, b, c, t) -> np.ndarray:
        """True for segments that have a tie (closed) or bend back (quadratic)."""
        p = self.precision
        a, b, c = a[:, None], b[:, None], c[:, None]
        if self.closed:
            later = np.concatenate([t[:, 1:], t[:, -1:] + 1], axis=1)
            return (p.value(a, b, c, later) & (1 << p.g) - 1 == 0).any(axis=1)
        if self.direction and p.drop is not None:
            steps = np.diff(p.value(a, b, c, t) >> p.g, axis=1)
            return (steps * self.direction < 0).any(axis=1)
        return np.zeros(len(a), bool)

    def flawless(self, s: Scan, k: int, a_lo, a_hi) -> tuple[int, int, int] | None:
        """Another (a, b, c) of segment k."""
        widest = np.argsort(a_lo - a_hi, kind="stable")
        starts = max(3, min(MOST_STARTS, MOST_VALUES // s.run.t.shape[1]))
        for n in widest[a_lo[widest] <= a_hi[widest]][:MOST_TRIES].tolist():
            a = np.unique(np.linspace(a_lo[n], a_hi[n], starts).astype(np.int64))
            b, c = np.full_like(a, s.b[k, n]), np.full_like(a, s.c[k, n])
            free = np.flatnonzero(~self.flawed(a, b, c, np.repeat(s.run.t[k : k + 1], len(a), 0)))
            if free.size:
                return int(a[free[free.size // 2]]), int(b[0]), int(c[0])
        return None


def outputs(lo: int, hi: int) -> list[int]:
    """The outputs to try at a knot."""
    if lo > hi:
        return []
    return np.unique(np.rint(np.linspace(lo, hi, MOST_KNOTS)).astype(np.int64)).tolist()


def through(first: list[int], possible: list[set]) -> list[int] | None:
    """An output for every knot such that every segment fits between its two."""
    reached: list[dict] = [dict.fromkeys(first)]
    for pairs in possible:
        reached.append({end: start for start, end in sorted(pairs) if start in reached[-1]})
    if not reached[-1]:
        return None
    path = [min(reached[-1])]
    for step in reversed(reached[1:]):
        path.append(step[path[-1]])
    return path[::-1]


def joined(parts: Sequence[Fit | None]) -> Fit | None:
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    columns = zip(*((f.a, f.b, f.c) for f in found), strict=True)
    return Fit(*(np.concatenate(column) for column in columns))
