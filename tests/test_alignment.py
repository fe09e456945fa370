"""Shifts of columns, by hand."""

import pytest

from hwlstm.alignment import column_shifts


def test_the_source_of_least_products_is_shifted():
    both = {"x": 21, "h": 23}
    assert column_shifts({"i": both, "f": both}) == {"x": 2, "h": 0}


def test_a_gate_may_be_finer_as_a_whole():
    fracs = {"i": {"x": 21, "h": 23}, "f": {"x": 24, "h": 26}, "o": {"x": 20}}
    assert column_shifts(fracs) == {"x": 2, "h": 0}


def test_a_gate_joins_sources_of_gates_before_it():
    fracs = {"a": {"x": 10}, "b": {"h": 12}, "c": {"x": 7, "h": 4}}
    assert column_shifts(fracs) == {"x": 0, "h": 3}


def test_sources_that_nothing_adds_up_are_not_shifted():
    assert column_shifts({"a": {"x": 10}, "b": {"h": 14, "s": 15}}) == {"x": 0, "h": 1, "s": 0}


def test_chains_of_gates_are_aligned_from_end_to_end():
    fracs = {"a": {"x": 1, "h": 2}, "b": {"s": 3, "u": 4}, "c": {"h": 5, "s": 9}, "d": {"u": 0}}
    shifts = column_shifts(fracs)
    totals = [{frac + shifts[s] for s, frac in own.items()} for own in fracs.values()]
    assert all(len(each) == 1 for each in totals)
    assert min(shifts.values()) == 0


def test_gates_that_cannot_both_be_aligned_are_refused():
    fracs = {"i": {"x": 21, "h": 23}, "f": {"x": 21, "h": 22}}
    with pytest.raises(ValueError) as caught:
        column_shifts(fracs)
    assert str(caught.value) == (
        "weights of gate f must be shifted alike against those of the other gates, "
        "not have products of {'x': 21, 'h': 22} fraction bits"
    )
