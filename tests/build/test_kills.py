"""Builds that are killed at every step, and builds that race: no clock decides anything here."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")

PLAIN = pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["renameat2", "plain renames"])


def outcome(tmp_path, what, *options):
    command = [sys.executable, "-m", "tests.build.kills", str(tmp_path), what, *options]
    environment = {**os.environ, "PYTHONPATH": "."}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(done.stdout), done.stderr


@PLAIN
def test_a_build_killed_at_any_step_leaves_the_old_one_or_the_new_one_whole(tmp_path, plain):
    found, _ = outcome(tmp_path, "replaced", *plain)

    left = [one[0] for one in found]
    between = left.count("none") if plain else 0
    first_new = left.index("new")
    assert first_new > 10
    assert len(left) - first_new > 5
    assert left == (
        ["old"] * (first_new - between) + ["none"] * between + ["new"] * (len(left) - first_new)
    )
    assert between == len(plain)  # put back by the next build, as the following line shows
    assert [one[1:] for one in found] == [["next", ["net"]]] * len(found)


@PLAIN
def test_a_first_build_killed_at_any_step_is_whole_or_not_there(tmp_path, plain):
    found, _ = outcome(tmp_path, "first", *plain)

    left = [one[0] for one in found]
    before = left.index("new")
    expected = ["none"] * (before - len(plain)) + ["empty"] * len(plain)
    assert left == expected + ["new"] * (len(left) - before)
    assert [one[1:] for one in found] == [["next", ["net"]]] * len(found)


@PLAIN
@pytest.mark.parametrize(("what", "then"), [("race", 2), ("race to replace", 0)])
def test_who_comes_while_another_builds_is_refused(tmp_path, what, then, plain):
    found, said = outcome(tmp_path, what, *plain)

    kept = "after" if then == 0 else "first"
    assert found == [[2, 2], then, kept, ["net"]]
    lines = [json.loads(line) for line in said.splitlines()]
    assert lines[:2] == [f"{tmp_path / 'net'} is being built by another process"] * 2


@PLAIN
@pytest.mark.parametrize("what", ["crowd", "crowd to replace"])
def test_builders_let_go_at_once_leave_one_whole_build(tmp_path, what, plain):
    codes, kept, names = outcome(tmp_path, what, *plain)[0]

    assert set(codes) <= {0, 2}
    assert codes[int(kept.removeprefix("builder "))] == 0
    assert codes.count(0) == 1 or what == "crowd to replace"
    assert names == ["net"]
