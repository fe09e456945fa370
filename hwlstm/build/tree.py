"""What a network consists of, as JSON and arrays, and back."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from ..activation import (
    FUNCTIONS,
    Activation,
    Clipped,
    Direct,
    Function,
    Piecewise,
    Saturating,
    Shared,
)
from ..cells import Cell
from ..cells.stored import StoredCell, described
from ..errors import HwlstmError
from ..fixed import Format
from ..fixed_network import FixedNetwork
from ..packing import Form, Packing, parts_of

__all__ = ["NETWORKS"]


def name_of(function: Function) -> dict[str, Any]:
    """A bundled function by its name; of any other one no more than the name is kept."""
    bundled = FUNCTIONS.get(function.name)
    own = bundled is None or replace(bundled, **parameters(function)) != function
    return {"name": function.name, "own": own, **parameters(function)}


def parameters(function: Function) -> dict[str, float | None]:
    return {"alpha": function.alpha, "beta": function.beta}


def function_of(name: str, own: bool, alpha: float | None, beta: float | None) -> Function:
    if own:
        return Function(name, Absent(name), alpha=alpha, beta=beta)
    bundled = FUNCTIONS[name]
    same = parameters(bundled) == {"alpha": alpha, "beta": beta}
    return bundled if same else replace(bundled, alpha=alpha, beta=beta)


@dataclass(frozen=True, eq=False)
class Absent:
    """In place of a user's own function, of which a file keeps the table and not the code."""

    name: str

    def __call__(self, *_):
        raise HwlstmError(f"Activation function {self.name} is known by its table only")


NETWORKS = Packing(
    (FixedNetwork, Clipped, Direct, Piecewise, Saturating, Shared),
    (
        Form(Format, lambda fmt: {"is": str(fmt)}, lambda **parts: Format.parse(parts["is"])),
        Form(Fraction, lambda exact: {"is": str(exact)}, lambda **parts: Fraction(parts["is"])),
        Form(Function, name_of, function_of),
        Form(Cell, described, lambda **parts: StoredCell(parts)),
        Form(Activation, lambda it: {**parts_of(it), "unit": it.unit}, Activation.stored),
    ),
)
"""All that a network and its activation units consist of."""
