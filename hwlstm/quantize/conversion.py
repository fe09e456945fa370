"""What is done to x before it is rounded: nothing, unless something else has clearly less error."""

from collections.abc import Callable

import numpy as np

from ..conversion import IDENTITY, Conversion
from ..fixed_network import FixedNetwork
from ..golden import run_float, run_integer
from ..golden.network import raw_time
from ..network import Network, rebased
from .signals import output_error

__all__ = ["least_error"]

ALIKE = 4.0
"""Columns whose largest values are no further apart are of one scale: nothing to gain."""

SCALED = 0.9
"""Powers of two are used where the error with them is below so much of the error without."""

KEPT = 0.25
"""The network's own conversion stays in front where the error with it is below so much:
two bits are missing otherwise."""


def least_error(
    network: Network, x: np.ndarray, time, made: Callable[[Conversion], FixedNetwork]
) -> FixedNetwork:
    """What `made` gives for the conversion to use, by the error on the calibration data.

    Parameters
    ----------
    x : array (sequences, steps, inputs)
    time : array (sequences, steps) or None
    made : callable
        Conversion to the network `rebased` by it and quantised.
    """

    def better(first: FixedNetwork, second: FixedNetwork, share: float) -> FixedNetwork:
        before, after = (error(network, each, x, time) for each in (first, second))
        return second if after < share * before else first

    def scaled(start: Conversion) -> FixedNetwork:
        plain, exponents = made(start), balanced(rebased(network, start), start(x))
        if not exponents.any():
            return plain
        other = Conversion(0.0, np.ldexp(1.0, exponents)).after(start)
        return better(plain, made(other), SCALED)

    own, folded = network.conversion, scaled(IDENTITY)
    return folded if own.is_identity else better(folded, scaled(own), KEPT)


def balanced(network: Network, x: np.ndarray) -> np.ndarray:
    """Exponents half way between those that bring the columns of x to one magnitude and those
    that bring their weights to one: neither end is rounded to nothing for the other's sake.

    0 for the column that this leaves largest, and for all where the columns of x are alike.
    """
    matrices = [parts["x"] for parts in network.layers[0].weights.values() if "x" in parts]
    values, weights = np.abs(x).max((0, 1)), np.abs(np.concatenate(matrices)).max(0)
    used = (values > 0) & (weights > 0)
    if values.max() <= ALIKE * values.min(where=used, initial=values.max()):
        return np.zeros(len(values), dtype=int)
    # Of a column that is 0 throughout, or not weighted, the other end decides.
    typical, high = np.median((values * weights)[used]), np.maximum(values, weights)
    filled = np.divide(typical, high, out=np.ones_like(high), where=high > 0)
    values = np.where(values > 0, values, filled)
    weights = np.where(weights > 0, weights, filled)
    exponents = np.floor(np.log2(values / weights) / 2).astype(int)
    return exponents - exponents.max()


def error(network: Network, fixed: FixedNetwork, x: np.ndarray, time) -> float:
    """Mean square of the error of the outputs, before an argmax."""
    stamps = None if time is None else raw_time(time, *x.shape[:2], fixed.stamp)
    floats = run_float(network, x, time)
    integers = run_integer(fixed, fixed.raw(x), stamps, trace=False)
    return float(np.square(output_error(fixed, floats, integers)).mean())
