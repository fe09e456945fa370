"""Units that were found before, kept between runs: numbers as JSON, no code.

A file is named after all that decides its content: what was asked, and the version of the search.
What is damaged, or cannot be read or written, is as if it were not there; what is recalled is
proved anew by whoever recalls it.
"""

import hashlib
import json
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import numpy as np

from .. import fixed
from ..cache import cache_folder, prune
from ..errors import HwlstmError
from ..whole_file import write_whole
from .families import Clipped, Direct, Family, Piecewise, Saturating, Shared
from .fit import Precision
from .layout import Layout, Zone

__all__ = ["recall", "store"]

KEPT = 2000
"""Units: some megabytes."""

KINDS = (Clipped, Direct, Piecewise, Saturating, Shared, Layout, Zone, Precision, fixed.Format)
TYPES = {kind.__name__: kind for kind in KINDS}


@cache
def version() -> str:
    """A hash of the search itself, and of the package whose floats it starts from."""
    sources = [*sorted(Path(__file__).parent.glob("*.py")), Path(fixed.__file__)]
    found = hashlib.sha256(np.__version__.encode())
    for path in sources:
        found.update(path.read_bytes())
    return found.hexdigest()


def place(key: str) -> Path:
    name = hashlib.sha256(f"{version()}\0{key}".encode()).hexdigest()
    return cache_folder("activations") / f"{name[:32]}.json"


def recall(key: str) -> Family | None:
    """The unit of that key, if one is kept and whole."""
    try:
        path = place(key)
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["sha256"] != digest(content["unit"]):
            return None
        found = decoded(content["unit"])
        path.touch()
    except (HwlstmError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, Family) else None


def store(key: str, unit: Family) -> None:
    """Keep a unit, whole or not at all."""
    content = encoded(unit)
    text = json.dumps({"sha256": digest(content), "unit": content})
    try:
        path = place(key)
        write_whole(path, text)
        prune(path.parent, "*", KEPT)
    except (HwlstmError, OSError):
        return  # a cache that cannot be written to keeps nothing


def digest(content) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def encoded(value):
    """Numbers, names and lists for JSON."""
    if is_dataclass(value):
        own = {field.name: encoded(getattr(value, field.name)) for field in fields(value)}
        return {"type": type(value).__name__, **own}
    if isinstance(value, np.ndarray):
        return {"array": value.tolist()}
    if isinstance(value, tuple):
        return [encoded(each) for each in value]
    return value if value is None or isinstance(value, bool) else int(value)


def decoded(content):
    """What `encoded` was given. Raises KeyError, TypeError or ValueError if it is anything else."""
    if isinstance(content, list):
        return tuple(decoded(each) for each in content)
    if not isinstance(content, dict):
        return content
    if "array" in content:
        return np.array(content["array"], dtype=np.int64)
    own = {name: decoded(value) for name, value in content.items() if name != "type"}
    return TYPES[content["type"]](**own)
