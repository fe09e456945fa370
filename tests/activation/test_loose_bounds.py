"""Bounds far wider than the function needs: met at once, and never refused."""

import pytest

from hwlstm.activation import Activation

WIDE = [30.0, 1024.0, 1e5, 1e9, 1e18, 1e300]


@pytest.mark.parametrize("bound", WIDE)
@pytest.mark.parametrize(
    "asked", [("sigmoid", "Q4.12", "Q1.15"), ("softsign", "Q4.9", "Q5.12")], ids=["word", "wide"]
)
def test_a_wide_bound_costs_no_more_than_a_close_one(asked, bound):
    close, loose = Activation(*asked, 4.0).unit, Activation(*asked, bound).unit
    assert (loose.words, loose.word_bits) <= (close.words, close.word_bits)


@pytest.mark.parametrize("family", ["linear", "quadratic", "direct", "shared", "plan"])
@pytest.mark.parametrize("symmetric", [None, False])
def test_every_family_that_meets_a_close_bound_meets_a_wide_one(family, symmetric):
    unit = Activation("sigmoid", "Q4.6", "Q1.10", 1e6, family=family, symmetric=symmetric)
    assert unit.certificate.max_ulp < 30
