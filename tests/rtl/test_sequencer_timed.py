"""Sequencer alone, with groups that are closed: what is issued, skipped, taken, dropped, released.

The bench is a model of what lies around it: credits of the input and of a state, the openness of
the groups, the drain.
"""

from itertools import pairwise

import numpy as np
import pytest
from amaranth import signed

from hwlstm.rtl.sequencer import Sequencer
from tests.rtl.run import LIMIT, simulate

X, H = 2, 3
"""Beats of the input and of the state."""

PATTERNS = {
    "all closed": [[0, 0, 0]] * 4,
    "all open": [[1, 1, 1]] * 4,
    "first open": [[1, 0, 0]] * 4,
    "middle open": [[0, 1, 0]] * 4,
    "last open": [[0, 0, 1]] * 4,
    "first closed": [[0, 1, 1]] * 4,
    "last closed": [[1, 1, 0]] * 4,
    "by turns": [[0, 0, 0], [1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]],
    "one group": [[0], [1], [0], [0], [1]],
}
RESETS = [1, 0, 1, 1, 0, 0]
LASTS = [0, 1, 1, 0, 0, 1]


def run(opens, *, slow=0.0, x_at=None, seed=0):
    """Run the steps `opens` (steps, groups); returns the events, one dict a cycle that had one.

    Parameters
    ----------
    slow : float
        Probability per cycle that the drain is not free, that an openness is not known yet, that
        no beat arrives.
    x_at : list of int
        The cycle in which each beat of x arrives; as soon as there is room if not given.
    """
    groups = len(opens[0])
    sources = {"x": (X, 1, signed(8)), "h": (H, 1, signed(8))}
    dut = Sequencer(groups=groups, sources=sources, timed=True)
    rng = np.random.default_rng(seed)
    events = []

    async def drive(ctx):
        x = arrived = released = group = step = owed = 0
        h = H  # of the step before the first, which never was
        for cycle in range(LIMIT):
            room = arrived < X * min(len(opens), released + 2)
            if room and (cycle >= x_at[arrived] if x_at else rng.random() >= slow):
                x, arrived = x + 1, arrived + 1
            if owed and rng.random() >= slow:
                h, owed = h + 1, owed - 1
            known = rng.random() >= slow
            free = rng.random() >= slow
            reset, last = RESETS[released % len(RESETS)], LASTS[released % len(LASTS)]
            ctx.set(dut.read_x.ready, x > 0)
            ctx.set(dut.read_h.ready, h > 0)
            ctx.set(dut.step_complete, x >= X)
            ctx.set(dut.step_first, reset)
            ctx.set(dut.step_last, last)
            ctx.set(dut.open_ready, known)
            ctx.set(dut.open, opens[step][group] if known else 1 - opens[step][group])
            ctx.set(dut.group_ready, free)
            names = ["issue", "group_end", "step_end", "release", "reset", "last", "parity"]
            now = {name: ctx.get(getattr(dut, name)) for name in names}
            now |= {"cycle": cycle, "step": step, "group": group, "x": x, "h": h, "free": free}
            now |= {"known": known, "source": ctx.get(dut.source), "word": ctx.get(dut.word)}
            for name, port in (("x", dut.read_x), ("h", dut.read_h)):
                now[f"take_{name}"], now[f"drop_{name}"] = ctx.get(port.take), ctx.get(port.drop)
                now[f"beat_{name}"] = ctx.get(port.beat)
            now["first"] = ctx.get(dut.source_first)
            if now["issue"] or now["group_end"]:
                events.append(now)
            await ctx.tick()
            x -= X if now["drop_x"] else now["take_x"]
            h -= H if now["drop_h"] else now["take_h"]
            released += now["release"]
            if now["group_end"]:
                group += 1
                if group == groups:
                    group, step, owed = 0, step + 1, owed + H
                if step == len(opens):
                    return
        raise AssertionError(f"{step} of {len(opens)} steps ended in {LIMIT} cycles")

    simulate(dut, drive)
    return events


def check(events, opens):
    """Every event is the one that the contract asks for, in order."""
    events = iter(events)
    for step, groups in enumerate(opens):
        opened = False
        for group, is_open in enumerate(groups):
            final = group == len(groups) - 1
            for n in range(X + H) if is_open else [None]:
                now = next(events)
                ends = n in (None, X + H - 1)
                assert (now["step"], now["group"]) == (step, group)
                assert now["issue"] == is_open and now["known"]
                assert now["group_end"] == ends and (now["free"] or not ends)
                assert now["step_end"] == final
                assert now["reset"] == RESETS[step % len(RESETS)]
                assert now["last"] == LASTS[step % len(LASTS)] or 0 < (n or 0) < X - 1
                assert now["parity"] == step % 2
                assert now["release"] == (final and n in (None, X - 1))
                dropped = final and not (is_open or opened)
                assert now["drop_x"] == now["drop_h"] == dropped
                if n is None:
                    assert opened or now["x"] >= X
                    assert not (now["take_x"] or now["take_h"])
                    continue
                at_x = n < X
                assert now["source"] == (not at_x)
                assert now["beat_x" if at_x else "beat_h"] == (n if at_x else n - X)
                assert now["first"] == (n in (0, X))
                assert now["word"] == group * (X + H) + n
                assert now["take_x"] == (at_x and not opened)
                assert now["take_h"] == (not at_x and not opened)
                waits = not opened and (at_x or not now["reset"])
                assert not waits or now["x" if at_x else "h"] > 0
            opened |= bool(is_open)
    assert next(events, None) is None


@pytest.mark.parametrize("slow", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("opens", PATTERNS.values(), ids=PATTERNS)
def test_closed_groups_are_skipped_and_open_ones_find_every_column(opens, slow):
    for seed in range(3 if slow else 1):
        check(run(opens, slow=slow, seed=seed), opens)


def test_every_pattern_of_random_groups_is_walked_in_order():
    rng = np.random.default_rng(5)
    for seed in range(6):
        opens = (rng.random((12, rng.integers(1, 6))) < rng.choice([0.1, 0.5, 0.9])).astype(int)
        check(run(opens.tolist(), slow=0.4, seed=seed), opens.tolist())


@pytest.mark.parametrize("opens", PATTERNS.values(), ids=PATTERNS)
def test_a_closed_group_takes_one_cycle_and_an_open_one_its_beats(opens):
    ends = [event for event in run(opens, x_at=[0] * X * len(opens)) if event["group_end"]]
    for before, now in pairwise(ends):
        least = X + H if opens[now["step"]][now["group"]] else 1
        if before["step"] == now["step"]:
            assert now["cycle"] - before["cycle"] == least
        else:
            assert now["cycle"] - before["cycle"] >= least


@pytest.mark.parametrize("name", ["all closed", "first open", "last open", "one group"])
def test_closed_groups_wait_for_the_whole_input_and_open_ones_for_each_beat(name):
    opens = PATTERNS[name]
    x_at = [20 * (k + 1) for k in range(X * len(opens))]
    events = run(opens, x_at=x_at)
    check(events, opens)
    for step, groups in enumerate(opens):
        here = [event["cycle"] for event in events if event["step"] == step]
        whole = x_at[X * step + X - 1]
        if groups[0]:
            assert here[0] == x_at[X * step] and here[1] == whole
        else:
            assert here[0] == whole
