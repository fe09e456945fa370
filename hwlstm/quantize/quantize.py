"""A network in floats to one in raw integers: its input, then layer after layer."""

from collections.abc import Iterable, Mapping

import numpy as np

from ..activation import RESOURCES, listed
from ..conversion import IDENTITY, Conversion
from ..devices import Device
from ..devices import device as known_device
from ..fixed import Format
from ..fixed_network import FixedNetwork
from ..golden import run_float
from ..golden.gradients import layer_input
from ..golden.network import sequences
from ..network import Network, rebased
from .by_hand import by_layer
from .columns import Columns
from .conversion import least_error
from .formats import Choice, Signal, span
from .widths import chosen_widths

__all__ = ["ROUNDINGS", "quantize"]

ROUNDINGS = ("feedback", "nearest")


def quantize(
    network: Network,
    data,
    time=None,
    *,
    weights: int = 8,
    bits: int = 16,
    margin: float = 1.25,
    max_ulp: float = 1.0,
    resources: Iterable[str] = RESOURCES,
    shared: bool = False,
    steps: int | None = None,
    formats: Mapping[str, Format | str] | None = None,
    rounding: str = "feedback",
    device_name: str | Device | None = None,
) -> FixedNetwork:
    """Give every signal a Format, and turn every weight into raw integers.

    Parameters
    ----------
    data : array (sequences, steps, inputs)
        Calibration data: formats hold `margin` times what it reaches. Weights minimise the error
        of the sums of products over it instead, see `rounding`.
    time : array (sequences, steps)
        Of every step of it, if the first layer reads time stamps.
    weights, bits : int
        Width in bits of W and U; of x, of the states that they multiply, and of the output. The
        signals within the cell are as wide as these deserve: see `Widths`.
    margin : float
        Headroom over the calibrated range, 1 or more.
    max_ulp : float
        Error bound of the activations, in output ulp.
    resources : iterable of "bram", "dsp"
        What activation units may use besides look-up tables.
    shared : bool
        The sigmoids and tanhs of the gates have one input format and one table, so that one unit
        computes them all where an initiation interval leaves it the time.
    steps : int
        Longest sequence. A state that nothing forgets (c of NFG) is ceil(log2 steps) bits wider,
        so that it cannot saturate within so many. If not given it has the calibrated range, like
        the rest, and saturates beyond: `measure` and `run_integer` count it.
    formats : dict
        "layer.signal" to Format or "Q4.12": fixed by hand. Refused if it cannot hold the
        calibrated range (beyond the point where a function is flat, it need not), or the initial
        state. "layer.W" is that of every gate, "layer.W_f" that of gate f; W and U of a gate are
        shifted together.
    rounding : "feedback" or "nearest"
        Of weights. "feedback": each row together, so that its sum of products errs least on the
        calibration data, the error's mean going into the bias; to nearest for a layer with fewer
        than 4 calibration vectors a column. "nearest": each weight by itself.
    device_name : str or Device
        Nothing that is multiplied becomes wider than one of its multipliers takes.

    Raises
    ------
    TypeError, ValueError
        Data or widths that are not as above; formats that saturate, with one that would not;
        an error bound that no table meets.
    """
    for what, width, most in (("weights", weights, 18), ("bits", bits, 18)):
        if not isinstance(width, int) or not 2 <= width <= most:
            raise ValueError(f"quantize {what} must be 2 to {most} bits, not {width!r}")
    if not margin >= 1:
        raise ValueError(f"quantize margin must be at least 1, not {margin!r}")
    if rounding not in ROUNDINGS:
        raise ValueError(f"quantize rounding must be {' or '.join(ROUNDINGS)}, not {rounding!r}")
    if steps is not None and (not isinstance(steps, int) or steps < 1):
        raise ValueError(f"quantize steps must be at least 1, not {steps!r}")
    x = sequences(data, network.inputs)
    target = None if device_name is None else known_device(device_name)
    trace = run_float(network, x, time)
    given = by_layer(network, formats or {})

    def made(conversion: Conversion) -> FixedNetwork:
        seen, layers = conversion(x), []
        source = Signal(*span(seen))
        for k, layer in enumerate(rebased(network, conversion).layers):
            own, columns = trace.layers[layer.name], None
            if rounding == "feedback":
                columns = Columns.of(layer, layer_input(network, trace, seen, k), own)
            choice = Choice(
                layer=layer,
                trace=own,
                columns=columns if columns and columns.enough(layer.cell) else None,
                given=given[layer.name],
                weights=weights,
                widths=chosen_widths(layer.cell, bits, target),
                device=target,
                margin=margin,
                max_ulp=max_ulp,
                resources=listed(resources),
                shared=shared,
                steps=steps,
                latest=float(np.max(time)) if network.stamped else 0.0,
            )
            fixed = choice.fixed(source)
            layers.append(fixed)
            source = Signal(0.0, 0.0, fixed.formats[fixed.output])
        about = (network.name, tuple(layers), network.classify, network.returns)
        return FixedNetwork(*about, conversion)

    by_hand = any(name == "x" or name.startswith("W") for name in given[network.layers[0].name])
    return made(IDENTITY) if by_hand else least_error(network, x, time, made)
