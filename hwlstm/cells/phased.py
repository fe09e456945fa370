"""The Phased LSTM as its equations."""

from .cell import Cell, State
from .graph import narrow, select, sigmoid, tanh

__all__ = ["Phased"]


class Phased(Cell):
    """Phased LSTM (Neil, Pfeiffer & Liu 2016): an LSTM behind a gate k that time opens and closes.

    phi is the phase of the unit, rate = 2 / open ratio, leak the slope where k is closed. With
    leak 0 a closed unit keeps its state, and its rows need not be multiplied.
    """

    gates = "g i f o"
    peepholes = "i f o"
    timed = True
    hold = "k"

    def step(self, z, p, prev, time):
        ramp = time.phi * time.rate
        down = select(ramp < 2, 2 - ramp, time.phi * time.leak)
        k = narrow("k", select(ramp < 1, ramp, down))
        g = tanh(z.g)
        i = sigmoid(z.i + p.i * prev.c)
        f = sigmoid(z.f + p.f * prev.c)
        u = narrow("u", f * prev.c + i * g)
        o = sigmoid(z.o + p.o * u)
        v = narrow("v", o * tanh(u))
        return State(h=k * v + (1 - k) * prev.h, c=k * u + (1 - k) * prev.c)
