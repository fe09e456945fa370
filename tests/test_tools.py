"""Running external programs: logs, exit codes, time limits, interruption."""

import os
import re
import signal
import sys

import pytest

from hwlstm.errors import ToolFailed
from hwlstm.tools import find, run

SLEEPER = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"


def python(tmp_path, code, timeout=10.0):
    return run(sys.executable, ["-c", code], cwd=tmp_path, log="x.log", timeout=timeout)


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_output_and_errors_are_in_the_log(tmp_path):
    done = python(tmp_path, "import sys; print('out'); print('err', file=sys.stderr)").check()
    assert done.code == 0
    assert sorted(done.text.split()) == ["err", "out"]
    assert (tmp_path / "x.log").read_text() == done.text


def test_a_failure_names_command_exit_code_log_and_the_line_with_the_error(tmp_path):
    code = "print('ERROR: bad pin'); print('2 warnings'); exit(3)"
    done = python(tmp_path, code)
    with pytest.raises(ToolFailed) as failed:
        done.check()
    assert str(failed.value) == (
        f"{os.path.basename(sys.executable)} -c {code} exited with 3: ERROR: bad pin "
        f"(log: {tmp_path / 'x.log'})"
    )


def test_without_an_error_line_the_last_line_is_told(tmp_path):
    assert python(tmp_path, "print('first'); print('last'); exit(1)").telling == "last"


def test_a_failure_in_silence_says_so(tmp_path):
    assert python(tmp_path, "exit(1)").telling == "it printed nothing"


def test_a_program_over_its_time_is_killed(tmp_path):
    done = python(tmp_path, SLEEPER, timeout=0.5)
    with pytest.raises(ToolFailed, match=r"exited with -9: stopped after 0\.5 s \(log: "):
        done.check()
    assert gone(int((tmp_path / "pid").read_text()))


def test_an_interrupt_kills_the_program(tmp_path):
    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            python(tmp_path, SLEEPER)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_missing_program_says_what_to_install():
    text = "nowhere could not be started: wasm-nowhere or nowhere not found; "
    text += "pip install 'hwlstm[synth]'"
    with pytest.raises(ToolFailed, match=f"^{re.escape(text)}$"):
        find("wasm-nowhere", "nowhere", extra="synth")


def test_the_first_name_is_preferred(tmp_path, monkeypatch):
    for name in ("wasm-tool", "tool"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("wasm-tool", "tool", extra="synth") == str(tmp_path / "wasm-tool")
    assert find("other-tool", "tool", extra="synth") == str(tmp_path / "tool")
