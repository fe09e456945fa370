"""What is demanded of a unit: direction, mirror, admissible outputs, clipping."""

import numpy as np
import pytest

from hwlstm.activation import function
from hwlstm.activation.search import Request
from hwlstm.activation.target import Target
from hwlstm.fixed import Format


def target(what, source="Q4.4", to="Q1.7", **given):
    return Target(function(what, **given), Format.parse(source), Format.parse(to))


def asked(what, source="Q4.4", to="Q1.7", bound=1.0, monotone=None, symmetric=None):
    formats = Format.parse(source), Format.parse(to)
    return Request(
        function(what), *formats, bound, monotone, symmetric, frozenset(["bram", "dsp"]), None
    ).demand()


@pytest.mark.parametrize(
    ("what", "direction"),
    [
        ("sigmoid", 1),
        (lambda x: -np.tanh(x), -1),
        (lambda x: np.cos(x), 0),
        (lambda x: np.full_like(x, 0.25), 1),
        (lambda x: x + 0.1 * (x > 0.2) - 0.2 * (x > 0.4), 0),
        (lambda x: x * x, 0),
    ],
    ids=["rises", "falls", "waves", "constant", "falls once", "even"],
)
def test_direction_is_that_of_every_step(what, direction):
    assert target(what).direction == direction


def test_a_function_that_is_even_rises_where_inputs_have_no_sign():
    assert target(lambda x: x * x, "UQ2.4").direction == 1


@pytest.mark.parametrize(
    ("what", "source", "mirror"),
    [
        ("tanh", "Q4.4", 0),
        ("sigmoid", "Q4.4", 128),
        ("tanh", "UQ4.4", None),
        ("elu", "Q4.4", None),
        (lambda x: 0.25 + np.tanh(x), "Q4.4", 64),
        (lambda x: 2.0**-8 + np.tanh(x), "Q4.4", None),
        (lambda x: np.cos(x), "Q4.4", None),
    ],
    ids=["odd", "half", "unsigned", "bent", "raised", "raised by half an ulp", "even"],
)
def test_mirror_is_the_even_sum_of_an_output_and_its_image(what, source, mirror):
    assert target(what, source).mirror == mirror


def test_values_are_clipped_to_the_output_and_counted_so():
    clipped = target("identity", "Q4.4", "Q1.7")
    inside = (clipped.inputs >= -1) & (clipped.inputs <= 127 / 128)
    np.testing.assert_array_equal(clipped.values[inside], clipped.unclipped[inside])
    assert clipped.values[0] == -128 and clipped.values[-1] == 127
    lo, hi = clipped.admissible(5.0)
    assert lo.min() == -128 and hi.max() == 127


@pytest.mark.parametrize("bound", [0.5, 0.75, 1.0, 3.2])
def test_admissible_outputs_are_the_integers_within_the_bound(bound):
    tanh = target("tanh", "Q3.4", "Q1.7")
    lo, hi = tanh.admissible(bound)
    for value, least, most in zip(tanh.values, lo, hi, strict=True):
        within = [y for y in range(-128, 128) if abs(y - value) <= bound]
        assert within == list(range(least, most + 1))


@pytest.mark.parametrize("what", ["tanh", "sigmoid"])
def test_with_a_mirror_an_output_is_admissible_exactly_if_its_image_is(what):
    demand = asked(what, "Q4.4", "Q1.7", 1.0)
    whole, loose = demand.whole, asked(what, "Q4.4", "Q1.7", 1.0, symmetric=False).whole
    for code in range(-127, 128):
        here, there = 128 + code, 128 - code
        kept = set(range(whole.lo[here], whole.hi[here] + 1))
        own = set(range(loose.lo[here], loose.hi[here] + 1))
        image = {demand.mirror - y for y in range(loose.lo[there], loose.hi[there] + 1)}
        assert kept == (own & image if code else {demand.mirror // 2})


@pytest.mark.parametrize(("monotone", "direction"), [(None, 1), (True, 1), (False, 0)])
def test_direction_is_demanded_unless_it_is_declined(monotone, direction):
    assert asked("tanh", monotone=monotone).direction == direction
