"""Formats of the backward half of a network, from the gradients of calibration data."""

from collections.abc import Iterable

import numpy as np

from ..activation import RESOURCES, Activation
from ..cells.differentiate import differentiate
from ..cells.graph import Graph
from ..fixed import Format
from ..fixed_network import FixedBackward, FixedNetwork
from ..golden import Trace, gradients
from ..network import Network

__all__ = ["quantize_backward"]


def quantize_backward(
    network: Network,
    fixed: FixedNetwork,
    x: np.ndarray,
    trace: Trace,
    d_output: np.ndarray,
    *,
    time=None,
    truncate: int | str | None = None,
    bits: int = 16,
    margin: float = 2.0,
    max_ulp: float = 1.0,
    resources: Iterable[str] = RESOURCES,
) -> dict[str, FixedBackward]:
    """Give every value of the backward pass a Format that holds `margin` times what it reaches.

    Parameters
    ----------
    fixed : FixedNetwork
        What `quantize` made of the network.
    x, trace, d_output, time, truncate
        As of `gradients`, in floats.
    bits : int
        Width in bits of every gradient and slope.
    max_ulp, resources
        Of slopes that are looked up.

    Returns
    -------
    Layer name to its backward half, for `integer_gradients`.
    """
    if not isinstance(bits, int) or not 4 <= bits <= 24:
        raise ValueError(f"quantize_backward bits must be 4 to 24, not {bits!r}")
    if not margin >= 1:
        raise ValueError(f"quantize_backward margin must be at least 1, not {margin!r}")
    reach: dict[str, float] = {}

    def watch(name: str, values: np.ndarray) -> None:
        reach[name] = max(reach.get(name, 0.0), float(np.abs(values).max()))

    gradients(network, x, trace, d_output, time=time, truncate=truncate, watch=watch)
    found = {}
    for layer in fixed.layers:
        graph = differentiate(layer.cell.graph)
        own = {
            name.removeprefix(f"{layer.name}."): most
            for name, most in reach.items()
            if name.startswith(f"{layer.name}.")
        }
        formats = {name: Format.holding(bits, margin * most) for name, most in joined(graph, own)}
        tables = {
            name: Activation(
                function,
                layer.formats[operand],
                formats[name],
                max_ulp=max_ulp,
                resources=resources,
            )
            for name, (function, operand) in graph.activations.items()
        }
        found[layer.name] = FixedBackward(layer, graph, formats, tables)
    return found


def joined(graph: Graph, reach: dict[str, float]):
    """The gradients of the pre-activations have one range: one matrix product sums them all."""
    rows = {graph.names.get(node) for leaf, node in graph.outputs.items() if leaf.startswith("z.")}
    most = max((reach[name] for name in rows if name in reach), default=0.0)
    yield from ((name, most if name in rows else own) for name, own in reach.items())
