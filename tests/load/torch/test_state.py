"""State dicts: the network is the module it came from, or a key is refused by name."""

import numpy as np
import pytest

from hwlstm.errors import HwlstmError
from hwlstm.golden import run_float
from hwlstm.load import load
from tests.load.torch.nets import INPUTS, UNITS, LastStep

torch = pytest.importorskip("torch")
nn = torch.nn


def check(network, module):
    x = torch.randn(6, 7, INPUTS, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        expected = module(x)
    expected = expected[0] if isinstance(expected, tuple) else expected
    np.testing.assert_allclose(run_float(network, x.numpy()).output, expected, atol=1e-6)


@pytest.mark.parametrize("prefix", ["", "model."])
@pytest.mark.parametrize("as_array", [False, True])
def test_a_state_dict_is_the_module_it_came_from(prefix, as_array):
    module = LastStep()
    state = {prefix + k: v.numpy() if as_array else v for k, v in module.state_dict().items()}
    check(load(state, steps="last"), module)
    assert load(state, steps="last", classify=True, name="n").classify


def test_a_state_dict_of_a_bare_lstm_gives_all_steps():
    module = nn.LSTM(INPUTS, UNITS, batch_first=True, bias=False)
    check(load(module.state_dict()), module)


def test_which_steps_are_read_must_be_said():
    message = "^steps must be 'all' or 'last' \\(a state dict does not say it\\), not None$"
    with pytest.raises(ValueError, match=message):
        load(LastStep().state_dict())
    bare = nn.LSTM(INPUTS, UNITS).state_dict()
    assert [load(bare).returns, load(bare, steps="last").returns] == ["all", "last"]


ONE_LSTM = "one nn.LSTM of one layer, forward, without projection is"
STATES = {
    "projection": (
        nn.LSTM(INPUTS, UNITS, proj_size=2).state_dict(),
        f"state dict: key = 'weight_hr_l0' is not supported; {ONE_LSTM}",
    ),
    "two layers": (
        nn.LSTM(INPUTS, UNITS, 2).state_dict(),
        f"state dict: key = 'weight_ih_l1' is not supported; {ONE_LSTM}",
    ),
    "both directions": (
        nn.LSTM(INPUTS, UNITS, bidirectional=True).state_dict(),
        f"state dict: key = 'weight_ih_l0_reverse' is not supported; {ONE_LSTM}",
    ),
    "another cell": (
        nn.GRU(INPUTS, UNITS).state_dict(),
        "state dict: shape of 'weight_hh_l0' = (12, 4) is not supported; (16, 4) of an nn.LSTM is",
    ),
    "no cell": (nn.Linear(2, 2).state_dict(), "state dict: 'weight_ih_l0' is missing"),
    "two linear layers": (
        nn.ModuleDict({"a": LastStep(), "b": nn.Linear(2, 2)}).state_dict(),
        "state dict: key = 'b.weight' is not supported; one nn.LSTM and at most one nn.Linear are",
    ),
    "two cells": (
        nn.ModuleDict({"a": nn.LSTM(2, 2), "b": nn.LSTM(2, 2)}).state_dict(),
        f"state dict: key = 'b.weight_ih_l0' is not supported; {ONE_LSTM}",
    ),
    "a checkpoint": (
        {"epoch": 3, **nn.LSTM(INPUTS, UNITS).state_dict()},
        "state dict: key = 'epoch' is not supported; one nn.LSTM and at most one nn.Linear are",
    ),
    "text": ({"note": "text"}, "state dict: type of 'note' = 'str' is not supported; floats are"),
    "one bias": (
        {
            key: value
            for key, value in nn.LSTM(INPUTS, UNITS).state_dict().items()
            if key != "bias_hh_l0"
        },
        "state dict: 'bias_hh_l0' is missing",
    ),
    "complex": (
        {key: value.to(torch.complex64) for key, value in nn.LSTM(2, 2).state_dict().items()},
        "state dict: type of 'weight_ih_l0' = 'torch.complex64' is not supported; floats are",
    ),
    "bool": (
        {key: value > 0 for key, value in nn.LSTM(2, 2).state_dict().items()},
        "state dict: type of 'weight_ih_l0' = 'torch.bool' is not supported; floats are",
    ),
    "complex arrays": (
        {key: value.numpy() * 1j for key, value in nn.LSTM(2, 2).state_dict().items()},
        "state dict: type of 'weight_ih_l0' = 'complex64' is not supported; floats are",
    ),
    "pruned": (
        {"weight_hh_l0_mask": torch.ones(8, 2), **nn.LSTM(2, 2).state_dict()},
        "state dict: key = 'weight_hh_l0_mask' is not supported; "
        "load the module itself, or remove its pruning or norm first",
    ),
    "normed": (
        nn.utils.parametrizations.weight_norm(nn.LSTM(2, 2), "weight_hh_l0").state_dict(),
        "state dict: key = 'parametrizations.weight_hh_l0.original0' is not supported; "
        "load the module itself, or remove its pruning or norm first",
    ),
    "nothing": ({}, "state dict: 'weight_ih_l0' is missing"),
}


@pytest.mark.parametrize("case", STATES)
def test_other_keys_and_shapes_are_refused_by_name(case):
    state, message = STATES[case]
    with pytest.raises(HwlstmError) as refused:
        load(state)
    assert str(refused.value) == message


def test_a_key_that_is_not_text_is_refused():
    with pytest.raises(TypeError, match=r"^Keys of a state dict must be text, not 1$"):
        load({1: np.zeros(2)})
