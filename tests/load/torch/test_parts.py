"""A module with other parts than one LSTM and one linear layer is refused by name."""

import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.load import load

torch = pytest.importorskip("torch")
nn = torch.nn
INPUTS, UNITS, OUTPUTS = 3, 4, 5


class Net(nn.Module):
    def __init__(self, then=None, width=UNITS, **options):
        super().__init__()
        self.lstm = nn.LSTM(INPUTS, UNITS, batch_first=True, **options)
        self.fc = nn.Linear(width, OUTPUTS)
        self.then = then

    def forward(self, x):
        y = self.fc(self.lstm(x)[0][:, -1])
        return self.then(y) if self.then else y


LINE = f"test_parts.py:{Net.forward.__code__.co_firstlineno + 2}"


def refusal(module) -> str:
    with pytest.raises(UnsupportedModel) as refused:
        load(module)
    return str(refused.value)


@pytest.mark.parametrize(
    ("width", "options", "message"),
    [
        (UNITS, {"num_layers": 2}, "num_layers = 2 is not supported; 1 is"),
        (2 * UNITS, {"bidirectional": True}, "bidirectional = True is not supported; False is"),
        (2, {"proj_size": 2}, "proj_size = 2 is not supported; 0 is"),
    ],
)
def test_other_forms_of_the_lstm_are_refused_by_name(width, options, message):
    assert refusal(Net(width=width, **options)) == f"lstm: {message}"


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            nn.Linear(OUTPUTS, 2),
            f"Net: aten.linear ({LINE}): input = 'the output of fc, which reads aten.select of the "
            "output of lstm' is not supported; one linear layer, on the LSTM's output, is",
        ),
        (nn.GRU(OUTPUTS, 2), "then: kind = 'gru' is not supported; lstm is"),
        (
            nn.LSTM(OUTPUTS, 2),
            f"Net: aten.lstm ({LINE}): input = 'aten.unsqueeze of the output of fc, which reads "
            "aten.select of the output of lstm' is not supported; one LSTM, on the forward's "
            "input, is",
        ),
        (
            nn.BatchNorm1d(OUTPUTS).eval(),
            f"Net: aten.batch_norm ({LINE}): operation = 'aten.batch_norm' is not supported; "
            "an LSTM, then at most a linear layer on all steps or the last one, then argmax, is",
        ),
        (
            nn.Dropout(0.5),
            f"Net: aten.dropout ({LINE}): training = True is not supported; call eval() first",
        ),
    ],
)
def test_other_parts_are_refused_by_name(part, message):
    assert refusal(Net(part)) == message


@pytest.mark.parametrize("module", [nn.GRU(INPUTS, UNITS), nn.Linear(INPUTS, UNITS)])
def test_a_module_without_an_lstm_is_refused(module):
    name = type(module).__name__
    assert refusal(module) == f"{name}: layers = 'no nn.LSTM' is not supported; one is"


def test_torchscript_is_refused():
    assert refusal(torch.jit.script(nn.LSTM(INPUTS, UNITS))) == (
        "RecursiveScriptModule: kind = 'TorchScript' is not supported; "
        "the nn.Module it was made of is"
    )


class Fed(Net):
    def forward(self, x, lengths):
        return super().forward(x)


class FedMore(Net):
    def forward(self, x, a, b, c):
        return super().forward(x)


@pytest.mark.parametrize("kind", [Fed, FedMore])
def test_further_inputs_are_refused_by_name(kind):
    names = {"Fed": ["x", "lengths"], "FedMore": ["x", "a", "b", "c"]}[kind.__name__]
    assert refusal(kind()) == (
        f"{kind.__name__}: inputs of forward = {names} is not supported; "
        "x, or x with the states h and c of the LSTM, are"
    )
