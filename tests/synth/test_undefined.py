"""A multiplier block that adds what nobody drives is found, and no other."""

import json

import pytest

from hwlstm.synth.undefined import undefined_sums


def block(c, d, *, top=("1", "00"), bottom=("1", "00")):
    reads = {"TOPADDSUB_UPPERINPUT": top[0], "BOTADDSUB_UPPERINPUT": bottom[0]}
    gives = {"TOPOUTPUT_SELECT": top[1], "BOTOUTPUT_SELECT": bottom[1]}
    connections = {"C": c, "D": d}
    return {"type": "SB_MAC16", "parameters": reads | gives, "connections": connections}


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        (block(["0", 5], ["0", 6]), False),
        (block(["x", "x"], ["0", 6]), True),
        (block(["0", 5], [6, "x"]), True),
        (block(["x", 5], ["x", 6], top=("0", "00"), bottom=("0", "01")), False),
        (block(["x", 5], ["x", 6], top=("1", "11"), bottom=("1", "10")), False),
        (block(["x", 5], [7, 6], top=("1", "01")), True),
        ({"type": "SB_LUT4", "parameters": {}, "connections": {"I0": ["x"]}}, False),
    ],
)
def test_an_undriven_operand_of_a_sum_is_found(cell, wrong, tmp_path):
    path = tmp_path / "core.json"
    path.write_text(json.dumps({"modules": {"top": {"cells": {"one": cell}}}}))
    assert undefined_sums(path, "top") == ["one"] * wrong
