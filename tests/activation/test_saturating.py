"""Inputs wider than what the function makes use of."""

import numpy as np
import pytest

from hwlstm.activation import FUNCTIONS, Activation, Saturating, inner
from hwlstm.activation.cost import cost
from hwlstm.activation.saturating import inner_demand
from hwlstm.activation.search import Request
from hwlstm.fixed import Format


@pytest.mark.parametrize("source", ["Q9.7", "Q12.4", "Q16.0", "Q18.-2", "UQ12.4", "Q9.11"])
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_wide_inputs_cost_as_much_as_the_part_that_is_not_flat(name, source):
    wide = Activation(name, source, "Q1.15")
    assert isinstance(wide.unit, Saturating)
    own = inner(wide.unit)
    assert own.in_format.width <= wide.in_format.width - 2
    assert own.in_format.frac == wide.in_format.frac
    narrow = Activation(name, own.in_format, "Q1.15")
    assert cost(wide.unit).hard <= cost(narrow.unit).hard
    assert wide.latency <= narrow.latency
    assert wide.certificate.max_ulp <= 1
    assert wide.certificate.monotone
    assert wide.certificate.symmetric == narrow.certificate.symmetric


def test_the_part_that_is_kept_ends_where_one_output_serves_all_codes_beyond():
    asked = Request(
        FUNCTIONS["tanh"],
        Format.parse("Q9.7"),
        Format.parse("Q1.15"),
        1.0,
        None,
        None,
        frozenset(),
        None,
    )
    found = inner_demand(asked.demand())
    assert str(found.in_format) == "Q4.7"
    unit = Activation("tanh", "Q9.7", "Q1.15")
    assert set(unit.codes[unit.target.inputs >= 8 - 2**-7]) == {32767}
    assert set(unit.codes[unit.target.inputs <= -8]) == {-32767}


def test_functions_that_never_become_flat_keep_their_input():
    for name, source, to in (("softsign", "Q9.3", "Q1.11"), ("elu", "Q6.6", "Q6.6")):
        assert not isinstance(Activation(name, source, to).unit, Saturating)


def test_one_side_that_is_not_flat_decides():
    """elu is flat below only, until its output saturates above."""
    unit = Activation("elu", "Q10.4", "Q3.9")
    assert isinstance(unit.unit, Saturating)
    assert unit.certificate.max_ulp <= 1


@pytest.mark.parametrize("source", ["Q8.0", "Q12.-4", "Q4.-2", "UQ6.-3"])
@pytest.mark.parametrize("to", ["Q1.7", "Q2.0", "Q4.-1"])
def test_formats_without_fraction_bits_are_formats(source, to):
    for name in ("tanh", "sigmoid", "relu", "softplus", "hardsigmoid"):
        unit = Activation(name, source, to)
        exact = np.clip(
            np.ldexp(FUNCTIONS[name](unit.target.inputs), Format.parse(to).frac),
            unit.out_format.lo,
            unit.out_format.hi,
        )
        assert np.abs(unit.codes - exact).max() <= 1
