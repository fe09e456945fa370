"""Frozen values as JSON and arrays, and back: no code is ever read.

Numbers, texts, None and truth values stand for themselves, sequences become tuples, mappings have
names as keys. What has a type of its own is an object with the key "@type", and an array the
object {"@type": "array", "at": its path}.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_type_hints

import numpy as np

__all__ = ["Form", "Packing", "parts_of"]

Arrays = dict[str, np.ndarray]
TYPE = "@type"


@dataclass(frozen=True)
class Form:
    """How a type is packed.

    Parameters
    ----------
    kind : type
        With all that are derived from it.
    parts : callable
        A value of it to its parts by name.
    made : callable
        Those parts, as keywords, to the value.
    """

    kind: type
    parts: Callable[[Any], Mapping[str, Any]]
    made: Callable[..., Any]


class Packing:
    """Packs values of certain types, and no others.

    Parameters
    ----------
    plain : types
        Dataclasses that are no more than their fields; those that their fields name are too.
    forms : Forms
        Types that are packed otherwise.
    """

    def __init__(self, plain: Iterable[type], forms: Iterable[Form]):
        self.forms = tuple(forms)
        self.own = tuple(form.kind for form in self.forms)
        self.plain = {each.__name__: each for kind in plain for each in self.members(kind)}

    def members(self, kind: Any) -> Iterator[type]:
        """The dataclasses that an annotation names, and those that their fields name, and so on."""
        if is_dataclass(kind) and isinstance(kind, type) and not issubclass(kind, self.own):
            yield kind
            for hint in get_type_hints(kind).values():
                yield from self.members(hint)
        for part in get_args(kind):
            yield from self.members(part)

    def packed(self, value: Any, arrays: Arrays, path: str = "") -> Any:
        """JSON-able form of a value; its arrays are put into `arrays` under their path."""

        def inner(name: object, part: Any) -> Any:
            return self.packed(part, arrays, f"{path}/{name}".lstrip("/"))

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
            case Mapping():
                return {name: inner(name, part) for name, part in value.items()}
            case frozenset():
                return {TYPE: "set", "of": sorted(value)}
            case tuple() | list():
                return [inner(number, part) for number, part in enumerate(value)]
        for form in self.forms:
            if isinstance(value, form.kind):
                return typed(form.kind.__name__, form.parts(value))
        kind = type(value)
        if self.plain.get(kind.__name__) is not kind:
            raise TypeError(f"A value to pack must be of a known type, not {kind.__name__}")
        return typed(kind.__name__, parts_of(value))

    def unpacked(self, tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
        """What `packed` packed. Raises KeyError, TypeError or ValueError if it is anything else."""
        if isinstance(tree, list):
            return tuple(self.unpacked(part, arrays) for part in tree)
        if not isinstance(tree, dict):
            return tree
        parts = {name: self.unpacked(part, arrays) for name, part in tree.items() if name != TYPE}
        if TYPE not in tree:
            return parts
        made: dict[str, Callable[..., Any]] = {
            "array": lambda at: arrays[at],
            "set": lambda of: frozenset(of),
            **self.plain,
            **{form.kind.__name__: form.made for form in self.forms},
        }
        return made[tree[TYPE]](**parts)


def parts_of(value) -> dict[str, Any]:
    """The fields that a dataclass is made with."""
    return {field.name: getattr(value, field.name) for field in fields(value) if field.init}
