"""Comparisons and bounds that hold for every size, or are refused."""

import numpy as np

from .polynomial import Polynomial
from .refused import Refused

__all__ = ["ANY_SIZE", "at_least", "clamped", "elementwise", "equal", "index", "undecided"]

ANY_SIZE = "what is the same at every size of the input is"
ENDLESS = 2**31 - 1
"""How exporters write "to the end"; no tensor has as many steps."""


def undecided(what: str, value: object) -> Refused:
    return Refused(what, f"{value}, which depends on the size of the input", ANY_SIZE)


def at_least(a: Polynomial, b: Polynomial, what: str) -> bool:
    """a >= b, decided for all sizes at once."""
    if (a - b).never_negative():
        return True
    if (b - a - 1).never_negative():
        return False
    raise undecided(what, f"{a} against {b}")


def larger(a: Polynomial, b: Polynomial, what: str) -> Polynomial:
    """The larger one, the same for all sizes."""
    for one, other in ((a, b), (b, a)):
        if (one - other).never_negative():
            return one
    raise undecided(what, f"{a} against {b}")


def smaller(a: Polynomial, b: Polynomial, what: str) -> Polynomial:
    """The smaller one, the same for all sizes."""
    return b if larger(a, b, what) is a else a


def equal(a: Polynomial, b: Polynomial, what: str) -> bool:
    """a == b, decided for all sizes at once."""
    if a == b:
        return True
    if (a - b - 1).never_negative() or (b - a - 1).never_negative():
        return False
    raise undecided(what, f"{a} against {b}")


def index(position: Polynomial, size: Polynomial, what: str) -> Polynomial:
    """An index from the front, of one that may count from the end.

    Raises
    ------
    Refused
        It is not inside for every size.
    ValueError
        It is outside for every size.
    """
    try:
        if not at_least(position, Polynomial.of(0), what):
            position = position + size
        inside = at_least(position, Polynomial.of(0), what) and not at_least(position, size, what)
    except Refused:
        raise undecided(what, f"{position} of {size}") from None
    if not inside:
        raise ValueError(f"index {position} is out of bounds for axis with size {size}")
    return position


def clamped(bound: Polynomial, size: Polynomial, low: int, high: Polynomial, what: str):
    """A bound of a slice from the front, within low to high; from the end if it is negative."""
    number = bound.number
    if number is not None and abs(number) >= ENDLESS:
        return high if number > 0 else Polynomial.of(low)
    try:
        if not at_least(bound, Polynomial.of(0), what):
            bound = bound + size
        return smaller(larger(bound, Polynomial.of(low), what), high, what)
    except Refused:
        raise undecided(what, f"{bound} of {size}") from None


def elementwise(operator: str, a: Polynomial, b: Polynomial) -> "Polynomial | np.ndarray":
    """Add, Sub, Mul exactly; Div, Mod, Equal, Min, Max where every element is decided."""
    exact = {"Add": a.__add__, "Sub": a.__sub__, "Mul": a.__mul__}
    if operator in exact:
        return exact[operator](b)
    shape = np.broadcast_shapes(a.shape, b.shape)
    left, right = (p.apply(lambda v: np.broadcast_to(v, shape)) for p in (a, b))
    results = [DECIDED[operator](p, q) for p, q in zip(left, right, strict=True)]
    if operator == "Equal":
        return np.array(results, bool).reshape(shape)
    return Polynomial.stack(results).apply(lambda v: v.reshape(shape))


def quotient(a: Polynomial, b: Polynomial) -> Polynomial:
    if b == 0:
        raise ValueError("integer division by zero")
    if a.number is not None and b.number is not None:  # ONNX rounds towards 0
        sign = -1 if (a.number < 0) != (b.number < 0) else 1
        return Polynomial.of(sign * (abs(a.number) // abs(b.number)))
    exact = a.divided(b)
    if exact is None:
        raise undecided("quotient", f"{a} / {b}")
    return exact


def remainder(a: Polynomial, b: Polynomial) -> Polynomial:
    if b == 0:
        raise ValueError("integer division by zero")
    if a.number is not None and b.number is not None:
        return Polynomial.of(a.number % b.number)
    if a.divided(b) is None:
        raise undecided("remainder", f"{a} % {b}")
    return Polynomial.of(0)


DECIDED = {
    "Div": quotient,
    "Mod": remainder,
    "Equal": lambda a, b: equal(a, b, "comparison"),
    "Min": lambda a, b: smaller(a, b, "minimum"),
    "Max": lambda a, b: larger(a, b, "maximum"),
}
