"""PyTorch state dicts to Network; torch itself is not needed."""

import re
from collections.abc import Mapping

import numpy as np

from ...errors import HwlstmError, UnsupportedModel
from ...network import Network
from ..arrays import from_arrays

__all__ = ["array", "check_tensor", "load_state_dict"]

RECURRENT = re.compile(r"(.*\.|)((?:weight|bias)_(?:ih|hh|hr)_l\d+(?:_reverse)?)", re.DOTALL)
NEEDED = ("weight_ih_l0", "weight_hh_l0")
BIASES = ("bias_ih_l0", "bias_hh_l0")
HERE = "state dict"
REPARAMETRISED = re.compile(
    r"(.*\.)?(parametrizations\..*|\w+_(orig|mask|u)|(weight|bias)\w*_[gv])", re.DOTALL
)
"""Keys of torch.nn.utils.prune, weight_norm and spectral_norm, in their old and new forms."""


def load_state_dict(
    state: Mapping,
    *,
    steps: str | None = None,
    classify: bool = False,
    name: str = "network",
) -> Network:
    """One nn.LSTM of one layer, and one nn.Linear if its keys are there.

    Parameters
    ----------
    state : dict
        Key to tensor or array: weight_ih_l0 ... of the LSTM, weight and bias of the linear
        layer, each behind any prefix.
    steps : {"all", "last"}
        Which steps the linear layer reads. The keys do not say it, so it must be given. Without
        a linear layer: which steps are results, "all" if not given.

    Raises
    ------
    HwlstmError
        A key is missing.
    UnsupportedModel
        A key or a shape is of something else; names it.
    """
    for key in state:
        if isinstance(key, str) and REPARAMETRISED.fullmatch(key):
            hint = "load the module itself, or remove its pruning or norm first"
            raise UnsupportedModel(HERE, "key", key, hint)
    arrays = {key: array(key, value) for key, value in state.items()}
    recurrent = recurrent_prefix(arrays)
    linear = linear_prefix([key for key in arrays if not RECURRENT.fullmatch(key)])
    check_shapes(arrays, recurrent)
    if steps not in ("all", "last") and not (linear is None and steps is None):
        raise ValueError(
            f"steps must be 'all' or 'last' (a state dict does not say it), not {steps!r}"
        )
    return assemble(arrays, recurrent, linear, steps=steps, classify=classify, name=name)


def array(key, value, where: str = HERE) -> np.ndarray:
    """A tensor or array as finite float64."""
    if not isinstance(key, str):
        raise TypeError(f"Keys of a state dict must be text, not {key!r}")
    kind = str(getattr(value, "dtype", type(value).__name__))
    if hasattr(value, "detach"):
        check_tensor(key, value, where)
        value = value.detach().cpu().double().numpy()
    value = np.asarray(value)
    if value.dtype.kind not in "fiu":
        raise UnsupportedModel(where, f"type of {key!r}", kind, "floats are")
    for place in np.argwhere(~np.isfinite(value))[:1]:
        raise UnsupportedModel(where, f"{key}{[int(k) for k in place]}", float(value[tuple(place)]))
    return value.astype(np.float64)


def check_tensor(key: str, tensor, where: str) -> None:
    """Refuse one whose numbers are not there, or are no real numbers."""
    kind = str(tensor.dtype)
    if tensor.is_complex() or kind == "torch.bool" or tensor.is_quantized:
        raise UnsupportedModel(where, f"type of {key!r}", kind, "floats are")
    if type(tensor).__name__.startswith("Uninitialized"):
        hint = "run the forward once, so that a lazy layer knows its size"
        raise UnsupportedModel(where, f"tensor {key!r}", "uninitialized", hint)
    if tensor.is_meta:
        raise UnsupportedModel(where, f"device of {key!r}", "meta", "load its numbers first")
    if str(tensor.layout) != "torch.strided":
        raise UnsupportedModel(where, f"layout of {key!r}", str(tensor.layout), "to_dense() is")


def recurrent_prefix(keys: Mapping) -> str:
    """What stands before the LSTM's keys. Refuses all but one layer in one direction."""
    found = [match for key in keys if (match := RECURRENT.fullmatch(key))]
    hint = "one nn.LSTM of one layer, forward, without projection is"
    for match in found:
        if match[2] not in NEEDED + BIASES or match[1] != found[0][1]:
            raise UnsupportedModel(HERE, "key", match[0], hint)
    prefix = found[0][1] if found else ""
    given = {match[2] for match in found}
    wanted = NEEDED + (BIASES if given & set(BIASES) else ())
    for key in wanted:
        if key not in given:
            raise HwlstmError(f"{HERE}: {prefix + key!r} is missing")
    return prefix


def linear_prefix(keys: list[str]) -> str | None:
    """What stands before the keys of the linear layer; None if there is none."""
    if not keys:
        return None
    prefix = keys[0].removesuffix("weight").removesuffix("bias")
    for key in keys:
        if key not in (f"{prefix}weight", f"{prefix}bias"):
            hint = "one nn.LSTM and at most one nn.Linear are"
            raise UnsupportedModel(HERE, "key", key, hint)
    if f"{prefix}weight" not in keys:
        raise HwlstmError(f"{HERE}: {prefix + 'weight'!r} is missing")
    return prefix


def check_shapes(arrays: Mapping[str, np.ndarray], recurrent: str) -> None:
    """Name the key whose shape is not an LSTM's; nn.GRU and nn.RNN have the same keys."""
    hidden = arrays[f"{recurrent}weight_hh_l0"].shape
    units = hidden[-1] if hidden else 0
    inputs = arrays[f"{recurrent}weight_ih_l0"].shape[-1:]
    wanted = {
        "weight_hh_l0": (4 * units, units),
        "weight_ih_l0": (4 * units, *inputs),
        "bias_ih_l0": (4 * units,),
        "bias_hh_l0": (4 * units,),
    }
    for key, shape in wanted.items():
        given = arrays.get(recurrent + key)
        if given is not None and given.shape != shape:
            hint = f"{shape} of an nn.LSTM is"
            raise UnsupportedModel(HERE, f"shape of {recurrent + key!r}", given.shape, hint)


def assemble(
    arrays: Mapping[str, np.ndarray],
    recurrent: str,
    linear: str | None,
    *,
    steps: str | None,
    classify: bool,
    name: str,
) -> Network:
    """The Network of checked arrays; prefixes say which belong to which layer."""
    biases = [arrays[recurrent + key] for key in BIASES if recurrent + key in arrays]
    dense = None
    if linear is not None:
        dense = (arrays[f"{linear}weight"], arrays.get(f"{linear}bias"))
    return from_arrays(
        W=arrays[f"{recurrent}weight_ih_l0"],
        U=arrays[f"{recurrent}weight_hh_l0"],
        b=sum(biases) if biases else None,
        order="ifgo",
        dense=dense,
        steps=steps,
        classify=classify,
        name=name,
    )
