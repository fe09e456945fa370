"""A trained network comes in: from ONNX, PyTorch or plain arrays, of any cell."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..errors import HwlstmError
from ..network import Network
from .arrays import from_arrays, from_cell, identifier, read_arrays
from .cell import load_cell
from .file import check_file

__all__ = ["from_arrays", "from_cell", "load", "load_cell"]

KERAS = (
    "of a Keras model give the arrays in Python: W, U, b = lstm.get_weights(), then "
    'hwlstm.from_arrays(W=W, U=U, b=b, order="ifco", dense=dense.get_weights())'
)
TORCH = "in Python: hwlstm.load(torch.load(FILE, weights_only=True), steps='last')"
INSTEAD = {
    **dict.fromkeys((".keras", ".h5", ".hdf5"), KERAS),
    **dict.fromkeys((".pt", ".pth", ".ckpt"), f"of PyTorch give the module or state dict {TORCH}"),
    ".safetensors": "give the state dict in Python: hwlstm.load(safetensors.numpy.load_file(FILE))",
    ".npy": "put the arrays that hwlstm.from_cell takes into an .npz file",
}
"""What to do with files of other kinds."""


def load(source, *, cell=None, classify: bool = False, **options) -> Network:
    """Read a trained network.

    Parameters
    ----------
    source : path of an .onnx or .npz file, torch.nn.Module, or state dict
        A state dict maps names to tensors or arrays. An .npz file holds the arrays of `from_cell`.
    cell : Cell or str
        Of an .npz file: what `load_cell` takes, a bundled cell's name or FILE.py:NAME.
    name : str, optional
        Name of the network.
    steps : {"all", "last"}
        Which steps the linear layer reads; a state dict with one does not say it, so it must be
        given there.
    classify : bool
        The result is the index of the largest output, whatever the source says.

    Raises
    ------
    HwlstmError
        The file cannot be read, or the package that reads it is not installed.
    UnsupportedModel
        The model holds something that would change its result; names it.
    """
    if isinstance(source, (str, os.PathLike)):
        return load_file(Path(source), cell, {"classify": classify, **options})
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(source, torch.nn.Module):
        from .torch.module import load_module

        return load_module(source, classify=classify, **options)
    if isinstance(source, Mapping):
        from .torch.state import load_state_dict

        return load_state_dict(source, classify=classify, **options)
    raise TypeError(
        "Source must be the path of an .onnx or .npz file, a torch.nn.Module or a state dict, "
        f"not {type(source).__name__}"
    )


def load_file(path: Path, cell, options: dict) -> Network:
    kind = path.suffix.lower()
    if kind in INSTEAD:
        raise HwlstmError(f"{path} must be an .onnx or .npz file; {INSTEAD[kind]}")
    if kind not in (".onnx", ".npz"):
        raise HwlstmError(f"{path} must be an .onnx or .npz file")
    if kind == ".npz":
        if cell is None:
            raise HwlstmError(f"{path} holds arrays: say of which cell (--cell NAME)")
        own = load_cell(cell) if isinstance(cell, str) else cell
        return from_cell(own, read_arrays(path), **{"name": identifier(path.stem), **options})
    if cell is not None:
        raise HwlstmError(f"{path} has its own cell; a cell is given for .npz files only")
    if "steps" in options:
        raise HwlstmError(f"{path} says itself which steps are read; steps are for .npz files")
    check_file(path)
    from .onnx import load_onnx

    return load_onnx(path, **options)
