"""The networks of these tests: an LSTM, then a linear layer."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
nn = torch.nn

INPUTS, UNITS, OUTPUTS = 3, 4, 5


class Net(nn.Module):
    """LSTM and linear layer; `then` is what forward does with them."""

    def __init__(self, then):
        super().__init__()
        self.lstm = nn.LSTM(INPUTS, UNITS, batch_first=True)
        self.fc = nn.Linear(UNITS, OUTPUTS)
        self.then = then

    def forward(self, x):
        return self.then(self, x)


LINE = f"{Path(__file__).name}:{Net.forward.__code__.co_firstlineno + 1}"
"""Where messages say that it happens."""


class LastStep(nn.Module):
    """The linear layer on the last step, with the same weights at every call."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.lstm = nn.LSTM(INPUTS, UNITS, batch_first=True)
        self.fc = nn.Linear(UNITS, OUTPUTS)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])


def last(net, x):
    """Of `Net`: what `LastStep` does."""
    return net.fc(net.lstm(x)[0][:, -1])
