"""What the command line says of a model file, and the file read with it."""

import sys
import warnings
from pathlib import Path

from ..load import load
from ..network import Network

__all__ = ["add_model", "read_model"]


def add_model(it):
    """What a file does not say of its network."""
    it.add_argument(
        "--classify", action="store_true", help="the result is the index of the largest output"
    )
    about = it.add_argument_group("for an .npz file")
    about.add_argument("--cell", metavar="NAME", help="a bundled cell, or FILE.py:NAME of your own")
    about.add_argument(
        "--steps", choices=("all", "last"), help="which steps the linear layer reads (last)"
    )


def read_model(path: Path, options) -> Network:
    """The network; what is worth a warning is one line each."""
    given = {"cell": options.cell, "steps": options.steps, "classify": options.classify or None}
    given = {name: value for name, value in given.items() if value is not None}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        network = load(path, **given)
    for each in told:
        print(f"hwlstm {options.command}: {each.message}", file=sys.stderr)
    return network
