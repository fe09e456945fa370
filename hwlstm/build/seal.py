"""By what a build folder is known: its format, and the hashes of the files that it was made of."""

import hashlib
import json
from collections.abc import Container
from pathlib import Path

from ..errors import HwlstmError

__all__ = ["FORMAT", "MANIFEST", "changed", "check_build", "check_unchanged", "is_build", "sealed"]

FORMAT = "hwlstm build 1"
MANIFEST = "manifest.json"


def sealed(manifest: dict, folder: Path) -> dict:
    """A manifest with the format, the SHA-256 of every file of the folder, and its own.

    Whatever is put into the folder later (results, the report) is not part of it.
    """
    files = {
        path.relative_to(folder).as_posix(): digest(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    content = {"format": FORMAT, **manifest, "files": files}
    return {**content, "hash": own_hash(content)}


def is_build(folder: Path) -> bool:
    """True for a folder that a build wrote, as far as its manifest says."""
    return known(folder) is not None


def changed(folder: Path) -> list[str]:
    """Files of a build that are no longer as it wrote them; those that are missing do not count.

    Nothing, if the folder is no build.
    """
    manifest = known(folder)
    if manifest is None:
        return []
    files = {name: folder / name for name in manifest["files"] if (folder / name).is_file()}
    found = [
        name for name, path in files.items() if digest(path.read_bytes()) != manifest["files"][name]
    ]
    whole = {key: value for key, value in manifest.items() if key != "hash"}
    return found if own_hash(whole) == manifest.get("hash") else [MANIFEST, *found]


def check_build(folder: Path) -> None:
    """Refuse what `is_build` does not know."""
    if not is_build(folder):
        raise HwlstmError(f"{folder} is no build folder of this version; build it again")


def check_unchanged(folder: Path, names: Container[str] | None = None) -> None:
    """Refuse a build of which a file, one of `names` if they are given, was changed by hand."""
    edited = [name for name in changed(folder) if names is None or name in names]
    if edited:
        raise HwlstmError(f"{folder} was changed since it was built: {', '.join(edited)}")


def known(folder: Path) -> dict | None:
    """The manifest of a build; None if there is none of this format."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        return None
    files = manifest.get("files")
    return manifest if isinstance(files, dict) and all(map(is_inside, files)) else None


def is_inside(name: str) -> bool:
    """True for a name that stays in the folder."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def own_hash(manifest: dict) -> str:
    return digest(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
