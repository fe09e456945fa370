"""One table for sigmoid and tanh: a core that holds tanh within the bounds of both."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from ..fixed import Format
from .cost import cost
from .demand import Admissible, Demand
from .families import Piecewise, Shared
from .functions import FUNCTIONS
from .segmented import linear, quadratic
from .target import Target

__all__ = ["shared"]

LOOSE = 2
"""Ulp that the core may be off at codes of which neither function makes use."""


class CoreDemand(Demand):
    """tanh, from one fraction bit more than the two functions have, within the bounds of both."""

    @cached_property
    def whole(self) -> Admissible:
        tanh, sigmoid = (self.of(name) for name in ("tanh", "sigmoid"))
        exact = self.target.values
        lo, hi = (np.rint(exact).astype(np.int64) + k for k in (-LOOSE, LOOSE))
        lo, hi = (np.clip(v, -self.out_format.hi, self.out_format.hi) for v in (lo, hi))
        lo[::2], hi[::2] = tanh.lo, tanh.hi
        quarter, one = len(exact) // 4, 1 << self.out_format.frac
        middle = slice(quarter, -quarter)
        lo[middle] = np.maximum(lo[middle], 2 * sigmoid.lo - one)
        hi[middle] = np.minimum(hi[middle], 2 * sigmoid.hi + 1 - one)
        lo[1:], hi[1:] = np.maximum(lo[1:], -hi[:0:-1]), np.minimum(hi[1:], -lo[:0:-1])
        return Admissible(self.in_format.lo, exact, lo, hi)

    def of(self, name: str) -> Admissible:
        """What one function demands of its own codes."""
        own = Format(self.in_format.width - 1, self.in_format.frac - 1)
        target = Target(FUNCTIONS[name], own, self.out_format)
        mirror = 0 if name == "tanh" else None
        return replace(demand(self), target=target, mirror=mirror).whole


def demand(core: CoreDemand) -> Demand:
    return Demand(**{name: getattr(core, name) for name in core.__dataclass_fields__})


def shared(demand: Demand) -> Iterator[Shared | None]:
    """A view of the core, which is the same for sigmoid and for tanh."""
    source, to, function = demand.in_format, demand.out_format, demand.target.function
    sigmoid = function is FUNCTIONS["sigmoid"]
    known = sigmoid or function is FUNCTIONS["tanh"]
    if not known or not source.signed or to.frac < 0:
        yield None
        return
    found = core(source, to, demand.max_ulp, demand.block_ram, demand.dsp)
    one = 1 << to.frac
    yield found and Shared(source, None, core=found, sigmoid=sigmoid, one=one)


@lru_cache(maxsize=32)
def core(
    source: Format, to: Format, max_ulp: float, block_ram: bool, dsp: bool
) -> Piecewise | None:
    finer = Format(source.width + 1, source.frac + 1)
    both = CoreDemand(
        target=Target(FUNCTIONS["tanh"], finer, to),
        max_ulp=max_ulp,
        direction=1,
        mirror=0,
        block_ram=block_ram,
        dsp=dsp,
    )
    if both.whole.empty:
        return None
    searches = (linear,) if block_ram else (linear, quadratic)
    found = (next(filter(None, search(both)), None) for search in searches)
    return min(filter(None, found), key=cost, default=None)
