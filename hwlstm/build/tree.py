"""A tree of frozen values as JSON and arrays, and back: no code is ever read.

Numbers, texts, None and truth values stand for themselves, sequences become tuples, mappings have
names as keys. What has a type of its own is an object with the key "@type", and an array the
object {"@type": "array", "at": its path}.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from typing import Any, get_args, get_type_hints

import numpy as np

from ..activation import (
    FUNCTIONS,
    Activation,
    Clipped,
    Direct,
    Function,
    Piecewise,
    Saturating,
    Shared,
)
from ..cells import Cell
from ..cells.stored import StoredCell, described
from ..errors import HwlstmError
from ..fixed import Format
from ..fixed_network import FixedNetwork

__all__ = ["packed", "unpacked"]

Arrays = dict[str, np.ndarray]
TYPE = "@type"
UNITS = (Clipped, Direct, Piecewise, Saturating, Shared)
OWN_FORM = (Format, Function, Activation, Fraction, Cell)
"""Types with an object of their own; see `packed`."""


def members(kind: Any) -> Iterator[type]:
    """The dataclasses that an annotation names, and those that their fields name, and so on."""
    if is_dataclass(kind) and isinstance(kind, type) and not issubclass(kind, OWN_FORM):
        yield kind
        for hint in get_type_hints(kind).values():
            yield from members(hint)
    for part in get_args(kind):
        yield from members(part)


PLAIN = {each.__name__: each for kind in (FixedNetwork, *UNITS) for each in members(kind)}
"""Dataclasses that are no more than their fields: all that a network and its units consist of."""


def packed(value: Any, arrays: Arrays, path: str = "") -> Any:
    """JSON-able form of a value; its arrays are put into `arrays` under their path."""

    def inner(name: object, part: Any) -> Any:
        return packed(part, arrays, f"{path}/{name}".lstrip("/"))

    def typed(kind: str, parts: Mapping) -> dict:
        return {TYPE: kind, **{name: inner(name, part) for name, part in parts.items()}}

    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.generic():
            return value.item()
        case np.ndarray():
            arrays[path] = value
            return {TYPE: "array", "at": path}
        case Format() | Fraction():
            return {TYPE: type(value).__name__, "is": str(value)}
        case Function():
            return {TYPE: "Function", **name_of(value)}
        case Cell():
            return typed("Cell", described(value))
        case Activation():
            return typed("Activation", {**parts_of(value), "unit": value.unit})
        case Mapping():
            return {name: inner(name, part) for name, part in value.items()}
        case frozenset():
            return {TYPE: "set", "of": sorted(value)}
        case tuple() | list():
            return [inner(number, part) for number, part in enumerate(value)]
    if PLAIN.get(type(value).__name__) is not type(value):
        raise TypeError(f"A value to pack must be of a network, not {type(value).__name__}")
    return typed(type(value).__name__, parts_of(value))


def unpacked(tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """What `packed` packed. Raises KeyError, TypeError or ValueError if it is anything else."""
    if isinstance(tree, list):
        return tuple(unpacked(part, arrays) for part in tree)
    if not isinstance(tree, dict):
        return tree
    parts = {name: unpacked(part, arrays) for name, part in tree.items() if name != TYPE}
    if TYPE not in tree:
        return parts
    if tree[TYPE] in PLAIN:
        return PLAIN[tree[TYPE]](**parts)
    made: dict[str, Callable[[], Any]] = {
        "array": lambda: arrays[parts["at"]],
        "Format": lambda: Format.parse(parts["is"]),
        "Fraction": lambda: Fraction(parts["is"]),
        "Function": lambda: function_of(**parts),
        "Cell": lambda: StoredCell(parts),
        "Activation": lambda: Activation.stored(**parts),
        "set": lambda: frozenset(parts["of"]),
    }
    return made[tree[TYPE]]()


def parts_of(value) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value) if field.init}


def name_of(function: Function) -> dict[str, Any]:
    """A bundled function by its name; of any other one no more than the name is kept."""
    bundled = FUNCTIONS.get(function.name)
    own = bundled is None or replace(bundled, **parameters(function)) != function
    return {"name": function.name, "own": own, **parameters(function)}


def parameters(function: Function) -> dict[str, float | None]:
    return {"alpha": function.alpha, "beta": function.beta}


def function_of(name: str, own: bool, alpha: float | None, beta: float | None) -> Function:
    if own:
        return Function(name, Absent(name), alpha=alpha, beta=beta)
    bundled = FUNCTIONS[name]
    same = parameters(bundled) == {"alpha": alpha, "beta": beta}
    return bundled if same else replace(bundled, alpha=alpha, beta=beta)


@dataclass(frozen=True, eq=False)
class Absent:
    """In place of a user's own function, of which a file keeps the table and not the code."""

    name: str

    def __call__(self, *_):
        raise HwlstmError(f"Activation function {self.name} is known by its table only")
