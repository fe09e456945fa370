"""network.npz: the integers, formats and activation tables of a build.

With it and nothing else a FixedNetwork is made again, integer for integer: for the golden model on
other data, and for whatever drives the hardware. The member `network` holds the tree as JSON in
UTF-8 (see tree.py), every other member one array of it, named by its path, as
layers/0/weights/i/x.
"""

import json
from pathlib import Path

import numpy as np

from ..errors import HwlstmError
from ..fixed_network import FixedNetwork
from ..load.arrays import read_arrays
from .seal import MANIFEST, check_build, check_unchanged
from .tree import NETWORKS

__all__ = ["NETWORK", "load_network", "read_network", "save_network"]

NETWORK = "network.npz"
TREE = "network"
FORMAT = "hwlstm network 1"


def save_network(fixed: FixedNetwork, path: Path) -> None:
    """Write a network; the same one gives the same bytes."""
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps({"format": FORMAT, "network": NETWORKS.packed(fixed, arrays)})
    np.savez_compressed(path, **{TREE: np.frombuffer(text.encode(), np.uint8)}, **arrays)


def read_network(path: Path) -> FixedNetwork:
    """The network that a file holds. Raises HwlstmError if it holds none."""
    arrays = read_arrays(path)
    try:
        content = json.loads(arrays[TREE].tobytes())
        if content["format"] != FORMAT:
            raise HwlstmError(f"{path} must be of format {FORMAT!r}, not {content['format']!r}")
        found = NETWORKS.unpacked(content["network"], arrays)
    except HwlstmError:
        raise
    except Exception as error:  # whatever a file that somebody else wrote may cause
        what = f"{type(error).__name__}: {error}"
        raise HwlstmError(f"{path} must be as hwlstm build wrote it ({what})") from None
    if not isinstance(found, FixedNetwork):
        raise HwlstmError(f"{path} must hold a network, not {type(found).__name__}")
    return found


def load_network(build: str | Path) -> FixedNetwork:
    """The network of a build folder, as it was built.

    Raises
    ------
    HwlstmError
        The folder is no build, or its manifest or network is no longer as written.
    """
    build = Path(build)
    check_build(build)
    check_unchanged(build, (MANIFEST, NETWORK))
    return read_network(build / NETWORK)
