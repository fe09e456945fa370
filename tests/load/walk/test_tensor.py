"""A tensor of open size is, at every size, the array that NumPy makes."""

from math import prod

import numpy as np
import pytest

from hwlstm.load.walk.part import Run
from hwlstm.load.walk.polynomial import Polynomial, Variable
from hwlstm.load.walk.refused import Refused
from hwlstm.load.walk.tensor import Tensor
from hwlstm.load.walk.together import concatenated

T, B = Variable("t"), Variable("b")
SIZES = [(1, 1), (1, 4), (2, 3), (3, 3), (9, 2), (17, 5)]
BOUNDS = (-(2**63), -8, -2, -1, 0, 1, 2, 8, 100, 2**31 - 1, 2**63 - 1)


def number(size: Polynomial, sizes: dict) -> int:
    return size.put({v: Polynomial.of(n) for v, n in sizes.items()}).number


def at(tensor: Tensor, sizes: dict) -> np.ndarray:
    """The array at these sizes."""
    lengths = [number(part.length, sizes) for part in tensor.parts]
    values = dict(sizes)
    for k, part in enumerate(tensor.parts):
        if isinstance(part, Run):
            along = np.ones(len(lengths), int)
            along[k] = lengths[k]
            values[part.variable] = np.arange(lengths[k]).reshape(along)
    terms = tensor.entries.terms.items()
    total = sum((a * prod([values[v] for v in key]) for key, a in terms), np.zeros(lengths, int))
    return total.reshape([number(size, sizes) for size in tensor.shape])


def step(rng, x: Tensor):
    """A random operator: the tensor that it gives, and what NumPy does in its place."""
    rank, kind = len(x.axes), rng.integers(6)
    axis = int(rng.integers(rank))
    if kind == 0:
        order = rng.permutation(rank).tolist()
        return x.transposed(order), lambda a, n: a.transpose(order)
    if kind == 1:
        start, stop = (int(rng.choice(BOUNDS)) for _ in range(2))
        by = int(rng.choice([1, 1, -1, 2]))
        cut = (slice(None),) * axis + (slice(start, stop, by),)
        made = x.sliced(axis, Polynomial.of(start), Polynomial.of(stop), by)
        return made, lambda a, n: a[cut]
    if kind == 2:
        indices = rng.choice([[0], [-1], [0, -1], [-2], [2, 0]])
        return x.taken(axis, Polynomial.of(indices)), lambda a, n: a.take(indices, axis)
    if kind == 3:
        x2 = x.taken(axis, x.shape[axis] - 1)
        return x2, lambda a, n: a.take(a.shape[axis] - 1, axis)
    if kind == 4:
        shape = list(x.shape)
        if rank > 1 and axis + 1 < rank:
            shape[axis : axis + 2] = [shape[axis] * shape[axis + 1]]
        else:
            shape = [Polynomial.of(B), Polynomial.of(T), -1][: len(shape)]
            shape = shape if -1 not in shape else list(x.shape)
        return x.reshaped(shape), lambda a, n: a.reshape([number(s, n) for s in shape])
    return concatenated([x, x], axis), lambda a, n: np.concatenate([a, a], axis)


@pytest.mark.parametrize("seed", range(40))
def test_random_operators_give_the_arrays_of_numpy(seed):
    rng = np.random.default_rng(seed)
    shape = [Polynomial.of(s) for s in rng.permutation(np.array([T, B, 6], object))]
    x = Tensor.numbered(shape)
    sizes = [{T: t, B: b} for t, b in SIZES]
    arrays = [at(x, each) for each in sizes]
    for each, array in zip(sizes, arrays, strict=True):
        np.testing.assert_array_equal(array.ravel(), np.arange(6 * each[T] * each[B]))
    done = 0
    for _ in range(30):
        if not x.axes:
            break
        try:
            made, numpy = step(rng, x)
        except (Refused, ValueError):  # depends on a size, or outside for every size
            continue
        x, done = made, done + 1
        arrays = [numpy(a, n) for a, n in zip(arrays, sizes, strict=True)]
        for each, array in zip(sizes, arrays, strict=True):
            np.testing.assert_array_equal(at(x, each), array)
        if x.size.number == 0 or done > 6:
            break
    assert done


def test_a_run_is_not_cut_by_another_size():
    t, b = Polynomial.of(T), Polynomial.of(B)
    x = Tensor.numbered((t, b)).transposed([1, 0]).reshaped([t * b])
    assert x.reshaped([b, t]).shape == (b, t)
    with pytest.raises(Refused, match=r"^shape = 't cut into b, which depends on the size"):
        x.reshaped([t, b])
