"""Ctrl-C at any time: exit code 130, one line, and a build that is whole or not there.

The signal comes at a given thing that the command does, not at a given time.
"""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from hwlstm.build.seal import changed
from hwlstm.cli.interrupt import check_interrupted, interruptible


def pressed(out, event, part, how="now", *options):
    """Exit code, standard output and standard error of a build that is interrupted."""
    model = out.parent.parent / "small.npz"
    np.savez(model, W_h=np.eye(2), U_h=np.eye(2) / 2)
    command = ["build", str(model), "--cell", "rnn", "--range", "-1", "1", "--parallel", "1"]
    command += ["--bits", "8", "--out", str(out), "--quiet", *options]
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.interrupts", event, part, how, *command],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


INTERRUPTED = "hwlstm build: interrupted\n"


@pytest.mark.parametrize(
    ("event", "part", "how"),
    [
        ("os.mkdir", ".building/new", "now"),
        ("open", "vectors.json", "now"),
        ("open", "report.html", "now"),
        ("open", "network.npz", "deleted"),
    ],
)
def test_ctrl_c_in_a_build_leaves_the_old_output_and_nothing_else(tmp_path, event, part, how):
    out = tmp_path / "home" / "net"
    out.parent.mkdir()
    out.mkdir()
    assert pressed(out, event, part, how, "--overwrite") == (130, "", INTERRUPTED)
    assert list(out.iterdir()) == []
    assert [path.name for path in out.parent.iterdir()] == ["net"]


@pytest.mark.parametrize("how", ["now", "deleted"])
def test_a_late_ctrl_c_is_not_lost_and_the_build_is_whole(tmp_path, how):
    out = tmp_path / "home" / "net"
    out.parent.mkdir()
    code, _, said = pressed(out, "os.rmdir", ".net.building", how)

    assert (code, said) == (130, INTERRUPTED)
    assert changed(out) == []
    assert (out / "report.html").is_file()


def test_ctrl_c_that_somebody_catches_is_heard_at_the_next_question():
    with pytest.raises(KeyboardInterrupt), interruptible():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            check_interrupted()
    check_interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_that_somebody_catches_is_heard_at_the_end():
    with pytest.raises(KeyboardInterrupt), interruptible(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda number, frame: None])
def test_another_handler_stays(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with interruptible():
            assert signal.getsignal(signal.SIGINT) is handler
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
