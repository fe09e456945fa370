"""PyTorch modules to Network."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from ...errors import UnsupportedModel
from ...golden import Trace, run_float
from ...network import Network
from .state import array, assemble

__all__ = ["load_module"]

SEQUENCES, STEPS = 3, 5
TOLERANCE = {"torch.float64": 1e-9, "torch.float32": 1e-4}
COARSE = 3e-2


def load_module(module, *, name: str = "network") -> Network:
    """A module that holds one nn.LSTM of one layer and at most one nn.Linear.

    `forward` may do anything with them. So it is run: on seeded data, with its own weights and
    with random ones, large enough that a ReLU or a clamp behind the layers would show. The
    reading of the module (all steps, the last one, argmax) that agrees every time is taken.

    Raises
    ------
    UnsupportedModel
        Names the part that is not supported; or no reading agrees.
    """
    parts = Parts.of(module)
    agreeing, failure = list(parts.readings), "something else"
    for weights in probes(module):
        for batch_first in (True, False):
            x = data(parts, weights, batch_first=batch_first)
            result, failed = forward(module, weights, x)
            failure = failed or failure
            agreeing = [
                reading
                for reading in agreeing
                if reading.batch_first != batch_first or agrees(parts, reading, weights, x, result)
            ]
    if agreeing:
        return parts.network(dict(module.named_parameters()), agreeing[0], name)
    hint = "the LSTM, then at most the linear layer on all steps or the last one, then argmax, is"
    if module.training:
        hint += "; call eval() first if something is random in training"
    raise UnsupportedModel(type(module).__name__, "forward", failure, hint)


@dataclass(frozen=True)
class Reading:
    """What a forward may do with its layers, and how it lays out its data."""

    batch_first: bool
    steps: str
    classify: bool


@dataclass(frozen=True)
class Parts:
    """The layers of a module.

    Parameters
    ----------
    recurrent, linear : str
        Prefixes of their parameters; `linear` is None if there is none.
    """

    recurrent: str
    linear: str | None
    inputs: int
    batch_first: bool

    @classmethod
    def of(cls, module) -> "Parts":
        """Find the layers. Raises UnsupportedModel for a part that is not supported."""
        found: dict[type, list[str]] = {torch.nn.LSTM: [], torch.nn.Linear: []}
        for path, part in module.named_modules():
            where = path or type(module).__name__
            kind = next((kind for kind in found if isinstance(part, kind)), None)
            if kind is not None:
                found[kind].append(path)
            elif own := [key for key, _ in part.named_parameters(recurse=False)]:
                hint = "one nn.LSTM and at most one nn.Linear are"
                raise UnsupportedModel(where, "parameter", own[0], hint)
            if isinstance(part, torch.nn.Dropout) and part.training and part.p > 0:
                raise UnsupportedModel(where, "training", True, "call eval() first")
        lstms, linears = found[torch.nn.LSTM], found[torch.nn.Linear]
        if len(lstms) != 1 or len(linears) > 1:
            value = (len(lstms), len(linears))
            hint = "one nn.LSTM and at most one nn.Linear are"
            raise UnsupportedModel(type(module).__name__, "layers (LSTM, Linear)", value, hint)
        lstm = module.get_submodule(lstms[0])
        check_lstm(lstms[0] or "LSTM", lstm)
        linear = f"{linears[0]}." if linears else None
        recurrent = f"{lstms[0]}." if lstms[0] else ""
        return cls(recurrent, linear, lstm.input_size, lstm.batch_first)

    @property
    def readings(self) -> list[Reading]:
        """Those to try; the LSTM's own layout first."""
        steps = ("last", "all")
        layouts = (self.batch_first, not self.batch_first)
        return [Reading(*choice) for choice in product(layouts, steps, (False, True))]

    def network(self, weights: dict, reading: Reading, name: str) -> Network:
        arrays = {key: array(key, value, "parameters") for key, value in weights.items()}
        return assemble(
            arrays,
            self.recurrent,
            self.linear,
            steps=reading.steps,
            classify=reading.classify,
            name=name,
        )


def check_lstm(where: str, lstm) -> None:
    for attribute, wanted in (("num_layers", 1), ("bidirectional", False), ("proj_size", 0)):
        value = getattr(lstm, attribute)
        if value != wanted:
            raise UnsupportedModel(where, attribute, value, f"{wanted} is")


def probes(module) -> Iterator[dict]:
    """The parameters to try: the module's own, then random ones with small and large outputs."""
    yield dict(module.named_parameters())
    rng = np.random.default_rng(1)
    for scale in (1.0, 16.0):
        yield {
            key: torch.as_tensor(rng.normal(0, 1 if "_l0" in key else scale, own.shape)).to(own)
            for key, own in module.named_parameters()
        }


def data(parts: Parts, weights: dict, *, batch_first: bool):
    """Seeded random input of the kind that the weights are."""
    x = np.random.default_rng(2).normal(0, 2, (SEQUENCES, STEPS, parts.inputs))
    x = x if batch_first else x.swapaxes(0, 1).copy()
    return torch.as_tensor(x).to(next(iter(weights.values())))


def agrees(parts: Parts, reading: Reading, weights: dict, given, result) -> bool:
    """True if the module gave what this reading of it gives."""
    x = given.double().cpu().numpy()
    x = x if reading.batch_first else x.swapaxes(0, 1)
    trace = run_float(parts.network(weights, reading, "network"), x)
    tolerance = TOLERANCE.get(str(given.dtype), COARSE)
    main, *states = flattened(result)
    if states and (parts.linear is not None or not are_states(states, trace, tolerance)):
        return False
    return is_output(main, trace.output, reading, tolerance)


def forward(module, weights: dict, x) -> tuple:
    """Run a module with other weights; gives its result, or None and why there is none.

    Buffers that it writes to are copies.
    """
    buffers = {key: value.clone() for key, value in module.named_buffers()}
    try:
        with torch.no_grad():
            return torch.func.functional_call(module, {**weights, **buffers}, (x,)), None
    except Exception as error:  # forward is the user's code and may raise anything
        return None, next(iter(str(error).splitlines()), type(error).__name__)


def flattened(result) -> list:
    """The parts of nested tuples in order."""
    if isinstance(result, (tuple, list)) and result:
        return [part for item in result for part in flattened(item)]
    return [result]


def are_states(states: list, trace: Trace, tolerance: float) -> bool:
    """True if the further outputs are the last h and c."""
    layer = trace.layers["lstm"]
    expected = [layer["h"][None, :, -1], layer["c"][None, :, -1]]
    return len(states) == len(expected) and all(
        close(state, wanted, tolerance) for state, wanted in zip(states, expected, strict=True)
    )


def is_output(given, expected, reading: Reading, tolerance: float) -> bool:
    """True if the module's output is the network's, in either layout."""
    if not isinstance(given, torch.Tensor) or given.is_floating_point() == reading.classify:
        return False
    layouts = [expected] if reading.steps == "last" else [expected, expected.swapaxes(0, 1)]
    return any(close(given, layout, tolerance) for layout in layouts)


def close(given, expected: np.ndarray, tolerance: float) -> bool:
    """True if shapes agree but for axes of size 1, and the numbers within the tolerance."""
    if not isinstance(given, torch.Tensor):
        return False
    given, expected = given.double().cpu().numpy().squeeze(), expected.squeeze()
    if given.shape != expected.shape:
        return False
    return bool(np.abs(given - expected).max() <= tolerance * np.abs(expected).max())
