"""Layout: every code has one segment, every segment one address, and zones are where they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwlstm.activation.layout import Layout, Zone


@st.composite
def layouts(draw):
    width, signed = draw(st.integers(3, 11)), draw(st.booleans())
    magnitude = width - signed
    zones = draw(st.integers(1, min(4, magnitude)))
    tops = [*range(magnitude - zones + 1, magnitude + 1)]
    bits = [draw(st.integers(0, tops[0]))]
    bits += [draw(st.integers(0, top - 1)) for top in tops[1:]]
    return Layout(width, signed, tuple(map(Zone, tops, bits)))


@given(layouts())
def test_addresses_are_all_different_and_no_wider_than_needed(layout):
    addresses = layout.addresses()
    assert len(set(addresses.tolist())) == layout.segments == len(addresses)
    above = sum(count for _, count in layout.positive)
    assert len(layout.address) == (above - 1).bit_length() + layout.signed
    assert addresses.min() >= 0 and addresses.max() < 1 << len(layout.address)


@given(layouts())
def test_every_code_lies_in_the_segment_that_starts_at_or_before_it(layout):
    least = -(1 << layout.width - 1) if layout.signed else 0
    codes = np.arange(least, least + (1 << layout.width))
    segment = layout.segment(codes)
    assert segment[0] == 0 and segment[-1] == layout.segments - 1
    assert (layout.starts[segment] <= codes).all()
    lengths = np.bincount(segment)
    for start, length in zip(layout.starts.tolist(), lengths.tolist(), strict=True):
        magnitude = start if start >= 0 else ~start
        zone = next(zone for zone in layout.zones if magnitude < 1 << zone.top)
        assert length == 1 << zone.bits
        assert start % length == 0


@given(layouts())
def test_the_wires_of_the_address_lead_every_code_to_its_own_segment(layout):
    """The address computed bit by bit from x, as the hardware does."""
    least = -(1 << layout.width - 1) if layout.signed else 0
    addresses = layout.addresses().tolist()
    for code in range(least, least + (1 << layout.width), 3):
        bits = [code >> k & 1 for k in range(layout.width)]
        above = [set(bits[zone.top :]) for zone in layout.zones]
        alike = [len(top) < 2 if layout.signed else top <= {0} for top in above]
        zone = alike.index(True)
        address = sum(
            (source[zone].constant if source[zone].bit is None else bits[source[zone].bit]) << place
            for place, source in enumerate(layout.address)
        )
        assert address == addresses[int(layout.segment(np.array([code]))[0])]


def test_the_address_of_16_bit_tanh_costs_three_gates():
    layout = Layout(16, True, (Zone(13, 6), Zone(14, 7), Zone(15, 8)))
    wires = [sources for sources in layout.address if len(set(sources)) == 1]
    assert layout.segments == 512 and len(layout.address) == 9 and len(wires) == 6


@pytest.mark.parametrize("signed", [True, False])
def test_a_uniform_layout_is_the_top_bits(signed):
    layout = Layout.uniform(8, signed, 3)
    assert layout.segments == 32
    assert (np.diff(layout.starts) == 8).all()
