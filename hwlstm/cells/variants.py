"""The LSTM and its variants, each as its equations.

Greff 2017: K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink, J. Schmidhuber, "LSTM: A
Search Space Odyssey". Its eight variants differ from Vanilla in a line or two: so that they can be
compared, each is written out whole.
"""

from ..activation import function
from .cell import Cell, State
from .graph import identity, narrow, sigmoid, tanh

__all__ = [
    "CIFG",
    "FGR",
    "NFG",
    "NIAF",
    "NIG",
    "NOAF",
    "NOG",
    "NP",
    "SQUASHINGS_1997",
    "Affine",
    "CoupledForget",
    "Traditional",
    "Vanilla",
]

SQUASHINGS_1997 = {
    "g": function("scaledtanh", alpha=2.0, beta=0.5),
    "squash_s": function("scaledtanh", alpha=1.0, beta=0.5),
}
"""Hochreiter & Schmidhuber's 4 sigmoid(a) - 2 = 2 tanh(a / 2) and 2 sigmoid(c) - 1 = tanh(c / 2):
``NFG(peepholes="", activations=SQUASHINGS_1997)`` is the LSTM of 1997."""


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

    def __init__(self, **options):
        super().__init__(peepholes="", **options)


NP = Traditional
"""No peepholes (Greff 2017)."""


class NIG(Cell):
    """No input gate: i = 1 (Greff 2017)."""

    gates = "g f o"
    peepholes = "f o"

    def step(self, z, p, prev):
        g = tanh(z.g)
        f = sigmoid(z.f + p.f * prev.c)
        c = f * prev.c + g
        o = sigmoid(z.o + p.o * c)
        return State(h=o * tanh(c), c=c)


class NFG(Cell):
    """No forget gate: f = 1 (Greff 2017; without peepholes Hochreiter & Schmidhuber 1997).

    c grows with the steps; s is what tanh must see of it.
    """

    gates = "g i o"
    peepholes = "i o"

    def step(self, z, p, prev):
        g = tanh(z.g)
        i = sigmoid(z.i + p.i * prev.c)
        c = prev.c + i * g
        o = sigmoid(z.o + p.o * c)
        return State(h=o * tanh(narrow("s", c)), c=c)


class NOG(Cell):
    """No output gate: o = 1 (Greff 2017)."""

    gates = "g i f"
    peepholes = "i f"

    def step(self, z, p, prev):
        g = tanh(z.g)
        i = sigmoid(z.i + p.i * prev.c)
        f = sigmoid(z.f + p.f * prev.c)
        c = f * prev.c + i * g
        return State(h=tanh(c), c=c)


class NIAF(Cell):
    """No input activation function: g = z_g (Greff 2017)."""

    gates = "g i f o"
    peepholes = "i f o"

    def step(self, z, p, prev):
        g = identity(z.g)
        i = sigmoid(z.i + p.i * prev.c)
        f = sigmoid(z.f + p.f * prev.c)
        c = f * prev.c + i * g
        o = sigmoid(z.o + p.o * c)
        return State(h=o * tanh(c), c=c)


class NOAF(Cell):
    """No output activation function: h = o c (Greff 2017)."""

    gates = "g i f o"
    peepholes = "i f o"

    def step(self, z, p, prev):
        g = tanh(z.g)
        i = sigmoid(z.i + p.i * prev.c)
        f = sigmoid(z.f + p.f * prev.c)
        c = f * prev.c + i * g
        o = sigmoid(z.o + p.o * c)
        return State(h=o * c, c=c)


class CIFG(Cell):
    """Coupled input and forget gate, f = 1 - i (Greff 2017; ONNX input_forget)."""

    gates = "g i o"
    peepholes = "i o"

    def step(self, z, p, prev):
        g = tanh(z.g)
        i = sigmoid(z.i + p.i * prev.c)
        c = (1 - i) * prev.c + i * g
        o = sigmoid(z.o + p.o * c)
        return State(h=o * tanh(c), c=c)


class CoupledForget(Cell):
    """Coupled input and forget gate, i = 1 - f (TensorFlow, TFLite)."""

    gates = "g f o"
    peepholes = "f o"

    def step(self, z, p, prev):
        g = tanh(z.g)
        f = sigmoid(z.f + p.f * prev.c)
        c = f * prev.c + (1 - f) * g
        o = sigmoid(z.o + p.o * c)
        return State(h=o * tanh(c), c=c)


class FGR(Vanilla):
    """Full gate recurrence: every gate but g also sees i, f, o of the step before (Greff 2017)."""

    remembered = "i f o"
    columns = dict.fromkeys("ifo", "x h i f o")


class Affine(Cell):
    """A layer without memory, y = W x + b: the linear layer behind a recurrent one."""

    gates = "y"
    columns = {"y": "x"}

    def step(self, z, p, prev):
        return State(y=identity(z.y))
