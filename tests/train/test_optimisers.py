"""Losses and optimisers against PyTorch's."""

import numpy as np
import pytest

from hwlstm.train import SGD, Adam, clipped, cosine, cross_entropy, squared_error

torch = pytest.importorskip("torch")


def numbers(seed=0):
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(size=(3, 4)), "b": rng.normal(size=5)}


def followed(ours, make_theirs, steps=7):
    """Both after some steps of the same gradients."""
    start = numbers()
    tensors = {k: torch.tensor(v, requires_grad=True) for k, v in start.items()}
    theirs = make_theirs(list(tensors.values()))
    for step in range(steps):
        gradients = numbers(step + 1)
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(gradients[name])
        theirs.step()
        start = ours.step(start, gradients)
    return start, {k: v.detach().numpy() for k, v in tensors.items()}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
        (SGD(0.05, momentum=0.9), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
        (Adam(1e-2), lambda p: torch.optim.Adam(p, 1e-2)),
        (Adam(1e-2, decay=0.1), lambda p: torch.optim.AdamW(p, 1e-2, weight_decay=0.1)),
    ],
    ids=["sgd", "momentum", "adam", "adamw"],
)
def test_an_optimiser_takes_the_steps_of_pytorch(ours, theirs):
    found, expected = followed(ours, theirs)
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-10)


def test_a_number_without_a_gradient_stays():
    start = numbers()
    moved = Adam(0.1).step(start, {"a": np.ones((3, 4))})
    assert moved["b"] is start["b"]
    assert not np.array_equal(moved["a"], start["a"])


@pytest.mark.parametrize("norm", [0.5, 1e9])
def test_gradients_are_clipped_by_their_joint_norm(norm):
    given = numbers()
    tensors = [torch.tensor(v, requires_grad=True) for v in given.values()]
    for tensor, value in zip(tensors, given.values(), strict=True):
        tensor.grad = torch.tensor(value)
    torch.nn.utils.clip_grad_norm_(tensors, norm)
    for value, tensor in zip(clipped(given, norm).values(), tensors, strict=True):
        np.testing.assert_allclose(value, tensor.grad.numpy(), rtol=1e-5)


def test_gradients_of_zero_stay_zero():
    assert not clipped({"a": np.zeros(3)}, 1.0)["a"].any()


@pytest.mark.parametrize("shape", [(6, 4), (6, 3, 4)])
def test_cross_entropy_and_its_gradient_are_those_of_pytorch(shape):
    rng = np.random.default_rng(0)
    output, labels = rng.normal(size=shape), rng.integers(0, 4, shape[:-1])
    value, gradient = cross_entropy(output, labels)
    logits = torch.tensor(output, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 4), torch.tensor(labels).flatten())
    loss.backward()
    assert value == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, logits.grad.numpy(), rtol=1e-10)


def test_squared_error_is_half_the_square_a_sequence():
    output, target = np.array([[[1.0], [2.0]]]), np.array([[[0.5], [1.25]]])
    value, gradient = squared_error(output, target)
    assert value == (0.5**2 + 0.75**2) / 2
    np.testing.assert_array_equal(gradient, [[[0.5], [0.75]]])


def test_a_cosine_rises_and_falls_to_nothing():
    rate = cosine(2.0, warmup=0.25)
    values = [rate(done) for done in np.linspace(0, 1, 41)]
    assert values[10] == 2.0
    assert values[:11] == sorted(values[:11])
    assert values[10:] == sorted(values[10:], reverse=True)
    assert values[-1] == pytest.approx(0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: squared_error(np.zeros((2, 3)), np.zeros((2, 4))),
            r"shape \(2, 3\), not \(2, 4\)",
        ),
        (lambda: cross_entropy(np.zeros((2, 3)), np.zeros(2)), r"integers of shape \(2,\), not fl"),
        (lambda: cross_entropy(np.zeros((2, 3)), np.array([0, 3])), "classes 0 to 2"),
    ],
)
def test_targets_of_another_shape_are_refused(call, message):
    with pytest.raises(ValueError, match=f"^Targets must .*{message}"):
        call()
