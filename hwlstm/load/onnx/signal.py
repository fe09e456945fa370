"""A tensor of the graph that depends on its input, known by where each number comes from."""

import math
from dataclasses import dataclass, field

import numpy as np

from ...errors import UnsupportedModel

__all__ = ["Signal", "numbered", "squeezed"]

LARGEST = 2**25


@dataclass(frozen=True, eq=False)
class Signal:
    """Numbers that a layer gave, in any arrangement.

    Parameters
    ----------
    source : {"input", "h", "c", "y", "class"}
        The graph's input; output and cell state of the LSTM; linear layer; ArgMax.
    labels : int array
        The shape of the tensor; each entry is row * width + unit of the number that stands
        there. Behind the LSTM row is step * batch + sequence.
    width : int
        Units in a row.
    name : str
        For messages.
    shape : tuple of int
        What the graph's input was at first.
    steps, batch : int
        What the LSTM saw.
    network : dict
        The arguments of `from_arrays` that lead here.
    squashed : str
        The Softmax that it went through; only an ArgMax may follow.
    """

    source: str
    labels: np.ndarray
    width: int
    name: str
    shape: tuple[int, ...] = ()
    steps: int = 0
    batch: int = 0
    network: dict = field(default_factory=dict)
    squashed: str = ""

    def same_origin(self, other: "Signal") -> bool:
        """True if both hold numbers of the same output of the same node."""
        return self.network is other.network and (self.source, self.squashed) == (
            other.source,
            other.squashed,
        )

    def rows(self, where: str) -> np.ndarray:
        """The row of each vector along the last axis, shape labels.shape[:-1].

        Raises UnsupportedModel if the last axis does not hold the units of one row, in order.
        """
        if self.labels.ndim == 0 or self.labels.size == 0:
            raise UnsupportedModel(where, "shape", self.labels.shape, "units on the last axis are")
        first = self.labels[..., :1]
        in_order = np.array_equal(self.labels, first + np.arange(self.labels.shape[-1]))
        if in_order and self.labels.shape[-1] == self.width and not (first % self.width).any():
            return first[..., 0] // self.width
        row, unit = np.divmod(self.labels.reshape(-1, self.labels.shape[-1])[0], self.width)
        hint = f"all {self.width} units of one step of {self.name}, in order, are"
        if (row != row[0]).any():
            raise UnsupportedModel(where, "steps or sequences in one row", len(set(row)), hint)
        raise UnsupportedModel(where, "units", [int(u) for u in unit[:8]], hint)

    def reads(self, where: str) -> str:
        """Which steps are here, "all" or "last", every sequence once and in order.

        Where there is one step only, the rank at the linear layer decides.
        Raises UnsupportedModel for anything else.
        """
        rows = self.labels if self.width == 1 else self.rows(where)
        flat, shape = rows.ravel(), squeezed(rows.shape)
        time_major = np.arange(self.steps * self.batch).reshape(self.steps, self.batch)
        if np.array_equal(flat, time_major[-1]):
            return "last" if self.steps > 1 else self.network.get("steps", "all")
        for order in (time_major, time_major.T):
            if np.array_equal(flat, order.ravel()) and shape in (
                squeezed(order.shape),
                squeezed((order.size,)),
            ):
                return "all"
        hint = "all steps, or the last one, of every sequence in order are"
        seen = sorted({int(step) for step in flat // self.batch})
        if len(seen) == self.steps:
            raise UnsupportedModel(where, "order of steps and sequences", shape, hint)
        raise UnsupportedModel(where, "steps read", seen[:8], hint)


def numbered(where: str, shape: tuple[int, ...]) -> np.ndarray:
    """Integers from 0 in the order of memory. Raises UnsupportedModel if there are too many."""
    if 0 in shape or math.prod(shape) > LARGEST:
        hint = f"1 to {LARGEST} numbers are; export with fewer sequences or steps"
        raise UnsupportedModel(where, "shape", shape, hint)
    return np.arange(math.prod(shape), dtype=np.int64).reshape(shape)


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without axes of size 1."""
    return tuple(size for size in shape if size != 1)
