"""nn.Module: the network is what forward does, or it is refused."""

from pathlib import Path

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


LINE = f"{Path(__file__).name}:{Net.forward.__code__.co_firstlineno + 1}"


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
    expected = expected["y"] if isinstance(expected, dict) else expected
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


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_a_module_is_left_as_it_was(kind):
    def then(net, x):
        net.calls += 1
        return last(net, x)

    module = Net(then).to(kind)
    module.register_buffer("calls", torch.zeros(1, dtype=kind))
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


def test_a_module_may_be_read_as_a_classifier_without_argmax():
    network = load(Net(last), classify=True)
    assert network.classify
    module = Net(lambda net, x: last(net, x).argmax(-1))
    check(network, module, batch_first=True)
    check(load(module, classify=True), module, batch_first=True)


def test_a_softmax_at_the_end_is_offered_as_argmax():
    module = Net(lambda net, x: last(net, x).softmax(-1))
    with pytest.raises(UnsupportedModel) as refused:
        load(module)
    assert str(refused.value) == (
        f"Net: aten.softmax ({LINE}): place = 'end of the forward' is not supported; "
        "give the outputs before it, or classify=True: argmax in its place"
    )
    check(
        load(module, classify=True), Net(lambda net, x: last(net, x).argmax(-1)), batch_first=True
    )


MOVES = {
    "step by size": lambda net, x: net.fc(net.lstm(x)[0][:, x.shape[1] - 1]),
    "slice of one": lambda net, x: net.fc(net.lstm(x)[0][:, -1:]),
    "index of one": lambda net, x: net.fc(net.lstm(x)[0][:, [-1]]),
    "rows for the linear layer": lambda net, x: net.fc(net.lstm(x)[0].reshape(-1, UNITS)).view(
        x.shape[0], -1, OUTPUTS
    ),
    "matmul": lambda net, x: net.lstm(x)[0] @ net.fc.weight.T + net.fc.bias,
    "addmm": lambda net, x: torch.addmm(
        net.fc.bias, net.lstm(x)[1][0][0], net.fc.weight.t(), beta=2, alpha=3
    ),
    "parts put together": lambda net, x: net.fc(torch.cat(net.lstm(x)[0].chunk(2, -1), -1)),
    "movedim": lambda net, x: net.fc(net.lstm(x)[0].movedim(1, 0)[-1]),
    "factor of one": lambda net, x: net.fc(net.lstm(x)[0] * 1.0 + 0),
    "unbind": lambda net, x: net.fc(net.lstm(x)[1][0].unbind(0)[0]),
    "twice transposed": lambda net, x: every(net, x.transpose(0, 1).transpose(0, 1)),
    "clones": lambda net, x: every(net, x.contiguous().clone().detach()),
    "index of the maximum": lambda net, x: last(net, x).max(-1)[1],
    "classes before the units' axis": lambda net, x: every(net, x).permute(0, 2, 1).argmax(1),
    "softmax before argmax": lambda net, x: last(net, x).log_softmax(-1).argmax(-1),
    "class of 32 bits": lambda net, x: last(net, x).argmax(-1).int(),
    "without gradient": lambda net, x: torch.no_grad()(last)(net, x),
    "in a dictionary": lambda net, x: {"y": last(net, x)},
    "weights of both layers": lambda net, x: nn.functional.linear(
        net.lstm(x)[0], net.lstm.weight_hh_l0
    ),
}


@pytest.mark.parametrize("forward", MOVES)
def test_a_forward_may_move_its_numbers_about(forward):
    module = Net(MOVES[forward])
    check(load(module), module, batch_first=True)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 4, 5), (3, 1, 5), (3, 4, 1)])
@pytest.mark.parametrize("then", [last, every])
def test_one_input_unit_or_output_is_no_other_case(sizes, then):
    inputs, units, outputs = sizes
    module = nn.Module.__new__(Net)
    nn.Module.__init__(module)
    module.lstm, module.then = nn.LSTM(inputs, units, batch_first=True), then
    module.fc = nn.Linear(units, outputs)
    network, x = load(module), torch.randn(2, 3, inputs)
    np.testing.assert_allclose(run_float(network, x.numpy()).output, module(x).detach(), atol=1e-6)


CONSTANTS = {
    "normalised": lambda net, x: last(net, (x - torch.tensor([1.0, 2, 3])) / 2.5),
    "almost the same": lambda net, x: last(net, x * 1.001),
    "one minus": lambda net, x: 1 - last(net, x),
    "scaled for the linear layer": lambda net, x: net.fc(net.lstm(x)[0] * 2 - 0.5),
    "negative before argmax": lambda net, x: (-last(net, x)).argmax(-1),
}


@pytest.mark.parametrize("forward", CONSTANTS)
def test_constants_become_part_of_the_weights(forward):
    module = Net(CONSTANTS[forward])
    check(load(module), module, batch_first=True)


def test_buffers_that_normalise_the_input_become_part_of_the_weights():
    module = Net(lambda net, x: last(net, (x - net.mean) / net.std))
    module.register_buffer("mean", torch.randn(INPUTS))
    module.register_buffer("std", torch.rand(INPUTS) + 0.1, persistent=False)
    check(load(module), module, batch_first=True)


def test_a_state_may_be_learned():
    def then(net, x):
        state = net.h.to(x).expand(-1, x.shape[0], -1), net.c.repeat(1, x.shape[0], 1)
        return net.fc(net.lstm(x, state)[0][:, -1])

    module = Net(then)
    module.h, module.c = (nn.Parameter(torch.randn(1, 1, UNITS)) for _ in "hc")
    network = load(module)
    np.testing.assert_array_equal(network.layers[0].initial["c"], module.c.detach().ravel())
    check(network, module, batch_first=True)


def test_a_forward_may_assign_attributes():
    def then(net, x):
        y, net.state = net.lstm(x)
        return net.fc(y)

    module = Net(then)
    module.state = None
    check(load(module), module, batch_first=True)
    module.state = None
    load(module)
    assert module.state is None


def test_parts_that_the_forward_does_not_use_do_not_matter():
    module = Net(last)
    module.more = nn.ModuleList([nn.LSTM(2, 2), nn.GRU(2, 2), nn.Linear(2, 2), nn.Dropout(0.5)])
    check(load(module), module, batch_first=True)


def test_a_forward_that_fails_says_why():
    with pytest.raises(UnsupportedModel) as refused:
        load(Net(lambda net, x: net.missing(x)))
    assert str(refused.value) == (
        "Net: forward = \"'Net' object has no attribute 'missing'\" is not supported; "
        "a forward that torch.export follows at any size is"
    )


def test_a_large_layer_is_no_other_case():
    assert load(nn.LSTM(256, 768)).layers[0].units == 768


def test_only_the_last_step_of_a_bare_lstm_is_a_network_that_returns_it():
    network = load(Net(lambda net, x: net.lstm(x)[0][:, -1], linear=False))
    assert network.returns == "last"
    assert network.many_to_one
