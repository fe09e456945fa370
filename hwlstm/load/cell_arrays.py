"""A Network of any cell from named arrays, or from an .npz file of them."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..cells import Cell
from ..errors import HwlstmError
from ..network import Layer, Network
from ..time_gate import TimeGate
from .arrays import dense_layers, numbers

__all__ = ["from_cell", "read_arrays"]

TIME = ("period", "shift", "ratio", "leak", "interval", "stamped")


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
    arrays = dict(arrays)
    taken: set[str] = set()

    def take(key: str) -> np.ndarray:
        if key not in arrays:
            raise ValueError(f"{cell.name} needs an array {key}; there are {sorted(arrays)}")
        taken.add(key)
        return numbers(key, arrays[key])

    def optional(keys: Mapping[str, str]) -> dict[str, np.ndarray]:
        return {of: take(key) for of, key in keys.items() if key in arrays}

    weights = {q: {s: take(matrix_key(s, q)) for s in cell.sources(q)} for q in cell.gate_names}
    gate = None
    if cell.timed:
        given = {
            key: take(key) for key in TIME if key in arrays or key in ("period", "shift", "ratio")
        }
        scalars = {k: given.pop(k) for k in ("interval", "stamped") if k in given}
        for key, value in scalars.items():
            if value.size != 1:
                raise ValueError(f"{key} must be one number, not of shape {value.shape}")
        interval = float(scalars.get("interval", np.ones(1)).item())
        stamped = bool(scalars.get("stamped", np.zeros(1)).item())
        gate = TimeGate(**given, interval=interval, stamped=stamped)
    layer = Layer(
        "layer",
        cell,
        weights,
        bias=optional({q: f"b_{q}" for q in cell.gate_names}),
        peepholes={q: take(f"p_{q}") for q in cell.peephole_names},
        parameters={key: take(key) for key in cell.parameter_names},
        initial=optional({s: f"initial_{s}" for s in cell.states}),
        time_gate=gate,
    )
    dense = optional({"W": "dense_W", "b": "dense_b"})
    unknown = sorted(set(arrays) - taken)
    if unknown:
        raise ValueError(f"{cell.name} has no array {unknown[0]!r}; it takes {sorted(taken)}")
    pair = (dense["W"], dense.get("b")) if "W" in dense else None
    behind = dense_layers(pair, layer.units, steps, transposed=False)
    returns = steps if steps and not behind else "all"
    return Network((layer, *behind), name=name, classify=classify, returns=returns)


def matrix_key(source: str, gate: str) -> str:
    """W_i, U_i, R_f_i: the rows of gate i for x, h and another source."""
    return {"x": f"W_{gate}", "h": f"U_{gate}"}.get(source, f"R_{source}_{gate}")


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file.

    Raises
    ------
    HwlstmError
        It does not exist or is none.
    """
    if not path.is_file():
        raise HwlstmError(f"{path} does not exist")
    try:
        with np.load(path, allow_pickle=False) as content:
            if isinstance(content, np.ndarray):
                raise HwlstmError(f"{path} must hold named arrays (.npz), not one array")
            return {name: content[name] for name in content.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise HwlstmError(f"{path} must be an .npz file: {error}") from None
