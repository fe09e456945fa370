"""Units that were found before, kept between runs: numbers as JSON, no code.

A file is named after all that decides its content: what was asked, and the version of the search.
What is damaged, or cannot be read or written, is as if it were not there; what is recalled is
proved anew by whoever recalls it.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np

from .. import fixed, packing
from ..cache import cache_folder, prune
from ..errors import HwlstmError
from ..packing import Packing
from ..whole_file import write_whole
from .families import Clipped, Direct, Family, Piecewise, Saturating, Shared

__all__ = ["recall", "store"]

KEPT = 2000
"""Units: some megabytes."""

UNITS = Packing((Clipped, Direct, Piecewise, Saturating, Shared), ())


@cache
def version() -> str:
    """A hash of the search itself, and of the package whose floats it starts from."""
    others = (Path(module.__file__) for module in (fixed, packing))
    sources = [*sorted(Path(__file__).parent.glob("*.py")), *others]
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
        kept = json.loads(path.read_text(encoding="utf-8"))
        content = kept["content"]
        if kept["sha256"] != digest(content):
            return None
        arrays = {at: np.array(values, np.int64) for at, values in content["arrays"].items()}
        found = UNITS.unpacked(content["unit"], arrays)
        path.touch()
    except (HwlstmError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, Family) else None


def store(key: str, unit: Family) -> None:
    """Keep a unit, whole or not at all."""
    arrays: dict[str, np.ndarray] = {}
    tree = UNITS.packed(unit, arrays)
    content = {"unit": tree, "arrays": {at: values.tolist() for at, values in arrays.items()}}
    text = json.dumps({"sha256": digest(content), "content": content})
    try:
        path = place(key)
        write_whole(path, text)
        prune(path.parent, "*", KEPT)
    except (HwlstmError, OSError):
        return  # a cache that cannot be written to keeps nothing


def digest(content: dict) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
