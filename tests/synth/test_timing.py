"""How far a routed clock may be believed, for each family."""

from hwlstm.devices import DEVICES
from hwlstm.synth.resources import Netlist, counted
from hwlstm.synth.timing import Limit, limit


def judged(name, *cells):
    device = DEVICES[name]
    netlist = Netlist({}, cells)
    return limit(device, counted(netlist, device.family), netlist)


def mac16(**changes):
    on = ("A_REG", "B_REG", "TOP_8x8_MULT_REG", "BOT_8x8_MULT_REG", "PIPELINE_16x16_MULT_REG1")
    base = dict.fromkeys(on, "1") | {"PIPELINE_16x16_MULT_REG2": "0", "TOPOUTPUT_SELECT": "01"}
    return ("SB_MAC16", base | changes)


def test_logic_alone_has_no_limit():
    assert judged("ecp5-25f", ("LUT4", {})) == Limit()
    assert judged("ice40up5k", ("SB_LUT4", {})) == Limit()


def test_an_ecp5_block_ram_clips_the_clock():
    assert judged("ecp5-25f", ("DP16KD", {"WRITEMODE_A": "NORMAL"})).mhz == 212.0
    first = ("DP16KD", {"WRITEMODE_A": "NORMAL", "WRITEMODE_B": "READBEFOREWRITE"})
    known = judged("ecp5-25f", ("DP16KD", {}), first)
    assert known.mhz == 155.0
    assert known.caveats == (
        "nextpnr does not know that a block RAM that reads before it writes stops at 155 MHz "
        "(speed 6); the clock is clipped to it.",
    )


def test_an_ecp5_multiplier_with_registers_on_both_sides_hides_its_inside():
    on = {"REG_INPUTA_CLK": "CLK0", "REG_INPUTB_CLK": "CLK0", "REG_OUTPUT_CLK": "CLK0"}
    hidden = judged("ecp5-25f", ("MULT18X18D", on), ("MULT18X18D", {}), ("DP16KD", {}))
    assert hidden.mhz == 175.0
    assert hidden.caveats[-1] == (
        "nextpnr does not time the inside of multipliers with registers on both sides, 1 of 2; "
        "the clock is clipped to a cautious 175 MHz."
    )
    assert judged("ecp5-25f", ("MULT18X18D", on | {"REG_OUTPUT_CLK": "NONE"})) == Limit()


def test_an_ecp5_alu_is_not_trusted():
    known = judged("ecp5-25f", ("ALU54B", {}), ("ALU54B", {}))
    assert known == Limit(None, False, ("nextpnr does not time ALU54B: 2 used.",))


def test_an_ice40_multiplier_is_limited_unless_every_stage_is_registered():
    assert judged("ice40up5k", mac16()).mhz is None
    for stage in ("A_REG", "B_REG", "TOP_8x8_MULT_REG", "PIPELINE_16x16_MULT_REG1"):
        assert judged("ice40up5k", mac16(**{stage: "0"})).mhz == 50.0
    assert judged("ice40up5k", mac16(TOPOUTPUT_SELECT="00")).mhz == 50.0
    assert judged("ice40up5k", mac16(TOPOUTPUT_SELECT="11")).mhz == 50.0
    second = mac16(TOPOUTPUT_SELECT="11", PIPELINE_16x16_MULT_REG2="1")
    assert judged("ice40up5k", second).mhz is None


def test_gowin_is_trusted_only_without_multipliers_and_second_ports():
    assert judged("gw2a-18", ("SPX9", {})).trusted
    assert not judged("gw2a-18", ("MULT18X18", {})).trusted
    known = judged("gw2a-18", ("MULT9X9", {}), ("DPX9B", {}))
    assert not known.trusted
    assert known.caveats[-1] == (
        "nextpnr does not time multipliers and port B of dual-port block RAMs of Gowin: the routed "
        "clock is an upper bound, and no clock is quoted."
    )
