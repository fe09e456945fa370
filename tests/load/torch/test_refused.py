"""A forward that does more is refused by the first operation that is not understood."""

import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.load import load
from tests.load.torch.nets import INPUTS, LINE, UNITS, Net, last

torch = pytest.importorskip("torch")
nn = torch.nn
functional = nn.functional


def every(net, x):
    return net.fc(net.lstm(x)[0])


def refusal(module) -> str:
    """What is said of a module, with LINE for the line that its forward is on."""
    with pytest.raises(UnsupportedModel) as refused:
        load(module)
    return str(refused.value).replace(LINE, "LINE")


def filled(net, x):
    y = net.lstm(x)[0]
    y[:, 0] = 0
    return net.fc(y)


UNKNOWN = {
    "clamp": lambda net, x: last(net, x).clamp(-1000, 1000),
    "flip": lambda net, x: last(net, x.flip(1)),
    "relu": lambda net, x: last(net, x).relu(),
    "mean": lambda net, x: net.fc(net.lstm(x)[0].mean(1)),
    "sum": lambda net, x: net.fc(net.lstm(x)[0].sum(1) - net.lstm(x)[0][:, :-1].sum(1)),
    "argmin": lambda net, x: last(net, x).argmin(-1),
    "round": lambda net, x: last(net, x.round(decimals=6)),
    "gt": lambda net, x: torch.where(x[..., :1] > 0, every(net, x), 0),
    "einsum": lambda net, x: torch.einsum("btu,ou->bto", net.lstm(x)[0], net.fc.weight),
    "fill_": filled,
    "repeat": lambda net, x: last(net, x.repeat(1, 2, 1)),
}


@pytest.mark.parametrize("operation", UNKNOWN)
def test_an_operation_is_refused_by_name_and_line(operation):
    assert refusal(Net(UNKNOWN[operation])) == (
        f"Net: aten.{operation} (LINE): operation = 'aten.{operation}' is not supported; "
        "an LSTM, then at most a linear layer on all steps or the last one, then argmax, is"
    )


ONE_LINEAR = "one linear layer, on the LSTM's output, is"
WHOLE = "all steps of all sequences, in order, are"
IN_ORDER = "all steps, or the last one, of every sequence in order are"
CASES = {
    "dropout": (
        lambda net, x: functional.dropout(last(net, x), 0.5, net.training),
        "Net: aten.dropout (LINE): training = True is not supported; call eval() first",
    ),
    "cell state": (
        lambda net, x: net.fc(net.lstm(x)[1][1][-1]),
        "Net: aten.linear (LINE): input = 'aten.select of the cell state of lstm' is not "
        f"supported; {ONE_LINEAR}",
    ),
    "two linear layers": (
        lambda net, x: functional.linear(every(net, x), net.fc.weight.T),
        f"Net: aten.linear (LINE): input = 'the output of fc' is not supported; {ONE_LINEAR}",
    ),
    "linear layer in front": (
        lambda net, x: last(net, functional.linear(x, torch.eye(INPUTS))),
        f"Net: aten.linear (LINE): input = 'x' is not supported; {ONE_LINEAR}",
    ),
    "first step": (
        lambda net, x: net.fc(net.lstm(x)[0][:, 0]),
        "Net: the output of fc, which reads aten.select of the output of lstm: steps read = [0] "
        f"is not supported; {IN_ORDER}",
    ),
    "all but the first step": (
        lambda net, x: net.fc(net.lstm(x)[0][:, 1:]),
        "Net: the output of fc, which reads aten.slice of the output of lstm: steps read = [1] "
        f"is not supported; {IN_ORDER}",
    ),
    "first sequence": (
        lambda net, x: every(net, x)[0],
        f"Net: aten.select of the output of fc: steps read = [0] is not supported; {IN_ORDER}",
    ),
    "another order of inputs": (
        lambda net, x: last(net, x[..., [2, 0, 1]]),
        f"Net: aten.lstm (LINE): input = 'aten.index of x' is not supported; {WHOLE}",
    ),
    "one sequence for all": (
        lambda net, x: last(net, x[:1].expand(x.shape[0], -1, -1)),
        "Net: aten.lstm (LINE): input = 'aten.expand of aten.slice of x' is not supported; "
        f"{WHOLE}",
    ),
    "units swapped": (
        lambda net, x: net.fc(torch.cat(net.lstm(x)[0].chunk(2, -1)[::-1], -1)),
        "Net: aten.linear (LINE): units = [2, 3, 0, 1] is not supported; all 4 units of one step "
        "of aten.cat of aten.chunk of the output of lstm, in order, are",
    ),
    "half precision in between": (
        lambda net, x: last(net, x.half().float()),
        "Net: aten.to (LINE): cast = 'torch.float32 to torch.float16' is not supported; "
        "one that loses nothing is",
    ),
    "autocast": (
        lambda net, x: torch.autocast("cpu")(last)(net, x),
        "Net: wrap_with_autocast: operation = 'wrap_with_autocast' is not supported; "
        "an LSTM, then at most a linear layer on all steps or the last one, then argmax, is",
    ),
    "random state": (
        lambda net, x: net.lstm(x, (torch.rand(1, x.shape[0], UNITS),) * 2)[0],
        "Net: aten.rand (LINE): result = 'random' is not supported; the same at every run is",
    ),
    "the largest output": (
        lambda net, x: last(net, x).max(-1)[0],
        "Net: aten.max (LINE): output = 'the largest value' is not supported; its index is",
    ),
    "argmax over steps": (
        lambda net, x: every(net, x).argmax(1),
        "Net: aten.argmax (LINE): units = x.shape[1] is not supported; all 5 units of one step "
        "of the output of fc, in order, are",
    ),
    "divided by zero": (
        lambda net, x: last(net, x / torch.tensor([1.0, 0.0, 1.0])),
        "Net: aten.div (LINE): constant = 'not finite, or divided by 0' is not supported; "
        "a finite one is",
    ),
    "no linear layer for a factor": (
        lambda net, x: net.lstm(x)[0] * 2,
        "Net: the output of lstm: scale = 'not 1' is not supported; constants added or "
        "multiplied behind a linear layer are",
    ),
    "a table read by class": (
        lambda net, x: net.fc.weight[last(net, x).argmax(-1)],
        "Net: aten.index (LINE): input = 'a constant' is not supported; what depends on x is",
    ),
    "residual": (
        lambda net, x: net.lstm(x)[0] + net.lstm(x)[0],
        "Net: aten.add (LINE): operand = 'the output of lstm' is not supported; a constant is",
    ),
    "text": (
        lambda net, x: "text",
        "Net: result of forward = \"'text'\" is not supported; an LSTM, then at most a linear "
        "layer, then argmax, is",
    ),
    "a constant": (
        lambda net, x: torch.zeros(3),
        "Net: result of forward = 'a constant' is not supported; an LSTM, then at most a linear "
        "layer, then argmax, is",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_use_that_is_not_understood_is_refused_by_name(case):
    then, message = CASES[case]
    assert refusal(Net(then)) == message


def test_a_relu_that_never_acts_on_the_trained_weights_is_found():
    module = Net(lambda net, x: last(net, x).relu())
    with torch.no_grad():
        module.fc.bias += 100
    assert refusal(module).startswith("Net: aten.relu (LINE): operation = 'aten.relu'")


STATES = "one output, and the LSTM's last h and c behind it or not, is"


@pytest.mark.parametrize(
    ("then", "named"),
    [
        (lambda y, h, c: (y, (c, h)), ["the cell state of lstm", "the output of lstm"]),
        (lambda y, h, c: (y, h), ["the output of lstm"]),
        (lambda y, h, c: (y, h, h), ["the output of lstm", "the output of lstm"]),
        (lambda y, h, c: (y, y, c), ["the output of lstm", "the cell state of lstm"]),
    ],
)
def test_other_results_than_the_states_are_refused(then, named):
    def forward(net, x):
        y, (h, c) = net.lstm(x)
        return then(y, h, c)

    assert refusal(Net(forward)) == (
        f"Net: further results of forward = {named} is not supported; {STATES}"
    )
