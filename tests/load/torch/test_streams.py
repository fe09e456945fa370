"""A forward that takes and gives states is the network that keeps its state."""

import numpy as np
import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.golden import run_float
from hwlstm.load import load

torch = pytest.importorskip("torch")
nn = torch.nn
INPUTS, UNITS, OUTPUTS = 3, 4, 5


class Net(nn.Module):
    def __init__(self, *, batch_first=True):
        super().__init__()
        torch.manual_seed(1)
        self.lstm = nn.LSTM(INPUTS, UNITS, batch_first=batch_first)
        self.fc = nn.Linear(UNITS, OUTPUTS)


class Apart(Net):
    def forward(self, x, h, c):
        y, (h, c) = self.lstm(x, (h, c))
        return self.fc(y), h, c


class Paired(Net):
    def forward(self, x, state):
        y, state = self.lstm(x, state)
        return self.fc(y), state


class Optional(Net):
    def forward(self, x, state=None):
        y, state = self.lstm(x, state)
        return self.fc(y), state


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("kind", [Apart, Paired, Optional])
def test_pieces_of_a_sequence_give_what_the_whole_gives(kind, batch_first):
    module = kind(batch_first=batch_first).double()
    network = load(module)
    x = torch.randn(2, 9, INPUTS, dtype=torch.float64)
    pieces, states = [], [torch.zeros(1, 2, UNITS, dtype=torch.float64)] * 2
    for piece in x.split(4, 1):
        piece = piece if batch_first else piece.transpose(0, 1)
        with torch.no_grad():
            y, *states = module(piece, *(states if kind is Apart else [tuple(states)]))
        states = states[0] if kind is not Apart else states
        pieces.append(y if batch_first else y.transpose(0, 1))
    np.testing.assert_allclose(run_float(network, x.numpy()).output, torch.cat(pieces, 1))


class NotGiven(Net):
    def forward(self, x, h, c):
        return self.fc(self.lstm(x, (h, c))[0])


class Swapped(Net):
    def forward(self, x, h, c):
        y, (h, c) = self.lstm(x, (c, h))
        return self.fc(y), h, c


class Half(Net):
    def forward(self, x, h, c):
        y, (h, c) = self.lstm(x, (h, torch.zeros_like(c)))
        return self.fc(y), h, c


REFUSED = {
    NotGiven: "NotGiven: further results of forward = [] is not supported; "
    "one output, and the LSTM's last h and c behind it or not, is",
    Swapped: f"Swapped: aten.lstm (test_streams.py:{Swapped.forward.__code__.co_firstlineno + 1}): "
    "initial h = 'c' is not supported; h, or a constant, is",
    Half: "Half: inputs of forward = ['x', 'h', 'c'] is not supported; "
    "x, or x with the states h and c of the LSTM, are",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_states_that_do_not_go_on_are_refused(kind):
    with pytest.raises(UnsupportedModel) as refused:
        load(kind())
    assert str(refused.value) == REFUSED[kind]
