"""Progress on the terminal: one line a stage, with the time that it takes."""

import sys
import threading
from contextlib import contextmanager

from tqdm import tqdm

__all__ = ["progress"]

TICK = 0.5


@contextmanager
def progress(stages: int, *, quiet: bool = False):
    """A bar over `stages`; yields a function that is told, in a few words, what begins.

    The clock of the bar runs on while a stage works. Nothing is shown if `quiet` is set or
    standard error is no terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda words: None
        return
    layout = "{desc:<52.52} {bar:20} {n_fmt}/{total_fmt} {elapsed}"
    bar = tqdm(total=stages, bar_format=layout, leave=False)
    stop = threading.Event()

    def tick():
        while not stop.wait(TICK):
            bar.refresh()

    def tell(words: str) -> None:
        if bar.desc:
            bar.update()
        bar.total = max(stages, bar.n + 1)
        bar.set_description_str(words)

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield tell
    finally:
        stop.set()
        ticker.join()
        bar.close()
