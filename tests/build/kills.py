"""Builders as processes of their own that are killed, or race. Run by test_kills.py:

    python -m tests.build.kills FOLDER WHAT [--plain]

Children are forked, and a hook of Python's audit events kills one at exactly the n-th thing that
it does to a file: no clock is involved. `--plain` takes renameat2 away. Prints JSON.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from hwlstm.build import rename
from hwlstm.build.folder import replacing
from hwlstm.build.seal import changed, sealed
from hwlstm.errors import HwlstmError

STEPS = {
    *("open", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "os.listdir", "os.scandir"),
    *("fcntl.flock", "shutil.rmtree", "ctypes.dlsym"),
}
FILES = ("a.v", "b.json")


def build(out: Path, what: str, *, overwrite: bool, meanwhile: Callable = lambda: None) -> None:
    """A folder whose every file says `what`."""
    with replacing(out, overwrite=overwrite) as folder:
        for name in FILES:
            (folder / name).write_text(what)
        manifest = json.dumps(sealed({"what": what}, folder))
        (folder / "manifest.json").write_text(manifest)
        meanwhile()


def kind(out: Path) -> str:
    """What a whole build says; "none" if there is nothing, "empty" of an empty folder."""
    if not out.exists():
        return "none"
    if not any(out.iterdir()):
        return "empty"
    said = json.loads((out / "manifest.json").read_text())["what"]
    whole = not changed(out) and all((out / name).read_text() == said for name in FILES)
    return said if whole and len(list(out.iterdir())) == 3 else "broken"


def child(action: Callable, *, dies_at: int = 0) -> int:
    """The process id of a fork that does it; 0, 2 with a refusal, or the signal is its end."""
    process = os.fork()
    if process:
        return process
    steps = count(1)

    def hook(event, _):
        if event in STEPS and next(steps) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    try:
        action()
    except HwlstmError as error:
        print(json.dumps(str(error)), file=sys.stderr, flush=True)
        os._exit(2)
    os._exit(0)


def ended(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def kills(folder: Path, *, old: bool) -> list:
    """Of a build that is killed at its n-th step: what is there then, what is there after the
    next build, and what lies beside it."""
    found = []
    for step in count(1):
        home = folder / str(step)
        home.mkdir()
        out = home / "net"
        if old:
            build(out, "old", overwrite=False)
        process = child(lambda out=out: build(out, "new", overwrite=old), dies_at=step)
        if ended(process) == 0:
            break
        left = kind(out)
        build(out, "next", overwrite=True)
        found.append([left, kind(out), sorted(path.name for path in home.iterdir())])
    return found


def race(folder: Path, *, builders: int, overwrite: bool) -> list:
    """Exit codes of builders of one name that all begin while the first one is at work."""
    out = folder / "net"
    if overwrite:
        build(out, "old", overwrite=False)
    codes = []

    def others():
        codes.extend(
            ended(child(lambda: build(out, "late", overwrite=overwrite)))
            for _ in range(builders - 1)
        )

    build(out, "first", overwrite=overwrite, meanwhile=others)
    after = ended(child(lambda: build(out, "after", overwrite=overwrite)))
    return [codes, after, kind(out), sorted(path.name for path in folder.iterdir())]


def crowd(folder: Path, *, builders: int, overwrite: bool) -> list:
    """Exit codes of builders of one name that are let go at the same moment."""
    out = folder / "net"
    reading, writing = os.pipe()

    def go(name):
        os.close(writing)
        os.read(reading, 1)
        build(out, name, overwrite=overwrite)

    processes = [child(lambda k=k: go(f"builder {k}")) for k in range(builders)]
    os.close(writing)
    codes = [ended(process) for process in processes]
    return [codes, kind(out), sorted(path.name for path in folder.iterdir())]


WHAT = {
    "replaced": lambda folder: kills(folder, old=True),
    "first": lambda folder: kills(folder, old=False),
    "race": lambda folder: race(folder, builders=3, overwrite=False),
    "race to replace": lambda folder: race(folder, builders=3, overwrite=True),
    "crowd": lambda folder: crowd(folder, builders=3, overwrite=False),
    "crowd to replace": lambda folder: crowd(folder, builders=3, overwrite=True),
}

if __name__ == "__main__":
    if "--plain" in sys.argv:
        rename.system_call = lambda: None
    print(json.dumps(WHAT[sys.argv[2]](Path(sys.argv[1]))))
