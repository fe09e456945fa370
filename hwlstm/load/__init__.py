"""A trained network comes in: from ONNX, PyTorch or plain arrays."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..errors import HwlstmError
from ..network import Network
from .arrays import from_arrays

__all__ = ["from_arrays", "load"]


def load(source, **options) -> Network:
    """Read a trained network.

    Parameters
    ----------
    source : path of an .onnx file, torch.nn.Module, or state dict
        A state dict maps names to tensors or arrays.
    name : str, optional
        Name of the network.
    steps : {"all", "last"}
        State dict with a linear layer only, and needed there: which steps that layer reads.
    classify : bool, optional
        State dict only: the result is the index of the largest output.

    Raises
    ------
    HwlstmError
        The file cannot be read, or the package that reads it is not installed.
    UnsupportedModel
        The model holds something that would change its result; names it.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if path.suffix.lower() != ".onnx":
            raise HwlstmError(
                f"{path} must be an .onnx file; read a PyTorch checkpoint with torch.load and "
                "give its state dict"
            )
        from .onnx import load_onnx

        return load_onnx(path, **options)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(source, torch.nn.Module):
        from .torch import load_module

        return load_module(source, **options)
    if isinstance(source, Mapping):
        from .torch_state import load_state_dict

        return load_state_dict(source, **options)
    raise TypeError(
        "source must be the path of an .onnx file, a torch.nn.Module or a state dict, "
        f"not {type(source).__name__}"
    )
