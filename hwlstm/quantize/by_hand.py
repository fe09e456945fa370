"""Formats that a user gives by hand."""

from collections.abc import Mapping

from ..cells.graph import leaf_format
from ..fixed import Format
from ..network import Layer, Network
from .weights import gate_matrices, matrices

__all__ = ["by_layer", "check_names"]


def by_layer(network: Network, formats: Mapping) -> dict[str, dict[str, Format]]:
    """{"lstm.c": ...} to {"lstm": {"c": Format}}; unknown names are refused."""
    if not isinstance(formats, Mapping) or not all(isinstance(key, str) for key in formats):
        raise TypeError(f"Formats must be a dict of 'layer.signal' to format, not {formats!r}")
    split: dict[str, dict[str, Format]] = {layer.name: {} for layer in network.layers}
    for key, text in formats.items():
        name, _, signal = key.partition(".")
        if name not in split:
            raise ValueError(f"Format {key!r} must name a layer of {sorted(split)}")
        split[name][signal] = Format.parse(text)
    return split


def check_names(layer: Layer, given: Mapping[str, Format], x: Format | None) -> None:
    """Refuse a format of a signal that a layer has not, or that is not free.

    Parameters
    ----------
    x : Format or None
        What the layer before gives x.
    """
    signals = {"x", "b", *map(leaf_format, layer.vectors), *layer.cell.graph.names.values()}
    signals |= {*matrices(layer), *gate_matrices(layer)}
    if layer.time_gate:
        signals |= {"phi", "t"} if layer.time_gate.stamped else {"phi"}
    unknown = sorted(set(given) - signals)
    if unknown:
        raise ValueError(
            f"Format '{layer.name}.{unknown[0]}' must name a signal of {sorted(signals)}"
        )
    if x and given.get("x", x) != x:
        raise ValueError(
            f"{layer.name}.x must be {x}, the output of the layer before, not {given['x']}"
        )
