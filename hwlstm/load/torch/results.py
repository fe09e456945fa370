"""What a forward gives, as arguments of `from_arrays`."""

import torch

from ...errors import UnsupportedModel
from ..walk.signal import Signal
from .trace import Trace

__all__ = ["arguments"]

STATES = "one output, and the LSTM's last h and c behind it or not, is"


def arguments(title: str, trace: Trace, results: list, classify: bool) -> dict:
    """What `from_arrays` needs, from what the forward gives."""
    main, *extra = results or [None]
    if not isinstance(main, Signal) or main.source not in ("h", "y", "class"):
        hint = "an LSTM, then at most a linear layer, then argmax, is"
        raise UnsupportedModel(title, "result of forward", named(main), hint)
    place = f"{title}: {main.name}"
    if main.squashed and not classify:
        hint = "give the outputs before it, or classify=True: argmax in its place"
        raise UnsupportedModel(main.squashed, "place", "end of the forward", hint)
    if main.scale is not None:
        hint = "constants added or multiplied behind a linear layer are"
        raise UnsupportedModel(place, "scale", "not 1", hint)
    steps = main.reads(place)
    if extra or trace.streams:
        check_states(title, main, extra)
    network = {**main.network, "steps": steps}
    return network | {"classify": True} if classify else network


def check_states(title: str, main: Signal, extra: list) -> None:
    """Refuse further results but the last h and c of the LSTM that is the network."""
    if [each.source for each in extra if is_state(each, main)] != ["h", "c"] or len(extra) != 2:
        names = list(map(named, extra))
        raise UnsupportedModel(title, "further results of forward", names, STATES)


def is_state(value, main: Signal) -> bool:
    if not isinstance(value, Signal) or value.source not in ("h", "c") or value.scale is not None:
        return False
    own = value.network.get("W") is main.network["W"]
    return own and not value.squashed and value.reads(value.name) == "last"


def named(value) -> str:
    """What messages call a result."""
    if isinstance(value, torch.Tensor):
        return "a constant"
    return getattr(value, "name", repr(value))
