"""Recurrent cells that are no LSTM, each as its equations."""

from .cell import Cell, State
from .graph import identity, sigmoid, tanh

__all__ = ["GRU", "RNN"]


class RNN(Cell):
    """Simple recurrent network (Elman 1990; PyTorch RNN, Keras SimpleRNN).

    ``RNN(activations={"h": "relu"})`` for another activation.
    """

    gates = "h"

    def step(self, z, p, prev):
        return State(h=tanh(z.h))


class GRU(Cell):
    """GRU, reset after the product (PyTorch; Keras reset_after; ONNX linear_before_reset=1).

    m is the recurrent half of the candidate n; u is the update gate (z in the papers).
    """

    gates = "r u n m"
    columns = {"n": "x", "m": "h"}

    def step(self, z, p, prev):
        r = sigmoid(z.r)
        u = sigmoid(z.u)
        n = tanh(z.n + r * identity(z.m))
        return State(h=n + u * (prev.h - n))
