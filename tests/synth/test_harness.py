"""The measuring harness as text: what it refuses, and names that need escaping."""

import re

import pytest

from hwlstm.synth.harness import harness


def test_every_port_is_connected_and_any_name_is_escaped():
    ports = {
        "clk": ("input", 1),
        "i_x.payload": ("input", 8),
        "ready": ("input", 1),
        "o": ("output", 3),
    }
    text = harness("top", ports, "clk")
    assert ".\\clk (clk)" in text
    assert ".\\i_x.payload (feed[7:0])" in text
    assert ".\\ready (feed[8:8])" in text
    assert ".\\o (out[2:0])" in text


@pytest.mark.parametrize(
    ("ports", "message"),
    [
        (
            {"clk": ("input", 2), "o": ("output", 1)},
            "Clock must be an input of top of one bit, not 'clk'",
        ),
        (
            {"clk": ("input", 1), "pad": ("inout", 1)},
            "Port pad of top must be an input or an output, not 'inout'",
        ),
        ({"clk": ("input", 1)}, "Module top must have an output to be measured, not ['clk']"),
    ],
)
def test_ports_that_cannot_be_measured_are_refused(ports, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        harness("top", ports, "clk")
