"""Integers that depend on sizes left open: polynomials with arrays of coefficients."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from math import prod

import numpy as np

from .refused import Refused

__all__ = ["Polynomial", "Variable"]

LARGEST = 2**62
SERIAL = count()


class Variable:
    """A size of at least 1, or a position; equal to itself alone."""

    def __init__(self, name: str):
        self.name, self.serial = name, next(SERIAL)

    def __lt__(self, other: "Variable") -> bool:
        return self.serial < other.serial

    def __repr__(self):
        return self.name


Monomial = tuple[Variable, ...]


class Polynomial:
    """An array of polynomials: the sum of `terms`, each a product of variables times an array.

    The form is canonical (sorted variables, no term of zeros), so equality is equality of terms.

    Parameters
    ----------
    terms : dict
        Sorted tuple of variables, () for the constant, to an array of integers.
    shape : tuple of int
        What they all broadcast to; what they do together if not given.

    Raises
    ------
    Refused
        A coefficient could leave 64 bits.
    """

    def __init__(self, terms: Mapping[Monomial, np.ndarray], shape: tuple[int, ...] = ()):
        arrays = {key: np.asarray(value, dtype=np.int64) for key, value in terms.items()}
        self.shape = np.broadcast_shapes(shape, *(array.shape for array in arrays.values()))
        self.terms = {
            key: np.broadcast_to(array, self.shape) for key, array in arrays.items() if array.any()
        }

    @classmethod
    def of(cls, value) -> "Polynomial":
        """From integers, a variable, or itself."""
        if isinstance(value, Polynomial):
            return value
        return cls({(value,): 1, (): 0} if isinstance(value, Variable) else {(): value})

    @classmethod
    def stack(cls, items: list["Polynomial"]) -> "Polynomial":
        """Scalars as a vector."""
        keys = {key for item in items for key in item.terms} | {()}
        return cls({key: [int(item.terms.get(key, 0)) for item in items] for key in keys})

    def apply(self, move: Callable) -> "Polynomial":
        """A function that only moves numbers, to every coefficient."""
        terms = self.terms or {(): np.zeros(self.shape, np.int64)}
        return Polynomial({key: move(value) for key, value in terms.items()})

    def __add__(self, other) -> "Polynomial":
        other = Polynomial.of(other)
        terms = {**self.terms, **other.terms}
        for key in self.terms.keys() & other.terms.keys():
            a, b = self.terms[key], other.terms[key]
            bounded(largest(a) + largest(b))
            terms[key] = a + b
        return Polynomial(terms, np.broadcast_shapes(self.shape, other.shape))

    def __mul__(self, other) -> "Polynomial":
        other = Polynomial.of(other)
        total = Polynomial({}, np.broadcast_shapes(self.shape, other.shape))
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                bounded(largest(a) * largest(b))
                total += Polynomial({tuple(sorted(left + right)): a * b})
        return total

    def __neg__(self) -> "Polynomial":
        return self * -1

    def __sub__(self, other) -> "Polynomial":
        return self + -Polynomial.of(other)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other) -> "Polynomial":
        return -self + other

    def __eq__(self, other) -> bool:
        if not isinstance(other, (Polynomial, int, np.integer)):
            return NotImplemented
        return not (self - other).terms

    __hash__ = None

    def __iter__(self) -> Iterator["Polynomial"]:
        """Every element, as a scalar, in the order of memory."""
        flat = self.apply(np.ravel)
        return (flat.apply(lambda a, k=k: a[k]) for k in range(prod(self.shape)))

    @property
    def constant(self) -> np.ndarray | None:
        """The array, if no variable is in it."""
        if any(self.terms):
            return None
        return self.terms.get((), np.zeros(self.shape, np.int64))

    @property
    def number(self) -> int | None:
        """The number of a scalar, if no variable is in it."""
        return None if self.constant is None else int(self.constant)

    @property
    def variables(self) -> set[Variable]:
        return {variable for key in self.terms for variable in key}

    def put(self, values: Mapping[Variable, "Polynomial"]) -> "Polynomial":
        """Something else in place of variables, all at once."""
        total = Polynomial({}, self.shape)
        for key, value in self.terms.items():
            term = Polynomial({(): value}, self.shape)
            for variable in key:
                term = term * values.get(variable, Polynomial.of(variable))
            total = total + term
        return total

    def divided(self, by: "Polynomial") -> "Polynomial | None":
        """The quotient by a scalar if it is exact, and so for every size; else None."""
        if not by.terms:
            return None
        quotient, rest, first = self.apply(np.zeros_like), self, max(by.terms, key=degree)
        while rest.terms:
            key = max(rest.terms, key=degree)
            left, divisible = without(key, first), not (rest.terms[key] % by.terms[first]).any()
            if left is None or not divisible:
                return None
            part = Polynomial({left: rest.terms[key] // by.terms[first]})
            quotient, rest = quotient + part, rest - part * by
        return quotient

    def never_negative(self) -> bool:
        """True if it is certain that no element is below 0, whatever the sizes.

        Written in m = size - 1, which may be any number from 0 on, no coefficient is negative.
        """
        shifted = self.put({v: Polynomial.of(v) + 1 for v in self.variables})
        return all((value >= 0).all() for value in shifted.terms.values())

    def __repr__(self):
        if self.shape:
            return repr(list(self)) if len(self.shape) == 1 else f"array of shape {self.shape}"
        text = " + ".join(map(written, sorted(self.terms.items(), key=degree_of, reverse=True)))
        return text.replace("+ -", "- ") or "0"


def written(term: tuple[Monomial, np.ndarray]) -> str:
    names, factor = "*".join(map(repr, term[0])), int(term[1])
    if not names:
        return str(factor)
    return {1: names, -1: f"-{names}"}.get(factor, f"{factor}*{names}")


def degree(key: Monomial) -> tuple:
    """An order of monomials that products keep: by length, then by variables."""
    return len(key), [-variable.serial for variable in key]


def degree_of(term: tuple[Monomial, np.ndarray]) -> tuple:
    return degree(term[0])


def without(key: Monomial, divisor: Monomial) -> Monomial | None:
    """The quotient of two monomials; None if there is none."""
    left = list(key)
    for variable in divisor:
        if variable not in left:
            return None
        left.remove(variable)
    return tuple(left)


def largest(array) -> int:
    array = np.asarray(array)
    return max(abs(int(array.max())), abs(int(array.min()))) if array.size else 0


def bounded(value: int) -> None:
    if value > LARGEST:
        raise Refused("integer", value, f"integers up to {LARGEST} are")
