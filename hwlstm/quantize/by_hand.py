"""Formats that a user gives by hand."""

from collections.abc import Mapping

from ..fixed import Format
from ..network import Network

__all__ = ["by_layer"]


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
