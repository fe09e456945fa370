"""A Network from plain arrays; every other importer ends here."""

import re
from collections.abc import Mapping

import numpy as np

from ...cells import CIFG, Affine, Traditional, Vanilla
from ...conversion import IDENTITY, Conversion
from ...names import is_name, is_port
from ...network import Layer, Network

__all__ = ["ORDERS", "from_arrays", "identifier"]

LAYERS = ("lstm", "dense", "layer")
"""What the layers of a network out of a file are called."""

ORDERS = {"gifo": "hwlstm", "ifgo": "PyTorch", "iofc": "ONNX", "ifco": "Keras"}


def from_arrays(
    *,
    W,
    U,
    b=None,
    p=None,
    order: str = "gifo",
    dense=None,
    initial: Mapping | None = None,
    steps: str | None = None,
    classify: bool = False,
    activations: Mapping | None = None,
    coupled: bool = False,
    conversion: Conversion = IDENTITY,
    name: str = "network",
) -> Network:
    """One LSTM layer, and the linear layer behind it if there is one.

    Parameters
    ----------
    W : array (4 * units, inputs)
        Input weights, the gates stacked in `order`.
    U : array (4 * units, units)
        Recurrent weights.
    b : array (4 * units,), optional
        Bias; the sum of both where a framework has two. 0 if None.
    p : array (3 * units,) or (3, units), optional
        Peepholes, stacked in `order` without the block input. None or all 0: no peepholes.
    order : {"gifo", "ifgo", "iofc", "ifco"}
        hwlstm, PyTorch, ONNX, Keras; g and c both name the block input. "ifco" takes every
        matrix transposed, as Keras keeps it: (inputs, 4 * units), (units, 4 * units).
    dense : (array (outputs, units), array (outputs,) or None), optional
        Linear layer y = W h + b; (units, outputs) with "ifco".
    initial : dict, optional
        "h", "c" to array (units,); 0 where absent.
    steps : {"all", "last"}, optional
        Which steps `dense` reads; "last" if None. Without `dense`: which steps are results;
        "all" if None.
    classify : bool
        The result is the index of the largest output.
    activations : dict, optional
        Gate, or "squash_c" for the activation of c, to the function in place of sigmoid or tanh.
    coupled : bool
        f = 1 - i (ONNX input_forget): the rows of f are not used.
    conversion : Conversion
        What is done to x in front of the layer: (x - offset) / scale, column by column.
    name : str
        Identifier.

    Raises
    ------
    ValueError
        A shape or an option is wrong, or a weight is NaN or infinite.
    TypeError
        An array does not hold numbers.
    """
    if order not in ORDERS:
        raise ValueError(f"order must be one of {list(ORDERS)}, not {order!r}")
    transposed = order == "ifco"
    gates = order.replace("c", "g")
    W, U = matrix("W", W, transposed=transposed), matrix("U", U, transposed=transposed)
    units = U.shape[1]
    expect("U", U, (4 * units, units), transposed=transposed)
    expect("W", W, (4 * units, W.shape[1]), transposed=transposed)
    b = np.zeros(4 * units) if b is None else vector("b", b, 4 * units)
    from_x, from_h, bias = (dict(zip(gates, np.split(a, 4), strict=True)) for a in (W, U, b))
    peepholes = split_peepholes(p, gates.replace("g", ""), units)
    if coupled:
        cell = CIFG(peepholes=None if peepholes else "", activations=activations)
    else:
        cell = (Vanilla if peepholes else Traditional)(activations=activations)
    lstm = Layer(
        name="lstm",
        cell=cell,
        weights={gate: {"x": from_x[gate], "h": from_h[gate]} for gate in cell.gate_names},
        bias={gate: bias[gate] for gate in cell.gate_names},
        peepholes={gate: peepholes[gate] for gate in cell.peephole_names},
        initial={k: vector(f"initial[{k!r}]", v, units) for k, v in (initial or {}).items()},
    )
    behind = dense_layers(dense, units, steps, transposed=transposed)
    returns = steps if steps and not behind else "all"
    layers = (lstm, *behind)
    return Network(layers, name, classify=classify, returns=returns, conversion=conversion)


def split_peepholes(p, gates: str, units: int) -> dict[str, np.ndarray]:
    """Gate to vector (units,); empty if there are none, or all are 0 and so change nothing."""
    if p is None:
        return {}
    p = numbers("p", p)
    if p.shape not in ((3 * units,), (3, units)):
        raise ValueError(
            f"p must have shape ({3 * units},) or (3, {units}), three times the units, "
            f"not {p.shape}"
        )
    return dict(zip(gates, p.reshape(3, units), strict=True)) if p.any() else {}


def dense_layers(dense, units: int, steps: str | None, *, transposed: bool) -> tuple[Layer, ...]:
    if steps not in (None, "all", "last"):
        raise ValueError(f"steps must be 'all' or 'last', not {steps!r}")
    if dense is None:
        return ()
    if not isinstance(dense, (tuple, list)) or len(dense) != 2:
        raise TypeError(f"dense must be a pair (W, b), not {type(dense).__name__}")
    W = matrix("dense W", dense[0], transposed=transposed)
    expect("dense W", W, (W.shape[0], units), transposed=transposed)
    b = np.zeros(len(W)) if dense[1] is None else vector("dense b", dense[1], len(W))
    return (
        Layer(
            name="dense",
            cell=Affine(),
            weights={"y": {"x": W}},
            bias={"y": b},
            reads=steps or "last",
        ),
    )


def numbers(what: str, value) -> np.ndarray:
    try:
        array = np.asarray(value)
        return array.astype(np.float64, casting="same_kind" if array.size else "unsafe")
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise TypeError(f"{what} must be an array of real numbers, not {kind}") from None


def matrix(what: str, value, *, transposed: bool) -> np.ndarray:
    """A matrix that is not empty; its transpose if `transposed`."""
    array = numbers(what, value)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{what} must be a matrix that is not empty, not of shape {array.shape}")
    return array.T if transposed else array


def vector(what: str, value, size: int) -> np.ndarray:
    array = numbers(what, value)
    if array.shape != (size,):
        raise ValueError(f"{what} must have shape ({size},), not {array.shape}")
    return array


def expect(what: str, array: np.ndarray, shape: tuple, *, transposed: bool) -> None:
    """Refuse another shape; the message speaks of the arrays as the caller gave them."""
    if array.shape != shape:
        turn = slice(None, None, -1 if transposed else 1)
        raise ValueError(f"{what} must have shape {shape[turn]}, not {array.shape[turn]}")


def identifier(text: str) -> str:
    """A name for a network out of a file's: ASCII identifier that no layer and no port has."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII) or "_"
    if name[0].isdigit() or name == "_":
        name = f"n{name}"
    if is_port(name):
        name = f"net_{name}"
    return name if is_name(name) and name not in LAYERS else f"{name}_net"
