"""A tensor of the graph that depends on its input, known by where each number comes from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...conversion import Conversion
from ...errors import UnsupportedModel
from .part import ONE, Run
from .polynomial import Polynomial
from .refused import Refused
from .tensor import Tensor, squeezed
from .together import aligned, concatenated

__all__ = ["Signal"]


@dataclass(frozen=True, eq=False)
class Signal:
    """Numbers that a layer gave, in any arrangement.

    Labels are polynomials in the sizes that the graph leaves open and in the place along axes of
    open length. So "all labels, in order" is an equality of polynomials, true for every size.

    Parameters
    ----------
    source : {"input", "h", "c", "y", "class"}
        The graph's input; output and cell state of the LSTM; linear layer; ArgMax.
    labels : Tensor
        Which number stands where: row * width + unit. Behind the LSTM row is
        step * batch + sequence. Of the graph's input it is the place in the order of memory.
    width : int
        Units in a row.
    name : str
        For messages.
    shape : tuple of Polynomial
        What the graph's input was at first.
    steps, batch : Polynomial
        What the LSTM saw.
    network : dict
        The arguments of `from_arrays` that lead here.
    squashed : str
        The Softmax that it went through; only an ArgMax may follow.
    scale, offset : Tensor, optional
        What stands there is scale * number + offset, with constants.
    """

    source: str
    labels: Tensor
    width: int
    name: str
    shape: tuple[Polynomial, ...] = ()
    steps: Polynomial = field(default_factory=lambda: ONE)
    batch: Polynomial = field(default_factory=lambda: ONE)
    network: dict = field(default_factory=dict)
    squashed: str = ""
    scale: Tensor | None = None
    offset: Tensor | None = None

    @classmethod
    def of_lstm(cls, every: Tensor, last: Tensor, where: str, **seen) -> list["Signal"]:
        """All h, the last h and the last c, with the labels of every step and of the last one: the
        last h holds the same numbers as its step.

        `seen` is what the signals have in common: width, steps, batch, network.
        """
        h = {"source": "h", "name": f"the output of {where}", **seen}
        c = {"source": "c", "name": f"the cell state of {where}", **seen}
        return [cls(labels=every, **h), cls(labels=last, **h), cls(labels=last, **c)]

    def moved(self, move: Callable[[Tensor], Tensor]) -> "Signal":
        """The same numbers elsewhere."""
        scale, offset = (t if t is None else move(t) for t in (self.scale, self.offset))
        return replace(self, labels=move(self.labels), scale=scale, offset=offset)

    def same_origin(self, other: "Signal") -> bool:
        """True if both hold numbers of the same output of the same node."""
        return self.network is other.network and (self.source, self.squashed) == (
            other.source,
            other.squashed,
        )

    @classmethod
    def concatenated(cls, signals: Sequence["Signal"], axis: int) -> "Signal":
        """Parts of one tensor, side by side."""
        labels = concatenated([signal.labels for signal in signals], axis)
        if all(signal.scale is None for signal in signals):
            return replace(signals[0], labels=labels)
        changes = [signal.changes for signal in signals]
        scale, offset = (concatenated(part, axis) for part in zip(*changes, strict=True))
        return replace(signals[0], labels=labels, scale=scale, offset=offset)

    @property
    def changes(self) -> tuple[Tensor, Tensor]:
        """Scale and offset, also where there are none."""
        if self.scale is not None and self.offset is not None:
            return self.scale, self.offset
        shape = [part.count for part in self.labels.parts]
        return tuple(Tensor(fill(shape), self.labels.axes) for fill in (np.ones, np.zeros))

    @property
    def conversion(self) -> Conversion | None:
        """What stands here, as (x - a) / b of each number x of a row; None if it differs from row
        to row, or such numbers are not finite."""
        scale, offset = (tensor.common_vector() for tensor in self.changes)
        if scale is None or offset is None:
            return None
        with np.errstate(all="ignore"):
            back = -offset / scale, 1 / scale
        return Conversion(*back) if np.isfinite(back).all() and back[1].all() else None

    def changed(self, scale, offset) -> "Signal":
        """Every number times `scale` plus `offset`, constants that broadcast with it.

        Raises ValueError if broadcasting would repeat numbers.
        """
        before, shift = self.changes
        tensors = [self.labels, before, shift, Tensor.of(scale), Tensor.of(offset)]
        (labels, *arrays), axes = aligned(tensors)
        counts = [part.count for axis in axes for part in axis]
        if len(counts) != len(self.labels.parts):
            raise ValueError(f"{self.labels.shape} numbers would be repeated")
        before, shift, scale, offset = (np.broadcast_to(array, counts) for array in arrays)
        return replace(
            self,
            labels=Tensor(labels, axes),
            scale=Tensor(before * scale, axes),
            offset=Tensor(shift * scale + offset, axes),
        )

    def rows(self, where: str) -> Tensor:
        """The row of each vector along the last axis, without that axis.

        Raises UnsupportedModel if the last axis does not hold the units of one row, in order.
        """
        labels = self.labels
        if not labels.axes or labels.size == 0:
            raise UnsupportedModel(where, "shape", labels.shape, "units on the last axis are")
        if labels.shape[-1] == self.width:
            inner = len(labels.axes[-1])
            first = labels.taken(len(labels.axes) - 1, Polynomial.of(0))
            begin = first.entries.apply(lambda a: a.reshape(a.shape + (1,) * inner))
            row = first.entries.divided(Polynomial.of(self.width))
            if row is not None and labels.entries == begin + labels.along(len(labels.axes) - 1):
                return Tensor(row, first.axes)
        hint = f"all {self.width} units of one step of {self.name}, in order, are"
        if any(isinstance(part, Run) for part in labels.axes[-1]):
            raise UnsupportedModel(where, "units", labels.shape[-1], hint)
        vector = self.beginning(labels).apply(lambda a: a[: labels.shape[-1].number])
        units = vector.terms.get((), np.zeros(vector.shape, int)) % self.width
        rows = {repr(row) for row in vector - units}
        if len(rows) > 1:
            raise UnsupportedModel(where, "steps or sequences in one row", len(rows), hint)
        raise UnsupportedModel(where, "units", units[:8].tolist(), hint)

    def largest(self, labels: Tensor, name: str) -> "Signal":
        """The index of the largest unit of each row, with labels of one unit a row."""
        network = {**self.network, "classify": True}
        about = {"source": "class", "width": 1, "squashed": "", "network": network}
        return replace(self, labels=labels, name=name, **about)

    @staticmethod
    def beginning(tensor: Tensor) -> Polynomial:
        """Entries where every axis of open length begins, in the order of memory."""
        runs = [part.variable for part in tensor.parts if isinstance(part, Run)]
        return tensor.entries.put({run: Polynomial.of(0) for run in runs}).apply(np.ravel)

    def reads(self, where: str) -> str:
        """Which steps are here, "all" or "last", every sequence once and in order.

        Where there is one step only, the rank at the linear layer decides.
        Raises UnsupportedModel for anything else.
        """
        rows = self.labels if self.width == 1 else self.rows(where)
        steps, batch = self.steps, self.batch
        last = arranged(rows, [batch])
        if last is not None and last.entries == (steps - 1) * batch + last.along(0):
            return self.network.get("steps", "all") if steps == 1 else "last"
        for order, turn in (((steps, batch), 0), ((batch, steps), 1)):
            every = arranged(rows, order)
            if every is not None and every.entries == (
                every.along(turn) * batch + every.along(1 - turn)
            ):
                return "all"
        hint = "all steps, or the last one, of every sequence in order are"
        if rows.size == steps * batch:
            shape = tuple(squeezed(rows.shape))
            raise UnsupportedModel(where, "order of steps and sequences", shape, hint)
        raise UnsupportedModel(where, "steps read", steps_of(self.beginning(rows), batch), hint)


def arranged(rows: Tensor, order: Sequence[Polynomial]) -> Tensor | None:
    """Rows in these axes, where they stand in them already but for axes of length 1, or flat."""
    flat = squeezed([rows.size])
    if squeezed(rows.shape) not in (squeezed(order), flat):
        return None
    try:
        return rows.reshaped(order)
    except (Refused, ValueError):
        return None


def steps_of(rows: Polynomial, batch: Polynomial) -> list:
    """The first steps that rows are of; for messages."""
    if rows.constant is not None and batch.number is not None:
        return np.unique(rows.constant // batch.number)[:8].tolist()
    steps = {repr(row): row.divided(batch) or row for row in rows}
    return list(steps.values())[:8]
