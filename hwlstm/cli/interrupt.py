"""Ctrl-C is remembered until it is heard.

Python drops the KeyboardInterrupt that is raised while an object is deleted or a callback runs,
and some libraries catch it. So whoever begins something new asks whether there was one.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["check_interrupted", "interruptible"]

_interrupted = threading.Event()


def check_interrupted() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed in the block of `interruptible`."""
    if _interrupted.is_set():
        raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """A block that ends with KeyboardInterrupt if Ctrl-C was pressed in it, however late."""
    own = threading.current_thread() is threading.main_thread()
    if not own or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # somebody else listens, or the signal is ignored, as in the background of a shell
        return
    _interrupted.clear()
    dropped = sys.unraisablehook
    sys.unraisablehook = lambda it: None if it.exc_type is KeyboardInterrupt else dropped(it)
    signal.signal(signal.SIGINT, remember)
    try:
        yield
        check_interrupted()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = dropped
        _interrupted.clear()


def remember(number, frame) -> None:
    _interrupted.set()
    raise KeyboardInterrupt
