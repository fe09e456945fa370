"""nn.Module: the network is what forward does, or it is refused."""

import numpy as np
import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.golden import run_float
from hwlstm.load import load

torch = pytest.importorskip("torch")
nn = torch.nn
INPUTS, UNITS, OUTPUTS = 3, 4, 5


class Net(nn.Module):
    """LSTM and linear layer; `then` is what forward does with them."""

    def __init__(self, then, *, inputs=INPUTS, batch_first=True, bias=True, linear=True, **options):
        super().__init__()
        torch.manual_seed(1)
        self.lstm = nn.LSTM(inputs, UNITS, batch_first=batch_first, bias=bias, **options)
        if linear:
            self.fc = nn.Linear(UNITS, OUTPUTS, bias=bias)
        self.then = then

    def forward(self, x):
        return self.then(self, x)


def last(net, x):
    y, _ = net.lstm(x)
    return net.fc(y[:, -1] if net.lstm.batch_first else y[-1])


def every(net, x):
    return net.fc(net.lstm(x)[0])


def hidden(net, x):
    return net.fc(net.lstm(x)[1][0])


FORWARDS = {
    "last": (last, "last", False),
    "all": (every, "all", False),
    "hidden state": (hidden, "last", False),
    "argmax": (lambda net, x: last(net, x).argmax(-1), "last", True),
    "argmax kept": (lambda net, x: last(net, x).argmax(-1, keepdim=True), "last", True),
    "argmax of all": (lambda net, x: every(net, x).argmax(-1), "all", True),
    "linear before slice": (
        lambda net, x: every(net, x)[:, -1] if net.lstm.batch_first else every(net, x)[-1],
        "last",
        False,
    ),
}


def check(network, module, *, batch_first):
    x = torch.randn(6, 7, INPUTS, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        expected = module(x if batch_first else x.transpose(0, 1))
    expected = expected[0] if isinstance(expected, tuple) else expected
    if not batch_first and not network.many_to_one:
        expected = expected.transpose(0, 1)
    output = run_float(network, x.numpy()).output
    np.testing.assert_allclose(output.squeeze(), expected.numpy().squeeze(), atol=1e-6)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("forward", FORWARDS)
def test_a_module_is_read_as_what_its_forward_does(forward, batch_first):
    then, steps, classify = FORWARDS[forward]
    module = Net(then, batch_first=batch_first)
    network = load(module)
    assert (network.layers[1].reads, network.classify) == (steps, classify)
    assert network.name == "network"
    check(network, module, batch_first=batch_first)


@pytest.mark.parametrize("batch_first", [True, False])
def test_a_bare_lstm_gives_all_steps(batch_first):
    module = nn.LSTM(INPUTS, UNITS, batch_first=batch_first)
    network = load(module, name="mine")
    assert [layer.name for layer in network.layers] == ["lstm"]
    assert network.name == "mine"
    check(network, module, batch_first=batch_first)


def test_a_forward_may_transpose_its_input_itself():
    module = Net(lambda net, x: net.fc(net.lstm(x.transpose(0, 1))[0][-1]), batch_first=False)
    check(load(module), module, batch_first=True)


def test_biases_may_be_absent():
    module = Net(last, bias=False)
    network = load(module)
    assert not network.layers[0].bias["f"].any()
    check(network, module, batch_first=True)


def test_a_forward_may_make_a_zero_state():
    def then(net, x):
        zero = torch.zeros(1, len(x), UNITS)
        return net.fc(net.lstm(x, (zero, zero))[0][:, -1])

    module = Net(then)
    check(load(module), module, batch_first=True)


def test_doubles_are_compared_as_doubles():
    assert load(Net(last).double()).layers[1].reads == "last"


def test_a_module_is_left_as_it_was():
    def then(net, x):
        net.calls += 1
        return last(net, x)

    module = Net(then)
    module.register_buffer("calls", torch.zeros(1))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    state = torch.get_rng_state()
    load(module)
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    assert module.training


def test_dropout_in_evaluation_does_nothing():
    module = Net(lambda net, x: net.drop(last(net, x)))
    module.drop = nn.Dropout(0.5)
    assert load(module.eval()).layers[1].reads == "last"


SOMETHING_ELSE = (
    "Net: forward = 'something else' is not supported; the LSTM, then at most the linear layer "
    "on all steps or the last one, then argmax, is; call eval() first if something is random in "
    "training"
)


@pytest.mark.parametrize(
    "then",
    [
        lambda net, x: last(net, x).relu(),
        lambda net, x: last(net, x).softmax(-1),
        lambda net, x: torch.tanh(last(net, x)),
        lambda net, x: last(net, x).clamp(-10, 10),
        lambda net, x: net.fc(net.lstm(x)[0][:, 0]),
        lambda net, x: net.fc(net.lstm(x)[0].mean(1)),
        lambda net, x: net.fc(net.lstm(x.flip(1))[0][:, -1]),
        lambda net, x: net.fc(net.lstm(x)[1][1][-1]),
        lambda net, x: net.fc(net.lstm(2 * x)[0][:, -1]),
        lambda net, x: net.fc(net.lstm(x, (torch.ones(1, len(x), 4),) * 2)[0][:, -1]),
        lambda net, x: torch.nn.functional.dropout(last(net, x), 0.5, net.training),
        lambda net, x: (last(net, x), net.lstm(x)[1]),
        lambda net, x: last(net, x).argmin(-1),
        lambda net, x: "text",
    ],
)
def test_a_forward_that_does_more_is_refused(then):
    with pytest.raises(UnsupportedModel) as refused:
        load(Net(then))
    assert str(refused.value) == SOMETHING_ELSE


def test_a_relu_that_never_acts_on_the_trained_weights_is_found():
    module = Net(lambda net, x: last(net, x).relu()).eval()
    with torch.no_grad():
        module.fc.bias += 100
    with pytest.raises(UnsupportedModel) as refused:
        load(module)
    assert str(refused.value) == SOMETHING_ELSE.partition("; call")[0]


def test_a_forward_that_fails_says_why():
    with pytest.raises(UnsupportedModel) as refused:
        load(Net(lambda net, x: net.missing(x)).eval())
    assert str(refused.value) == (
        "Net: forward = \"'Net' object has no attribute 'missing'\" is not supported; the LSTM, "
        "then at most the linear layer on all steps or the last one, then argmax, is"
    )


@pytest.mark.parametrize(
    "then",
    [
        lambda net, x: (net.lstm(x)[0], net.lstm(x)[1][::-1]),
        lambda net, x: (net.lstm(x)[0], net.lstm(x)[1][0]),
        lambda net, x: (net.lstm(x)[0], x),
    ],
)
def test_other_outputs_than_the_states_are_refused(then):
    with pytest.raises(UnsupportedModel) as refused:
        load(Net(then, linear=False))
    assert str(refused.value) == SOMETHING_ELSE


def test_only_the_last_step_of_a_bare_lstm_is_a_network_that_returns_it():
    network = load(Net(lambda net, x: net.lstm(x)[0][:, -1], linear=False))
    assert network.returns == "last"
    assert network.many_to_one
