"""What both exporters of PyTorch write, in all their ways, is the module."""

import logging

import numpy as np
import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.golden import run_float
from hwlstm.load import load

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
nn = torch.nn
INPUTS, UNITS, OUTPUTS = 5, 6, 4
pytestmark = pytest.mark.filterwarnings("ignore")


class Net(nn.Module):
    def __init__(self, head, *, batch_first=True, inputs=INPUTS, units=UNITS, **options):
        super().__init__()
        torch.manual_seed(1)
        self.lstm = nn.LSTM(inputs, units, batch_first=batch_first, **options)
        self.fc = nn.Linear(options.get("proj_size") or units, OUTPUTS)
        self.head, self.batch_first = head, batch_first

    def forward(self, x):
        y, states = self.lstm(x)
        last = y[:, -1] if self.batch_first else y[-1]
        return HEADS[self.head](self.fc, y, last, states)


HEADS = {
    "last": lambda fc, y, last, states: fc(last),
    "all": lambda fc, y, last, states: fc(y),
    "hidden": lambda fc, y, last, states: fc(states[0][-1]),
    "argmax": lambda fc, y, last, states: fc(last).argmax(-1),
    "argmax of all": lambda fc, y, last, states: fc(y).argmax(-1),
    "log_softmax": lambda fc, y, last, states: fc(last).log_softmax(-1).argmax(-1),
    "states": lambda fc, y, last, states: (y, states),
    "alone": lambda fc, y, last, states: y,
}


@pytest.fixture
def export(tmp_path):
    logging.disable(logging.WARNING)
    yield lambda net, x, **options: written(tmp_path / "net.onnx", net, x, **options)
    logging.disable(logging.NOTSET)


def written(path, net, x, *, dynamo, opset, open_sizes=()):
    """Export; `open_sizes` are the axes that may change."""
    names = {axis: f"size{axis}" for axis in open_sizes}
    if dynamo:
        sizes = {axis: torch.export.Dim(name) for axis, name in names.items()}
        options = {"dynamic_shapes": (sizes,) if sizes else None, "external_data": False}
    else:
        options = {"dynamic_axes": {"x": names}, "input_names": ["x"]}
    torch.onnx.export(
        net.eval(), (x,), path, dynamo=dynamo, opset_version=opset, verbose=False, **options
    )
    return path


def check(path, net, x):
    network = load(path)
    with torch.no_grad():
        expected = net(x)
    expected = (expected[0] if isinstance(expected, tuple) else expected).numpy()
    output = run_float(network, x.numpy() if net.batch_first else x.numpy().swapaxes(0, 1)).output
    if not net.batch_first and not network.many_to_one:
        expected = expected.swapaxes(0, 1)
    output = output[..., 0] if network.classify else output
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-6)
    return network


# (open axes, batch_first, operator set) for the legacy exporter and for dynamo
WAYS = {
    "last": [((), True, 14), ((0,), True, 18)],
    "all": [((0, 1), True, 15), ((1,), False, 19)],
    "hidden": [((1,), False, 16), ((), True, 20)],
    "argmax": [((0,), True, 17), ((1,), False, 21)],
    "argmax of all": [((), False, 18), ((0,), True, 22)],
    "log_softmax": [((0,), True, 19), ((), True, 23)],
    "states": [((1,), False, 20), ((0, 1), True, 18)],
    "alone": [((0, 1), True, 14), ((), False, 23)],
}


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("head", WAYS)
def test_every_head_loads_from_both_exporters(export, head, dynamo):
    open_sizes, batch_first, opset = WAYS[head][dynamo]
    net, x = Net(head, batch_first=batch_first), torch.randn(2, 7, INPUTS)
    network = check(export(net, x, dynamo=dynamo, opset=opset, open_sizes=open_sizes), net, x)
    assert network.classify == ("max" in head)
    assert network.many_to_one == (head in ("last", "hidden", "argmax", "log_softmax"))


@pytest.mark.parametrize("opset", [9, 11, 12])
@pytest.mark.parametrize(("head", "open_sizes"), [("last", (0, 1)), ("states", (0,))])
def test_operator_sets_of_older_releases_load(export, head, open_sizes, opset):
    net, x = Net(head), torch.randn(2, 7, INPUTS)
    check(export(net, x, dynamo=False, opset=opset, open_sizes=open_sizes), net, x)


@pytest.mark.parametrize("dynamo", [False, True])
def test_weights_too_large_to_be_folded_at_export_load(export, dynamo):
    net, x = Net("last", inputs=60, units=48), torch.randn(2, 3, 60)
    check(export(net, x, dynamo=dynamo, opset=18, open_sizes=(0,)), net, x)


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("options", [{"bias": False}, {}])
def test_one_step_and_no_bias_load(export, dynamo, options):
    net, x = Net("last", **options), torch.randn(1, 1, INPUTS)
    check(export(net, x, dynamo=dynamo, opset=18), net, x)


def test_the_projection_that_dynamo_loses_is_refused(export):
    net, x = Net("last", proj_size=3), torch.randn(2, 7, INPUTS)
    path = export(net, x, dynamo=True, opset=18)
    with pytest.raises(UnsupportedModel) as refused:
        load(path)
    assert str(refused.value).partition("': ")[2] == (
        "shape of initial_c = (1, 2, 6) is not supported; (1, 2, 3) is; "
        "a projection of h (proj_size), which PyTorch exports wrongly, is not"
    )


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize(
    ("options", "what"),
    [({"num_layers": 2}, "X = "), ({"bidirectional": True}, "direction = 'bidirectional'")],
)
def test_deep_and_bidirectional_modules_are_refused(export, options, what, dynamo):
    net, x = Net("alone", **options), torch.randn(2, 7, INPUTS)
    with pytest.raises(UnsupportedModel, match=f"^net.onnx: LSTM .*: {what}.* is not supported; "):
        load(export(net, x, dynamo=dynamo, opset=18))
