"""Progress on standard error: a bar on a terminal, one plain line a stage in a log."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from .interrupt import check_interrupted

__all__ = ["progress"]

TICK = 0.5

Tell = Callable[[str], None]


@contextmanager
def progress(stages: int, *, quiet: bool = False) -> Iterator[Tell]:
    """Shows `stages` stages; yields a function that is told, in a few words, what begins.

    Nothing is shown if `quiet` is set.

    Raises
    ------
    KeyboardInterrupt
        In that function, if Ctrl-C was pressed and something has swallowed it.
    """
    if quiet:
        yield lambda words: check_interrupted()
    elif sys.stderr.isatty():
        with bar(stages) as tell:
            yield tell
    else:
        yield line


def line(words: str) -> None:
    check_interrupted()
    print(words, file=sys.stderr, flush=True)


@contextmanager
def bar(stages: int) -> Iterator[Tell]:
    """A bar whose clock runs on while a stage works."""
    layout = "{desc:<52.52} {bar:20} {n_fmt}/{total_fmt} {elapsed}"
    shown = tqdm(total=stages, bar_format=layout, leave=False)
    stop = threading.Event()

    def tick():
        while not stop.wait(TICK):
            shown.refresh()

    def tell(words: str) -> None:
        check_interrupted()
        if shown.desc:
            shown.update()
        shown.total = max(stages, shown.n + 1)
        shown.set_description_str(words)

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield tell
    finally:
        stop.set()
        ticker.join()
        shown.close()
