"""Activation: a function, two formats and a bound; the cheapest unit that provably meets it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np

from ..fixed import Format, Interval
from .certificate import Certificate, certified
from .families import Direct, Family, Piecewise, Shared, inner
from .functions import FUNCTIONS, Function, function
from .search import FAMILIES, RESOURCES, Request, unit
from .target import Target

__all__ = ["Activation", "flat_beyond"]

MAX_INPUT_BITS = 20
MAX_OUTPUT_BITS = 24


@dataclass(frozen=True)
class Activation:
    """`function` from `in_format` to `out_format`, no code further off than `max_ulp`.

    The unit is generated when the object is made, and its error measured over every input code:
    where no unit meets the bound there is no object.

    Parameters
    ----------
    function : str, callable or Function
        A name of :data:`FUNCTIONS`; a callable that maps a float64 array to one of the same
        shape; ``function("elu", alpha=0.5)`` where a parameter is not ONNX's default.
    in_format, out_format : Format or str
        Up to 20 and 24 bits.
    max_ulp : float
        Bound of the error against the function clipped to the output's range, in ulp of the
        output. 0.5 is correct rounding, below 1 "faithful".
    monotone, symmetric : bool or None
        True: demanded, and refused if the function is not so. False: not looked at. None: a unit
        is as its function is, unless clipping or correct rounding forbids it.
    resources : "bram", "dsp", or an iterable of them
        What may be used besides look-up tables, and is then preferred to them.
    latency : int or None
        Cycles from x to y; None: registers wherever they help. Other latencies leave registers
        out, those that help least first.
    family : str or None
        A key of :data:`FAMILIES`, if it is not to be chosen.

    Raises
    ------
    TypeError, ValueError
        An argument, with its contract.
    Unmet
        No unit was found that meets the bound: with the best that was reached and what would help.
    """

    function: Function
    in_format: Format
    out_format: Format
    max_ulp: float = 1.0
    monotone: bool | None = None
    symmetric: bool | None = None
    resources: Iterable[str] = frozenset(RESOURCES)
    latency: int | None = None
    family: str | None = None

    def __post_init__(self):
        settle = object.__setattr__
        settle(self, "function", function(self.function))
        settle(self, "in_format", Format.parse(self.in_format))
        settle(self, "out_format", Format.parse(self.out_format))
        settle(self, "resources", listed(self.resources))
        check(self)
        least, most = self.unit.least_latency, len(self.unit.stages)
        if self.latency is None:
            settle(self, "latency", most)
        elif not least <= self.latency <= most:
            raise ValueError(
                f"Latency of {self.function} must be {least} to {most} cycles, not {self.latency!r}"
            )

    @classmethod
    def stored(cls, unit: Family, **asked) -> "Activation":
        """An activation whose unit was found, and its arguments settled, before: no search."""
        found = object.__new__(cls)
        vars(found).update(asked, unit=unit)
        return found

    @cached_property
    def unit(self) -> Family:
        """The integer model; the hardware of the same name is in hwlstm.rtl.activation."""
        asked = {name: getattr(self, name) for name in Request.__dataclass_fields__}
        return unit(Request(**asked))

    @property
    def likeness(self) -> tuple:
        """Activations of one likeness can take turns on one unit."""
        unit = inner(self.unit)
        source = self.in_format.width, unit.in_format.width, unit.in_format.signed
        match unit:
            case Direct(block_ram=block_ram):
                return "direct", source, block_ram, self.latency
            case Piecewise(quadratic=False) if unit.dsp or unit.block_ram:
                hard = unit.block_ram, unit.dsp
                return "linear", unit.mirror, source, hard, self.latency
            case Shared():
                formats = self.in_format, self.out_format
                return "shared", formats, self.max_ulp, self.resources, self.latency
        return "single", self

    @cached_property
    def codes(self) -> np.ndarray:
        """The output for every input code, in order of the raw integers."""
        return self.unit.codes()

    @cached_property
    def target(self) -> Target:
        return Target(self.function, self.in_format, self.out_format)

    @cached_property
    def errors(self) -> np.ndarray:
        """Output minus exact value for every input code, in ulp."""
        return self.codes - self.target.values

    @cached_property
    def result(self) -> Interval:
        """The values that really leave the unit."""
        return Interval(self.out_format.frac, int(self.codes.min()), int(self.codes.max()))

    @cached_property
    def certificate(self) -> Certificate:
        return certified(self.target, self.codes)


def listed(resources) -> frozenset[str]:
    names = [resources] if isinstance(resources, str) else resources
    if not isinstance(names, Iterable) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"Activation resources must be names, not {resources!r}")
    return frozenset(names)


def check(asked: Activation) -> None:
    for what, fmt, most in (
        ("input", asked.in_format, MAX_INPUT_BITS),
        ("output", asked.out_format, MAX_OUTPUT_BITS),
    ):
        if fmt.width > most:
            raise ValueError(f"Activation {what} must have at most {most} bits, not {fmt}")
    if not isinstance(asked.max_ulp, Real) or isinstance(asked.max_ulp, bool):
        raise TypeError(f"Activation max_ulp must be a number, not {asked.max_ulp!r}")
    if not 0 < asked.max_ulp < math.inf:
        raise ValueError(f"Activation max_ulp must be finite and above 0, not {asked.max_ulp!r}")
    if not (asked.latency is None or type(asked.latency) is int):
        raise TypeError(f"Activation latency must be an integer, not {asked.latency!r}")
    unknown = sorted(set(asked.resources) - set(RESOURCES))
    if unknown:
        raise ValueError(
            f"Activation resources must be of {', '.join(RESOURCES)}, not {unknown[0]!r}"
        )
    for which in ("monotone", "symmetric"):
        if getattr(asked, which) not in (None, True, False):
            raise TypeError(
                f"Activation {which} must be True, False or None, not {getattr(asked, which)!r}"
            )
    if asked.family is not None and asked.family not in list(FAMILIES):
        raise ValueError(
            f"Activation family must be one of {', '.join(FAMILIES)}, not {asked.family!r}"
        )


def flat_beyond(function: Function, out_format: Format) -> float:
    """The input beyond which the function stays within half an ulp of its limits.

    An input format need not reach further: saturating there changes no output.
    """
    nearest = -math.log(out_format.step / 2)
    if function is FUNCTIONS["sigmoid"]:
        return nearest
    if function is FUNCTIONS["tanh"]:
        return (nearest + math.log(2)) / 2
    pieces = function.pieces
    if pieces and pieces[0].slope == pieces[-1].slope == 0:
        return max(abs(float(piece.start)) for piece in pieces[1:])
    return math.inf
