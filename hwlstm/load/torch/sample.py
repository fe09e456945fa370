"""The module's own forward against the network read from it, on some data."""

import numpy as np
import torch
from torch.utils._pytree import tree_leaves

from ...errors import UnsupportedModel
from ...golden import run_float
from ...network import Network
from .export import Example, kept, reason

__all__ = ["check_samples"]

SIZES = ((1, 1), (1, 4), (2, 1), (3, 7))
"""Sequences and steps: those for which an exported graph does not hold, and others than its own."""

TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-3}
COARSE = 5e-2


def check_samples(
    module, network: Network, example: Example, *, batch_first: bool, classified: bool
) -> None:
    """Run the forward, in float64 where it can, and compare its first result with the network's.

    Parameters
    ----------
    classified : bool
        The forward gives the index of the largest output, as the network does.

    Raises
    ------
    UnsupportedModel
        It gives something else.
    """
    rng = np.random.default_rng(2)
    for sequences, steps in SIZES:
        x = rng.normal(0, 2, (sequences, steps, example.inputs))
        turned = x if batch_first else x.swapaxes(0, 1)
        calls = 2 if (sequences, steps) == SIZES[0] else 1
        results, dtype = first_results(module, example, turned, sequences, calls)
        expected = run_float(network, x).output
        for call, given in zip(("", " at a second call"), results, strict=False):
            given = given.double().cpu().numpy()
            if network.classify and not classified:
                given = given.argmax(-1)[..., None]
            if not agrees(given, expected, TOLERANCE.get(dtype, COARSE)):
                size = f"{sequences} sequence{'s' * (sequences > 1)} of {steps}"
                value = f"something else for {size} step{'s' * (steps > 1)}{call}"
                hint = "the same at every size and call is"
                raise UnsupportedModel(type(module).__name__, "forward", value, hint)


def first_results(module, example: Example, x: np.ndarray, sequences: int, calls: int) -> tuple:
    """What the forward gives first, at each of some calls, and in which floats it ran."""
    states = [torch.zeros(1, sequences, example.units)] * 2
    given = [torch.as_tensor(x), *states]
    own = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    for dtype in (torch.float64, example.dtype):
        like = {"dtype": dtype, "device": example.device}
        values = {
            key: value.detach().to(dtype if value.is_floating_point() else value.dtype, copy=True)
            for key, value in own.items()
        }
        arguments = example.arguments(*(each.to(**like) for each in given))
        try:
            with kept(module), torch.no_grad(), torch.compiler.set_stance("force_eager"):
                found = [
                    torch.func.functional_call(module, values, arguments) for _ in range(calls)
                ]
            return [tree_leaves(results)[0] for results in found], dtype
        except Exception as error:  # forward is the user's code and may raise anything
            failure = error
    raise UnsupportedModel(type(module).__name__, "forward", reason(failure))


def agrees(given: np.ndarray, expected: np.ndarray, tolerance: float) -> bool:
    """True if the numbers agree, whatever the layout of sequences and steps in them."""
    turned = expected.swapaxes(0, 1) if expected.ndim == 3 else expected
    return any(close(given.ravel(), each.ravel(), tolerance) for each in (expected, turned))


def close(given: np.ndarray, expected: np.ndarray, tolerance: float) -> bool:
    return given.shape == expected.shape and bool(
        np.abs(given - expected).max() <= tolerance * np.abs(expected).max()
    )
