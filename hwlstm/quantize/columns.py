"""Inputs of different scale in one x: a power of two for each column of it."""

from collections.abc import Callable

import numpy as np

from ..fixed import real
from ..fixed_network import FixedNetwork
from ..golden import run_float, run_integer
from ..golden.network import raw_time
from ..network import Network

__all__ = ["best_scale"]

ALIKE = 4.0
"""Columns whose largest values are no further apart are of one scale: nothing to gain."""

GAIN = 0.9
"""A scale is used where the error with it is below so much of the error without."""


def best_scale(
    network: Network, x: np.ndarray, time, made: Callable[[tuple[int, ...]], FixedNetwork]
) -> FixedNetwork:
    """What `made` gives for no exponents, or for those that balance the columns where that has
    clearly less error on the calibration data.

    Parameters
    ----------
    x : array (sequences, steps, inputs)
    time : array (sequences, steps) or None
    made : callable
        Exponents (inputs,), see :func:`hwlstm.network.scaled`, or (), to a network quantised so.
    """
    plain, scale = made(()), balanced(network, x)
    if not any(scale):
        return plain
    other = made(scale)
    before, after = (error(network, each, x, time) for each in (plain, other))
    return other if after < GAIN * before else plain


def balanced(network: Network, x: np.ndarray) -> tuple[int, ...]:
    """Exponents half way between those that bring the columns of x to one magnitude and those
    that bring their weights to one: neither end is rounded to nothing for the other's sake.

    0 for the column that this leaves largest, and for all where the columns of x are alike.
    """
    matrices = [parts["x"] for parts in network.layers[0].weights.values() if "x" in parts]
    values, weights = np.abs(x).max((0, 1)), np.abs(np.concatenate(matrices)).max(0)
    used = (values > 0) & (weights > 0)
    if values.max() <= ALIKE * values.min(where=used, initial=values.max()):
        return ()
    # Of a column that is 0 throughout, or not weighted, the other end decides.
    typical = np.median((values * weights)[used])
    high = np.maximum(values, weights)
    filled = np.divide(typical, high, out=np.ones_like(high), where=high > 0)
    values = np.where(values > 0, values, filled)
    weights = np.where(weights > 0, weights, filled)
    exponents = np.floor(np.log2(values / weights) / 2).astype(int)
    return tuple((exponents - exponents.max()).tolist())


def error(network: Network, fixed: FixedNetwork, x: np.ndarray, time) -> float:
    """Mean square of the error of the last layer's outputs, before an argmax."""
    last, output = fixed.layers[-1].name, fixed.layers[-1].output
    stamps = None if time is None else raw_time(time, *x.shape[:2], fixed.stamp)
    floats = run_float(network, x, time)
    integers = run_integer(fixed, fixed.raw(x), stamps, trace=False)
    found = real(integers.layers[last][output], fixed.layers[-1].formats[output])
    return float(np.square(found - floats.layers[last][output]).mean())
