"""The trainable numbers of a network under flat names, and a network with other numbers."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..network import Layer, Network

__all__ = ["changed", "parameters"]

VECTORS = ("bias", "peepholes", "parameters", "initial")
TIME = ("period", "shift", "ratio", "leak")


def parameters(network: Network) -> dict[str, np.ndarray]:
    """Every number by its name, as `gradients` names them: "lstm.weights.i.x", "lstm.bias.i"."""
    return {
        f"{layer.name}.{key}": value
        for layer in network.layers
        for key, value in numbers(layer).items()
    }


def numbers(layer: Layer) -> dict[str, np.ndarray]:
    """Those of a layer."""
    own = {f"weights.{q}.{s}": m for q, parts in layer.weights.items() for s, m in parts.items()}
    for kind in VECTORS:
        own |= {f"{kind}.{name}": v for name, v in getattr(layer, kind).items()}
    if layer.time_gate:
        own |= {f"time_gate.{name}": getattr(layer.time_gate, name) for name in TIME}
    return own


def changed(network: Network, values: Mapping[str, np.ndarray]) -> Network:
    """The network with other numbers; those not given stay.

    Raises
    ------
    ValueError
        A name or a shape that the network does not have.
    """
    unknown = sorted(set(values) - set(parameters(network)))
    if unknown:
        raise ValueError(f"Parameter {unknown[0]!r} is none of the network's")
    layers = tuple(
        with_numbers(
            layer,
            {key: values.get(f"{layer.name}.{key}", old) for key, old in numbers(layer).items()},
        )
        for layer in network.layers
    )
    return replace(network, layers=layers)


def with_numbers(layer: Layer, given: Mapping[str, np.ndarray]) -> Layer:
    """The layer with the given numbers in place of all of its own."""
    gate = layer.time_gate
    return replace(
        layer,
        weights={
            q: {s: given[f"weights.{q}.{s}"] for s in parts} for q, parts in layer.weights.items()
        },
        **{
            kind: {name: given[f"{kind}.{name}"] for name in getattr(layer, kind)}
            for kind in VECTORS
        },
        time_gate=gate and gate.changed(**{name: given[f"time_gate.{name}"] for name in TIME}),
    )
