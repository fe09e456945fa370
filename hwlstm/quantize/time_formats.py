"""Formats of the phase of a timed layer, and of its time stamps."""

from collections.abc import Mapping

from ..fixed import Format
from ..network import Layer

__all__ = ["time_formats"]

STAMP_BITS, MOST_STAMP_BITS = 16, 31


def time_formats(
    layer: Layer, given: Mapping[str, Format], bits: int, latest: float
) -> dict[str, Format]:
    """Format of phi, of `bits` bits unless it is given; of t too, if steps bring their time.

    Raises
    ------
    ValueError
        A given one is no share of a period, or does not hold the latest time.
    """
    found = {"phi": given.get("phi", Format(bits, bits, signed=False))}
    if found["phi"].signed or found["phi"].width != found["phi"].frac:
        raise ValueError(f"Format of {layer.name}.phi must be UQ0.n, not {found['phi']}")
    if layer.time_gate.stamped:
        widest = Format.holding(STAMP_BITS, latest, signed=False)
        found["t"] = given.get("t", widest)
        t = found["t"]
        if t.signed or t.width > MOST_STAMP_BITS or not t.holds(0, latest):
            raise ValueError(
                f"Format of {layer.name}.t must be unsigned, of at most {MOST_STAMP_BITS} bits, "
                f"and hold {latest:.6g}, not {t}; {widest} would hold it"
            )
    return found
