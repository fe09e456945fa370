"""Weights as a module really uses them; what holds no real numbers is refused by name."""

import numpy as np
import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.golden import run_float
from hwlstm.load import load
from tests.load.torch.nets import INPUTS, OUTPUTS, LastStep

torch = pytest.importorskip("torch")
nn = torch.nn
prune = pytest.importorskip("torch.nn.utils.prune")


def pruned(part, name):
    prune.random_unstructured(part, name, 0.5)


CHANGES = {
    "pruned": (pruned, True),
    "weight norm": (nn.utils.parametrizations.weight_norm, True),
    "weight norm, old form": (nn.utils.weight_norm, True),
    "spectral norm": (nn.utils.parametrizations.spectral_norm, True),
    "spectral norm, old form": (nn.utils.spectral_norm, False),
    "orthogonal": (nn.utils.parametrizations.orthogonal, False),
}


@pytest.mark.filterwarnings("ignore:.*weight_norm.*")
@pytest.mark.parametrize("change", CHANGES)
def test_weights_are_those_that_the_forward_computes(change):
    apply, both = CHANGES[change]
    module = LastStep()
    apply(module.fc, "weight")
    if both:
        apply(module.lstm, "weight_hh_l0")
    network = load(module.eval())
    x = torch.randn(2, 7, INPUTS, dtype=torch.float64)
    with torch.no_grad():
        expected = module.double()(x)
    np.testing.assert_allclose(run_float(network, x.numpy()).output, expected, atol=1e-12)


def test_a_norm_that_training_changes_at_every_call_is_refused():
    module = LastStep()
    nn.utils.parametrizations.spectral_norm(module.fc, "weight")
    with pytest.raises(UnsupportedModel) as refused:
        load(module)
    assert str(refused.value) == (
        "LastStep: buffer = 'fc.parametrizations.weight.0._u' is not supported; "
        "one that no call changes is; call eval() first"
    )


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
def test_floats_of_any_width_keep_their_values(kind):
    module = LastStep().to(getattr(torch, kind))
    network = load(module)
    np.testing.assert_array_equal(
        network.layers[1].weights["y"]["x"], module.fc.weight.detach().double()
    )


@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.compile])
def test_a_wrapped_module_is_the_module(wrap):
    module = LastStep()
    plain, wrapped = load(module), load(wrap(module))
    np.testing.assert_array_equal(
        plain.layers[0].weights["f"]["h"], wrapped.layers[0].weights["f"]["h"]
    )


def changed(change):
    module = LastStep()
    change(module)
    return module


def lazy(module):
    module.fc = nn.LazyLinear(OUTPUTS)


def weight(make):
    def change(module):
        module.fc.weight = nn.Parameter(make(module.fc.weight.detach()), requires_grad=False)

    return change


def not_a_number(module):
    with torch.no_grad():
        module.lstm.weight_hh_l0[2, 1] = float("nan")


def quantized(tensor):
    return torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8)


REFUSED = {
    "meta": (
        lambda module: module.to("meta"),
        "device of 'lstm.weight_ih_l0' = 'meta' is not supported; load its numbers first",
    ),
    "lazy": (
        lazy,
        "tensor 'fc.weight' = 'uninitialized' is not supported; "
        "run the forward once, so that a lazy layer knows its size",
    ),
    "sparse": (
        weight(lambda tensor: tensor.to_sparse()),
        "layout of 'fc.weight' = 'torch.sparse_coo' is not supported; to_dense() is",
    ),
    "complex": (
        weight(lambda tensor: tensor.to(torch.complex64)),
        "type of 'fc.weight' = 'torch.complex64' is not supported; floats are",
    ),
    "quantized": (
        weight(quantized),
        "type of 'fc.weight' = 'torch.qint8' is not supported; floats are",
    ),
    "not a number": (not_a_number, "lstm.weight_hh_l0[2, 1] = nan is not supported"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_tensors_without_real_numbers_are_refused_by_name(case):
    change, message = REFUSED[case]
    with pytest.raises(UnsupportedModel) as refused:
        load(changed(change))
    assert str(refused.value) == f"parameters: {message}"
