"""The device table: known numbers, aliases, refusals."""

import re

import pytest

from hwlstm.devices import DEVICES, device


@pytest.mark.parametrize(
    ("name", "multipliers", "block_rams", "luts"),
    [
        ("ecp5-12f", 28, 32, 12000),
        ("ecp5-25f", 28, 56, 24288),
        ("ecp5-45f", 72, 108, 43848),
        ("ecp5-85f", 156, 208, 83640),
        ("ice40up5k", 8, 30, 5280),
        ("xc7a35t", 90, 100, 20800),
        ("xc7a100t", 240, 270, 63400),
        ("gw2a-18", 48, 46, 20736),
    ],
)
def test_a_device_holds_what_its_data_sheet_says(name, multipliers, block_rams, luts):
    each = DEVICES[name]
    assert (each.multipliers, each.block_rams, each.luts) == (multipliers, block_rams, luts)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("LFE5U-25F", "ecp5-25f"),
        (" ECP5-85F ", "ecp5-85f"),
        ("up5k", "ice40up5k"),
        ("artix7-35t", "xc7a35t"),
        ("GW2A-LV18", "gw2a-18"),
    ],
)
def test_an_alias_in_any_case_names_the_device(alias, name):
    assert device(alias) is DEVICES[name]


def test_a_device_passes_through():
    assert device(DEVICES["xc7a35t"]) is DEVICES["xc7a35t"]


def test_an_unknown_device_is_refused_with_the_list_of_the_known():
    text = (
        "Device must be one of ecp5-12f, ecp5-25f, ecp5-45f, ecp5-85f, ice40up5k, xc7a35t, "
        "xc7a100t, gw2a-18, not 'cyclone'"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        device("cyclone")


@pytest.mark.parametrize("each", DEVICES.values(), ids=DEVICES)
def test_every_shape_of_a_block_ram_uses_its_bits_but_for_parity(each):
    for depth, width in each.block_ram_shapes:
        assert each.block_ram_bits * 8 // 9 <= depth * width <= each.block_ram_bits


@pytest.mark.parametrize("each", DEVICES.values(), ids=DEVICES)
def test_a_routable_device_names_its_die_its_package_and_its_clock_pin(each):
    described = bool(each.die) and bool(each.package) and "clk" in dict(each.pins)
    assert described == each.routable
