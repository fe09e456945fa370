"""Gradients of a whole network: layer by layer backwards, in floats and in integers."""

from collections.abc import Mapping

import numpy as np

from ..fixed import narrow
from ..fixed_network import FixedBackward, FixedNetwork
from ..network import Network
from .backward import float_backward, integer_backward
from .exact import Exact
from .network import Trace

__all__ = ["gradients", "integer_gradients"]


def gradients(
    network: Network,
    x: np.ndarray,
    trace: Trace,
    d_output: np.ndarray,
    *,
    time=None,
    truncate: int | str | None = None,
    watch=None,
) -> dict[str, np.ndarray]:
    """Gradients of a loss, in floats.

    Parameters
    ----------
    x : array (sequences, steps, inputs)
    trace : Trace
        What `run_float` gave for it.
    d_output : array
        Gradient of the loss with respect to the outputs of the last layer (before an argmax):
        (sequences, steps, outputs), or (sequences, outputs) when many to one.
    time : array (sequences, steps)
        Of every step, if the first layer reads time stamps.
    truncate
        See `float_backward`.
    watch : callable
        Told "layer.NAME" of every value of the backward pass.

    Returns
    -------
    "layer." and a key of `float_backward` to the gradient; "x" to that of the input.
    """
    above = spread(network, d_output, x.shape[1])
    found: dict[str, np.ndarray] = {}
    x = network.conversion(x)
    for k in reversed(range(len(network.layers))):
        layer = network.layers[k]
        given = layer_input(network, trace, x, k)
        stamps = time if layer.time_gate and layer.time_gate.stamped else None
        tell = (lambda name, v, of=layer.name: watch(f"{of}.{name}", v)) if watch else None
        own = float_backward(
            layer,
            given,
            trace.layers[layer.name],
            above,
            time=stamps,
            truncate=truncate,
            watch=tell,
        )
        above = unread(layer, own.pop("x"), network, trace, x, k)
        found |= {f"{layer.name}.{key}": value for key, value in own.items()}
    return {**found, "x": above / network.conversion.scale}


def integer_gradients(
    fixed: FixedNetwork,
    backward: Mapping[str, FixedBackward],
    x: np.ndarray,
    trace: Trace,
    d_output: np.ndarray,
    *,
    truncate: int | str | None = None,
    saturation: dict[str, int] | None = None,
) -> dict[str, Exact]:
    """Gradients of a loss in integers, by the formats of `quantize_backward`.

    Parameters
    ----------
    backward : dict
        Layer name to its backward half.
    x, trace
        Raw, as of `run_integer`.
    d_output : array
        As of `gradients`, raw, in the format of next.STATE of the last layer's output.
    saturation : dict
        "layer.NAME" to the count of saturated values; counted up if given.

    Returns
    -------
    As `gradients`, of the weights and the input behind the conversion; of a time gate see
    `integer_backward`.
    """
    above = spread(fixed, d_output, x.shape[1])
    found: dict[str, Exact] = {}
    dx = None
    for k in reversed(range(len(fixed.layers))):
        layer = fixed.layers[k]
        half = backward[layer.name]
        if dx is not None:
            above = unread(fixed.layers[k + 1], dx, fixed, trace, x, k + 1)
        here: dict[str, int] | None = None if saturation is None else {}
        own = integer_backward(
            half,
            layer_input(fixed, trace, x, k),
            trace.layers[layer.name],
            above,
            truncate=truncate,
            saturation=here,
        )
        exact = own.pop("x")
        if k:
            to = backward[fixed.layers[k - 1].name]
            dx = narrow(exact.raw, exact.frac, to.formats[f"next.{to.layer.output}"])
        found |= {f"{layer.name}.{key}": value for key, value in own.items()}
        for name, n in (here or {}).items():
            saturation[f"{layer.name}.{name}"] = saturation.get(f"{layer.name}.{name}", 0) + n
    return {**found, "x": exact}


def spread(network, d_output: np.ndarray, steps: int) -> np.ndarray:
    """The gradient at every step of the last layer: 0 where nothing leaves."""
    last = network.layers[-1]
    seen = 1 if any(layer.reads == "last" for layer in network.layers) else steps
    wanted = (
        (len(d_output), last.units) if network.many_to_one else (len(d_output), seen, last.units)
    )
    if d_output.shape != wanted:
        raise ValueError(f"Gradient of the output must have shape {wanted}, not {d_output.shape}")
    if not network.many_to_one:
        return d_output
    above = np.zeros((len(d_output), seen, last.units), dtype=d_output.dtype)
    above[:, -1] = d_output
    return above


def layer_input(network, trace: Trace, x: np.ndarray, k: int) -> np.ndarray:
    """What layer k read."""
    if k:
        before = network.layers[k - 1]
        x = trace.layers[before.name][before.cell.states[0]]
    return x[:, -1:] if network.layers[k].reads == "last" else x


def unread(layer, dx: np.ndarray, network, trace: Trace, x: np.ndarray, k: int) -> np.ndarray:
    """The gradient of all that was offered to a layer: 0 at the steps that it did not read."""
    if layer.reads != "last":
        return dx
    before = network.layers[k - 1]
    offered = trace.layers[before.name][before.cell.states[0]]
    above = np.zeros((*offered.shape[:2], dx.shape[-1]), dtype=dx.dtype)
    above[:, -1:] = dx
    return above
