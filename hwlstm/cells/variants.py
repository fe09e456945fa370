"""The cells, each as its equations."""

from .cell import Cell, State
from .graph import identity, sigmoid, tanh

__all__ = ["Affine", "Traditional", "Vanilla"]


class Vanilla(Cell):
    """LSTM with peepholes (Gers & Schmidhuber 2000; Greff 2017, section II)."""

    gates = "g i f o"
    peepholes = "i f o"

    def step(self, z, p, prev):
        g = tanh(z.g)
        i = sigmoid(z.i + p.i * prev.c)
        f = sigmoid(z.f + p.f * prev.c)
        c = f * prev.c + i * g
        o = sigmoid(z.o + p.o * c)
        return State(h=o * tanh(c), c=c)


class Traditional(Vanilla):
    """LSTM with a forget gate (Gers, Schmidhuber & Cummins 1999): Vanilla without peepholes."""

    def __init__(self):
        super().__init__(peepholes="")


class Affine(Cell):
    """A layer without memory, y = W x + b: the linear layer behind a recurrent one."""

    gates = "y"
    columns = {"y": "x"}

    def step(self, z, p, prev):
        return State(y=identity(z.y))
