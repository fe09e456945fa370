"""A module with other parts than one LSTM and one linear layer is refused by name."""

import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.load import load

torch = pytest.importorskip("torch")
nn = torch.nn
INPUTS, UNITS, OUTPUTS = 3, 4, 5


class Net(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.lstm = nn.LSTM(INPUTS, UNITS, batch_first=True, **options)
        self.fc = nn.Linear(UNITS, OUTPUTS)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_layers": 2}, "lstm: num_layers = 2 is not supported; 1 is"),
        ({"bidirectional": True}, "lstm: bidirectional = True is not supported; False is"),
        ({"proj_size": 2}, "lstm: proj_size = 2 is not supported; 0 is"),
    ],
)
def test_other_forms_of_the_lstm_are_refused_by_name(options, message):
    with pytest.raises(UnsupportedModel) as refused:
        load(Net(**options))
    assert str(refused.value) == message


ONE_OF_EACH = "one nn.LSTM and at most one nn.Linear are"


def attached(part):
    module = Net()
    module.more = part
    return module


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            nn.LSTM(INPUTS, UNITS),
            f"Net: layers (LSTM, Linear) = (2, 1) is not supported; {ONE_OF_EACH}",
        ),
        (
            nn.Linear(INPUTS, UNITS),
            f"Net: layers (LSTM, Linear) = (1, 2) is not supported; {ONE_OF_EACH}",
        ),
        (
            nn.GRU(INPUTS, UNITS),
            f"more: parameter = 'weight_ih_l0' is not supported; {ONE_OF_EACH}",
        ),
        (
            nn.Parameter(torch.zeros(2)),
            f"Net: parameter = 'more' is not supported; {ONE_OF_EACH}",
        ),
        (nn.Dropout(0.5), "more: training = True is not supported; call eval() first"),
    ],
)
def test_other_parts_are_refused_by_name(part, message):
    with pytest.raises(UnsupportedModel) as refused:
        load(attached(part))
    assert str(refused.value) == message


def test_a_weight_that_is_not_finite_is_refused_by_name():
    module = Net()
    with torch.no_grad():
        module.lstm.weight_hh_l0[2, 1] = float("nan")
    message = r"^parameters: lstm.weight_hh_l0\[2, 1\] = nan is not supported$"
    with pytest.raises(UnsupportedModel, match=message):
        load(module)
