"""A Network of any cell from named arrays."""

from collections.abc import Mapping

import numpy as np

from ...cells import Cell
from ...cells.naming import matrix_name
from ...network import Layer, Network
from ...time_gate import TimeGate
from .lstm import dense_layers, numbers

__all__ = ["from_cell"]


def from_cell(
    cell: Cell,
    arrays: Mapping,
    *,
    steps: str | None = None,
    classify: bool = False,
    name: str = "network",
) -> Network:
    """One layer of any cell, and the linear layer behind it if there is one.

    Parameters
    ----------
    cell : Cell
    arrays : dict
        By gate q: W_q (units, inputs), U_q (units, units), R_s_q for another column source s, b_q
        (units,), p_q (units,) for a peephole. By name: each of the cell's parameters (units,). By
        state s: initial_s (units,). Of a timed cell: period, shift, ratio, leak (units,), interval
        or stamped (numbers); see TimeGate. dense_W (outputs, units) and dense_b (outputs,). What
        may be 0 may be left out: b, initial, leak, dense_b.
    steps : {"all", "last"}, optional
        Which steps the linear layer reads ("last" if None); without one, which are results
        ("all").
    classify : bool
        The result is the index of the largest output.

    Raises
    ------
    ValueError, TypeError
        An array is missing, unknown, of the wrong shape, or holds no finite numbers; names it.
    """
    given = Given(cell.name, arrays)
    layer = Layer(
        "layer",
        cell,
        {
            q: {s: given.take(f"{matrix_name(s)}_{q}") for s in cell.sources(q)}
            for q in cell.gate_names
        },
        bias=given.optional({q: f"b_{q}" for q in cell.gate_names}),
        peepholes={q: given.take(f"p_{q}") for q in cell.peephole_names},
        parameters={key: given.take(key) for key in cell.parameter_names},
        initial=given.optional({s: f"initial_{s}" for s in cell.states}),
        time_gate=time_gate(given) if cell.timed else None,
    )
    if "dense_b" in arrays and "dense_W" not in arrays:
        raise ValueError(f"{cell.name} takes dense_b with dense_W only")
    dense = given.optional({"W": "dense_W", "b": "dense_b"})
    given.check_used()
    pair = (dense["W"], dense.get("b")) if dense else None
    behind = dense_layers(pair, layer.units, steps, transposed=False)
    returns = steps if steps and not behind else "all"
    return Network((layer, *behind), name=name, classify=classify, returns=returns)


class Given:
    """Named arrays, each to be taken."""

    def __init__(self, owner: str, arrays: Mapping):
        self.owner, self.arrays, self.taken = owner, dict(arrays), set()

    def take(self, key: str) -> np.ndarray:
        if key not in self.arrays:
            there = sorted(self.arrays)
            raise ValueError(f"{self.owner} needs an array {key}; there are {there}")
        self.taken.add(key)
        return numbers(key, self.arrays[key])

    def optional(self, keys: Mapping[str, str]) -> dict[str, np.ndarray]:
        return {of: self.take(key) for of, key in keys.items() if key in self.arrays}

    def check_used(self) -> None:
        unknown = sorted(set(self.arrays) - self.taken)
        if unknown:
            taken = sorted(self.taken)
            raise ValueError(f"{self.owner} has no array {unknown[0]!r}; it takes {taken}")


def time_gate(given: Given) -> TimeGate:
    vectors = {key: given.take(key) for key in ("period", "shift", "ratio")}
    options = given.optional({key: key for key in ("leak", "interval", "stamped")})
    for key in ("interval", "stamped"):
        if key in options:
            if options[key].size != 1:
                raise ValueError(f"{key} must be one number, not of shape {options[key].shape}")
            options[key] = {"interval": float, "stamped": bool}[key](options[key].item())
    return TimeGate(**vectors, **options)
