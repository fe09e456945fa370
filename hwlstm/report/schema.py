"""The form that JSON content must have, and messages that name the key that has not."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import HwlstmError
from ..fixed import Format

__all__ = [
    "Each",
    "Leaf",
    "Maybe",
    "check",
    "count",
    "demand",
    "flag",
    "fmt",
    "integer",
    "number",
    "positive",
    "share",
    "size",
    "text",
    "ulp",
]

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What neither XML nor UTF-8 can hold."""

LARGEST = 2**53


@dataclass(frozen=True)
class Leaf:
    """A value that is no container.

    Parameters
    ----------
    contract : str
        What it must be, in words.
    holds : callable
        True if it is.
    """

    contract: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True)
class Maybe:
    """null, or what `form` says."""

    form: object


@dataclass(frozen=True)
class Each:
    """An object with any keys, all values of one form; `needs` must be among the keys."""

    form: object
    needs: tuple[str, ...] = ()


def finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST if isinstance(value, int) else math.isfinite(value)


def format_name(value: object) -> bool:
    try:
        return abs(Format.parse(value if isinstance(value, str) else "").frac) < 1000
    except ValueError:
        return False


def printable(value: object) -> bool:
    return isinstance(value, str) and not UNPRINTABLE.search(value)


def whole(value: object) -> bool:
    return isinstance(value, int) and finite(value)


flag = Leaf("true or false", lambda value: isinstance(value, bool))
text = Leaf("printable text", printable)
number = Leaf("a finite number", finite)
integer = Leaf("a whole number", whole)
positive = Leaf("a number above 0", lambda value: finite(value) and value > 0)
count = Leaf("a whole number, at least 0", lambda value: whole(value) and value >= 0)
size = Leaf("a whole number, at least 1", lambda value: whole(value) and value >= 1)
share = Leaf("a number from 0 to 1", lambda value: finite(value) and 0 <= value <= 1)
ulp = Leaf("a number of ulp below 2**53", lambda value: finite(value) and abs(value) < LARGEST)
fmt = Leaf("a format like Q4.12", format_name)


def check(value, form, key: str, where: str) -> None:
    """Raise HwlstmError unless `value` has the form.

    Parameters
    ----------
    form
        A Leaf; Maybe; Each; a dict of the keys that an object must at least have; [form, ...] for
        a list of any length, [form] for one that is not empty; a tuple of forms for a list of
        exactly those.
    key, where : str
        The path to the value, empty at the top; the file.
    """
    match form:
        case Leaf():
            demand(form.holds(value), form.contract, value, key, where)
        case Maybe():
            if value is not None:
                check(value, form.form, key, where)
        case Each():
            check(value, dict.fromkeys(form.needs, form.form), key, where)
            for name in value:
                demand(printable(name), "named in printable text", name, key, where)
                check(value[name], form.form, joined(key, name), where)
        case dict():
            demand(isinstance(value, dict), "an object", value, key, where)
            for name, inner in form.items():
                if name not in value:
                    raise HwlstmError(f"{where}: {key or 'content'} must have {name}")
                check(value[name], inner, joined(key, name), where)
        case tuple():
            found = isinstance(value, list) and len(value) == len(form)
            demand(found, f"a list of {len(form)}", value, key, where)
            for k, (item, inner) in enumerate(zip(value, form, strict=True)):
                check(item, inner, f"{key}[{k}]", where)
        case [inner, *rest]:
            found = isinstance(value, list) and (value or rest == [...])
            demand(found, "a list" if rest else "a list that is not empty", value, key, where)
            for k, item in enumerate(value):
                check(item, inner, f"{key}[{k}]", where)


def demand(holds: object, contract: str, value: object, key: str, where: str) -> None:
    if not holds:
        shown = repr(value)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        raise HwlstmError(f"{where}: {key or 'content'} must be {contract}, not {shown}")


def joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
