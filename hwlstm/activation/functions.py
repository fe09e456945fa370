"""The functions: what they are in floats, in many digits, and where they are straight lines."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Real

import mpmath
import numpy as np

from ..errors import HwlstmError

__all__ = ["FUNCTIONS", "Function", "Line", "function"]


@dataclass(frozen=True)
class Line:
    """slope * x + intercept, from `start` on (the first one: from minus infinity)."""

    start: Fraction
    slope: Fraction
    intercept: Fraction


@dataclass(frozen=True)
class Function:
    """A scalar function of one variable.

    Parameters
    ----------
    name : str
    floats : callable (x, alpha, beta)
        float64 array to float64 array of its shape.
    digits : callable (x, alpha, beta) or None
        The same for one mpmath number, in mpmath's precision; None if only floats are known.
    alpha, beta : float or None
        As ONNX defines them for this function; None where it has none.
    lines : callable (alpha, beta) or None
        The straight lines that it consists of, from left to right; None if it is curved.
    slope : callable (x, alpha, beta) or None
        The derivative in float64; None if it is not known.
    slope_of_result : callable (y) or None
        The derivative as an expression of the result y = f(x), where there is a short one.
    """

    name: str
    floats: Callable
    digits: Callable | None = None
    alpha: float | None = None
    beta: float | None = None
    lines: Callable | None = None
    slope: Callable | None = None
    slope_of_result: Callable | None = None

    def __str__(self) -> str:
        given = (("alpha", self.alpha), ("beta", self.beta))
        listed = ", ".join(f"{k}={v:.6g}" for k, v in given if v is not None)
        return f"{self.name}({listed})" if listed else self.name

    def __call__(self, x) -> np.ndarray:
        """The function in float64; the named ones to a few units of float64's last place."""
        x = np.asarray(x, dtype=np.float64)
        try:
            with np.errstate(all="ignore"):
                y = np.asarray(self.floats(x, self.alpha, self.beta)).astype(
                    np.float64, casting="same_kind"
                )
        except HwlstmError:
            raise
        except Exception as error:  # a user's function may raise anything
            raise ValueError(
                f"Activation function {self.name} must map an array to an array: {error}"
            ) from error
        if y.shape != x.shape:
            raise ValueError(
                f"Activation function {self.name} must return an array of shape {x.shape}, "
                f"not {y.shape}"
            )
        return y

    @property
    def derivative(self) -> "Function":
        """The derivative, as a function of its own."""
        if self.slope is None:
            raise ValueError(
                f"Activation function {self.name} must have a slope to be differentiated"
            )
        return Function(f"slope_{self.name}", self.slope, alpha=self.alpha, beta=self.beta)

    def precise(self, x: float, digits: int = 50):
        """The function of one float, to `digits` decimal digits."""
        if self.digits is None:
            raise ValueError(f"Activation function {self.name} is known in floats only")
        with mpmath.workdps(digits):
            given = (None if v is None else mpmath.mpf(v) for v in (self.alpha, self.beta))
            return +self.digits(mpmath.mpf(x), *given)

    @property
    def pieces(self) -> tuple[Line, ...]:
        """Its straight lines from left to right; empty if it is curved."""
        if self.lines is None:
            return ()
        given = (None if v is None else Fraction(v) for v in (self.alpha, self.beta))
        return tuple(Line(*map(Fraction, row)) for row in self.lines(*given))


LOWEST = -(2**32)
"""No input reaches that far."""


def _hard_sigmoid_lines(a, b):
    return [(LOWEST, 0, 0), (-b / a, a, b), ((1 - b) / a, 0, 1)]


FUNCTIONS = {
    each.name: each
    for each in (
        Function(
            "sigmoid",
            lambda x, a, b: 0.5 + 0.5 * np.tanh(0.5 * x),
            lambda x, a, b: 1 / (1 + mpmath.exp(-x)),
            slope=lambda x, a, b: 0.25 / np.cosh(0.5 * np.clip(x, -700, 700)) ** 2,
            slope_of_result=lambda y: y - y * y,
        ),
        Function(
            "tanh",
            lambda x, a, b: np.tanh(x),
            lambda x, a, b: mpmath.tanh(x),
            slope=lambda x, a, b: np.cosh(np.clip(x, -350, 350)) ** -2.0,
            slope_of_result=lambda y: 1 - y * y,
        ),
        Function(
            "relu",
            lambda x, a, b: np.maximum(x, 0),
            lambda x, a, b: max(x, mpmath.mpf(0)),
            lines=lambda a, b: [(LOWEST, 0, 0), (0, 1, 0)],
            slope=lambda x, a, b: np.where(x > 0, 1.0, 0.0),
        ),
        Function(
            "affine",
            lambda x, a, b: a * x + b,
            lambda x, a, b: a * x + b,
            alpha=1.0,
            beta=0.0,
            lines=lambda a, b: [(LOWEST, a, b)],
            slope=lambda x, a, b: np.full_like(x, a),
        ),
        Function(
            "leakyrelu",
            lambda x, a, b: np.where(x < 0, a * x, x),
            lambda x, a, b: a * x if x < 0 else x,
            alpha=0.01,
            lines=lambda a, b: [(LOWEST, a, 0), (0, 1, 0)],
            slope=lambda x, a, b: np.where(x < 0, a, 1.0),
        ),
        Function(
            "thresholdedrelu",
            lambda x, a, b: np.where(x < a, 0, x),
            lambda x, a, b: mpmath.mpf(0) if x < a else x,
            alpha=1.0,
            lines=lambda a, b: [(LOWEST, 0, 0), (a, 1, 0)],
            slope=lambda x, a, b: np.where(x < a, 0.0, 1.0),
        ),
        Function(
            "scaledtanh",
            lambda x, a, b: a * np.tanh(b * x),
            lambda x, a, b: a * mpmath.tanh(b * x),
            alpha=1.0,
            beta=1.0,
            slope=lambda x, a, b: a * b / np.cosh(np.clip(b * x, -350, 350)) ** 2,
        ),
        Function(
            "hardsigmoid",
            lambda x, a, b: np.clip(a * x + b, 0, 1),
            lambda x, a, b: min(max(a * x + b, mpmath.mpf(0)), mpmath.mpf(1)),
            alpha=0.2,
            beta=0.5,
            lines=_hard_sigmoid_lines,
            slope=lambda x, a, b: np.where(np.abs(a * x + b - 0.5) < 0.5, a, 0.0),
        ),
        Function(
            "elu",
            lambda x, a, b: np.where(x < 0, a * np.expm1(np.minimum(x, 0)), x),
            lambda x, a, b: a * mpmath.expm1(x) if x < 0 else x,
            alpha=1.0,
            slope=lambda x, a, b: np.where(x < 0, a * np.exp(np.minimum(x, 0)), 1.0),
        ),
        Function(
            "softsign",
            lambda x, a, b: x / (1 + np.abs(x)),
            lambda x, a, b: x / (1 + abs(x)),
            slope=lambda x, a, b: (1 + np.abs(x)) ** -2.0,
        ),
        Function(
            "softplus",
            lambda x, a, b: np.logaddexp(0, x),
            lambda x, a, b: mpmath.log1p(mpmath.exp(x)),
            slope=lambda x, a, b: 0.5 + 0.5 * np.tanh(0.5 * x),
        ),
        Function(
            "hardtanh",
            lambda x, a, b: np.clip(x, -1, 1),
            lambda x, a, b: min(max(x, mpmath.mpf(-1)), mpmath.mpf(1)),
            lines=lambda a, b: [(LOWEST, 0, -1), (-1, 1, 0), (1, 0, 1)],
            slope=lambda x, a, b: np.where(np.abs(x) < 1, 1.0, 0.0),
        ),
        Function(
            "identity",
            lambda x, a, b: x,
            lambda x, a, b: x,
            lines=lambda a, b: [(LOWEST, 1, 0)],
            slope=lambda x, a, b: np.ones_like(x),
            slope_of_result=lambda y: 1,
        ),
    )
}
"""The activation functions of ONNX's LSTM, and hardtanh and identity.

Parameters default to those of ONNX's operators, or to 1 and 0 where ONNX gives none.
ThresholdedRelu keeps its threshold, as in ONNX's LSTM; the operator of that name drops it. Keras 2
means hardsigmoid with alpha 0.2, Keras 3 and PyTorch with alpha 1/6.
"""


@dataclass(frozen=True)
class Users:
    """A user's own function, which has no parameters."""

    own: Callable

    def __call__(self, x, alpha, beta):
        return self.own(x)


def function(
    what: "str | Callable | Function", alpha: float | None = None, beta: float | None = None
) -> Function:
    """The Function of that name (in any case, underscores ignored), or of a user's callable, with
    other parameters if they are given.

    Raises
    ------
    TypeError, ValueError
        No such function; a parameter that it does not have or that is not a finite number.
    """
    if isinstance(what, Function):
        found = what
    elif callable(what):
        found = Function(getattr(what, "__name__", type(what).__name__), Users(what))
    else:
        key = str(what).lower().replace("_", "").strip()
        if key not in FUNCTIONS:
            raise ValueError(
                f"Activation function must be one of {', '.join(FUNCTIONS)}, not {what!r}"
            )
        found = FUNCTIONS[key]
    for which, value in (("alpha", alpha), ("beta", beta)):
        if value is None:
            continue
        if getattr(found, which) is None:
            raise ValueError(f"Activation function {found.name} has no {which}")
        if not isinstance(value, Real) or not math.isfinite(value):
            raise ValueError(f"{which} of {found.name} must be a finite number, not {value!r}")
        found = replace(found, **{which: float(value)})
    if found.name == "hardsigmoid" and not (found.alpha and found.alpha > 0):
        raise ValueError(f"alpha of hardsigmoid must be above 0, not {found.alpha!r}")
    return found
