"""What the words of a command line may be: all are checked before any work is done."""

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

from ..devices import device
from ..errors import HwlstmError
from ..fixed import Format

__all__ = ["assignment", "device_name", "integer", "number", "number_format", "one_of", "suffixed"]


def integer(least: int, most: float = math.inf) -> Callable[[str], int]:
    """An integer of `least` to `most`."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            span = f"at least {least}" if most == math.inf else f"{least} to {most}"
            raise ArgumentTypeError(f"must be an integer, {span}, not {text!r}")
        return value

    return read


def number(*, above: float = -math.inf, least: float = -math.inf, below: float = math.inf):
    """A finite number within the bounds."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (above < value < below and least <= value):
            bounds = {"above": above, "at least": least, "below": below}
            said = [f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound)]
            span = f", {' and '.join(said)}" if said else ""
            raise ArgumentTypeError(f"must be a finite number{span}, not {text!r}")
        return value

    return read


def checked(read: Callable, text: str):
    """What `read` reads; its ValueError in the words of a command line."""
    try:
        return read(text)
    except (ValueError, HwlstmError) as error:
        raise ArgumentTypeError(str(error)) from None


def device_name(text: str) -> str:
    """The name of a device, as `DEVICES` spells it."""
    return checked(device, text).name


def number_format(text: str) -> str:
    """Qm.n, as Format writes it."""
    return str(checked(Format.parse, text))


def assignment(text: str) -> tuple[str, str]:
    """LAYER.SIGNAL=Qm.n as a pair."""
    name, _, fmt = text.partition("=")
    layer, _, signal = name.partition(".")
    if not (layer and signal and fmt):
        raise ArgumentTypeError(f"Format must be written LAYER.SIGNAL=Qm.n, not {text!r}")
    return name, number_format(fmt)


def one_of(*names: str) -> Callable[[str], str]:
    """One of `names`."""

    def read(text: str) -> str:
        if text not in names:
            raise ArgumentTypeError(f"must be one of {', '.join(names)}, not {text!r}")
        return text

    return read


def suffixed(*suffixes: str) -> Callable[[str], Path]:
    """A path that ends in one of `suffixes`."""

    def read(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() not in suffixes:
            raise ArgumentTypeError(f"must end in {', '.join(suffixes)}, not {text!r}")
        return path

    return read
