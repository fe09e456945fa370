"""From what is demanded to the cheapest unit that meets it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from ..fixed import Format
from .certificate import certified
from .clipped import clipped, plan
from .cost import blocks, cost
from .demand import Demand
from .direct import direct
from .families import Family, Saturating
from .functions import FUNCTIONS, Function
from .saturating import inner_demand
from .segmented import linear, quadratic
from .shared import shared
from .store import recall, store
from .target import Target

__all__ = ["FAMILIES", "RESOURCES", "Request", "Unmet", "unit"]

FAMILIES: dict[str, Callable[[Demand], Iterator[Family | None]]] = {
    "clipped": clipped,
    "direct": direct,
    "linear": linear,
    "quadratic": quadratic,
    "plan": plan,
    "shared": shared,
}
"""Name to the search for units of that family, the cheapest first; None is a failed attempt."""

RESOURCES = ("bram", "dsp")

ONLY = {
    "clipped": "functions made of straight lines",
    "plan": "sigmoid of a signed input",
    "shared": "sigmoid and tanh of a signed input",
}
"""Families that not every function has."""

STRAIGHT = ("clipped", "plan", "shared")
"""Families to which the width of the input is nothing, or that two functions must agree on."""

LOGIC_BITS = 8
"""Inputs up to here get a direct table in look-up tables."""

LOOSEST = 4.0
"""Looser bounds are met by what meets this one, if anything does: the search for lines between
very wide bounds is long, and often in vain."""

FEW_BLOCKS = 4
"""Above this many block RAMs a parabola may be cheaper than lines."""


@dataclass(frozen=True)
class Request:
    """What a user asks for; see Activation."""

    function: Function
    in_format: Format
    out_format: Format
    max_ulp: float
    monotone: bool | None
    symmetric: bool | None
    resources: frozenset[str]
    family: str | None

    def __str__(self) -> str:
        return f"{self.function} {self.in_format} -> {self.out_format}"

    @property
    def key(self) -> str | None:
        """All that decides the unit; None if the function is a user's own."""
        function = self.function
        base = FUNCTIONS.get(function.name.removeprefix("slope_"))
        if base is None:
            return None
        known = replace(base, alpha=function.alpha, beta=function.beta)
        if function not in (known, base.slope and known.derivative):
            return None
        asked = (self.max_ulp, self.monotone, self.symmetric, sorted(self.resources), self.family)
        parameters = (function.name, function.alpha, function.beta)
        return repr((parameters, str(self.in_format), str(self.out_format), *asked))

    def demand(self) -> Demand:
        target = Target(self.function, self.in_format, self.out_format)
        if self.monotone and not target.direction:
            raise ValueError(f"{self} must be monotone, and the function is not")
        if self.symmetric and target.mirror is None:
            raise ValueError(
                f"{self} must be symmetric: y(x) + y(-x) the same for every x, in an even number "
                "of ulp, and the function is not"
            )
        return Demand(
            target=target,
            max_ulp=self.max_ulp,
            direction=0 if self.monotone is False else target.direction,
            mirror=None if self.symmetric is False else target.mirror,
            block_ram="bram" in self.resources,
            dsp="dsp" in self.resources,
        )

    def accepts(self, found: Family, target: Target) -> bool:
        """The bound, and what was demanded by name, hold for every code."""
        codes = found.codes()
        proof = certified(target, codes)
        return (
            proof.max_ulp <= self.max_ulp
            and (proof.monotone or not self.monotone)
            and (proof.symmetric or not self.symmetric)
            and self.out_format.lo <= codes.min()
            and codes.max() <= self.out_format.hi
        )


class Unmet(ValueError):
    """No unit within the resources was found that meets the bound."""


@lru_cache(maxsize=256)
def unit(request: Request) -> Family:
    """The cheapest unit that meets the request; searched for once, then recalled and proved anew.

    Raises
    ------
    Unmet
        There is none; with the best bound that one meets, and what would help.
    """
    target = request.demand().target
    known = recall(request.key) if request.key else None
    if known and known.in_format == request.in_format and request.accepts(known, target):
        return known
    found = cheapest(request) if request.max_ulp >= target.nearest else None
    if found is None:
        raise Unmet(refusal(request))
    if request.key:
        store(request.key, found)
    return found


def cheapest(request: Request) -> Family | None:
    if request.max_ulp > LOOSEST and (found := cheapest(replace(request, max_ulp=LOOSEST))):
        return found
    demand = request.demand()
    # Clipping and correct rounding know no symmetry: it is given up unless it was demanded.
    loose = demand if request.symmetric else replace(demand, mirror=None)
    if request.family:
        demands = dict.fromkeys((demand, loose))
        return next(filter(None, (first(request, d, request.family) for d in demands)), None)
    if demand.target.function.pieces and (found := first(request, loose, "clipped")):
        return found
    if small(demand) and (found := first(request, loose, "direct")):
        return found
    return (
        segmented(request, demand)
        or segmented(request, loose)
        or (first(request, loose, "direct") if demand.block_ram else None)
    )


def segmented(request: Request, demand: Demand) -> Family | None:
    """Lines or parabolas, whichever are cheaper."""
    found = first(request, demand, "linear")
    if found is None or not demand.block_ram or cost(found).hard > FEW_BLOCKS:
        others = (found, first(request, demand, "quadratic"))
        found = min((each for each in others if each), key=cost, default=None)
    return found


def small(demand: Demand) -> bool:
    """A direct table takes a few look-up tables, or one block RAM and no multiplier."""
    width, bits = (inner_demand(demand) or demand).in_format.width, demand.out_format.width
    return width <= LOGIC_BITS or (demand.block_ram and blocks(1 << width, bits) == 1)


def first(request: Request, demand: Demand, family: str) -> Family | None:
    narrow = None if family in STRAIGHT else inner_demand(demand)
    for found in FAMILIES[family](narrow or demand):
        unit = Saturating(demand.in_format, None, inner=found) if found and narrow else found
        if unit and request.accepts(unit, demand.target):
            return unit
    return None


def refusal(request: Request) -> str:
    """The best bound that a unit meets, and what would help."""
    parts = " and ".join(["look-up tables", *sorted(request.resources)])
    what = f"{request.family or 'unit'} of {parts}"
    helps = [f"allow {name}" for name in RESOURCES if name not in request.resources]
    if request.family:
        helps.append("leave the family open")
    if request.symmetric:
        helps.append("do without symmetry")
    helps.append("give the output fewer fraction bits")
    if request.family in ONLY and not applies(request):
        return f"Family {request.family} is for {ONLY[request.family]}, not for {request}"
    outcome = f"no {what} comes near"
    if reached := best(request):
        outcome = f"the best {what} reaches {reached:.3f}"
        helps.insert(0, "allow more")
    return f"{request} must be within {request.max_ulp:g} ulp; {outcome}: {', or '.join(helps)}"


def applies(request: Request) -> bool:
    target = request.demand().target
    if request.family == "clipped":
        return bool(target.function.pieces)
    names = ("sigmoid",) if request.family == "plan" else ("sigmoid", "tanh")
    return request.in_format.signed and any(target.function is FUNCTIONS[name] for name in names)


def best(request: Request) -> float | None:
    """The error of the best unit, within a thirtieth of itself."""
    target = request.demand().target
    fails = max(request.max_ulp, target.nearest)
    bound = max(2 * fails, 1.0)
    while (found := cheapest(replace(request, max_ulp=bound))) is None:
        fails, bound = bound, 2 * bound
        if bound > 2**request.out_format.width:
            return None
    while (bound := certified(target, found.codes()).max_ulp) > 1.03 * fails:
        middle = (bound + fails) / 2
        better = cheapest(replace(request, max_ulp=middle))
        if better is None:
            fails = middle
        else:
            found = better
    return bound
