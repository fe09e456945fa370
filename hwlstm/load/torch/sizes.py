"""Numbers that the exporter computes from the open sizes, as polynomials."""

import sympy
import torch

from ..walk.decide import undecided
from ..walk.polynomial import Polynomial, Variable

__all__ = ["Opaque", "Sizes"]


class Opaque:
    """A number that is no polynomial of the open sizes: a minimum, a remainder, a comparison."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self):
        return self.text


class Sizes:
    """The open sizes of one graph."""

    def __init__(self):
        self.variables: dict[str, Variable] = {}

    def name(self, symbol, name: str) -> None:
        """What messages call an open size; the first name stays."""
        self.variables.setdefault(str(symbol), Variable(name))

    def of(self, value):
        """A number as the exporter has it: itself, a polynomial, or opaque."""
        if not isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)):
            return value
        expression = sympy.expand(value.node.expr)
        if expression.is_Integer:
            return int(expression)
        symbols = sorted(expression.free_symbols, key=str)
        known = all(str(symbol) in self.variables for symbol in symbols)
        if isinstance(value, torch.SymInt) and known and expression.is_polynomial(*symbols):
            terms = sympy.Poly(expression, *symbols).terms()
            if all(factor.is_Integer for _, factor in terms):
                return sum((self.term(symbols, *term) for term in terms), Polynomial.of(0))
        return Opaque(self.text(expression))

    def term(self, symbols: list, powers: tuple[int, ...], factor) -> Polynomial:
        term = Polynomial.of(int(factor))
        for symbol, power in zip(symbols, powers, strict=True):
            for _ in range(power):
                term = term * Polynomial.of(self.variables[str(symbol)])
        return term

    def text(self, expression) -> str:
        """An expression in the names that messages have."""
        return str(expression.subs({s: sympy.Symbol(repr(v)) for s, v in self.known(expression)}))

    def known(self, expression):
        own = self.variables
        return [(s, own[str(s)]) for s in expression.free_symbols if str(s) in own]

    def polynomial(self, value, what: str) -> Polynomial:
        """A size or an index. Raises Refused if it is no polynomial."""
        value = self.of(value)
        if isinstance(value, Opaque):
            raise undecided(what, value)
        return Polynomial.of(value)

    def shape(self, tensor: torch.Tensor) -> tuple[Polynomial, ...]:
        return tuple(self.polynomial(size, "shape") for size in tensor.shape)
