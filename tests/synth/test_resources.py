"""Counting cells of a netlist, and what a device has no room for."""

from hwlstm.devices import DEVICES
from hwlstm.synth.resources import LATCHES, Netlist, counted, excess


def netlist(**cells):
    return Netlist({}, tuple((kind, {}) for kind, number in cells.items() for _ in range(number)))


def test_a_36_kbit_memory_of_xc7_is_two():
    assert counted(netlist(RAMB36E1=3, RAMB18E1=1), "xc7").block_ram == 7


def test_two_small_multipliers_of_gowin_are_one():
    assert counted(netlist(MULT9X9=3), "gowin").dsp == 2
    assert counted(netlist(MULT9X9=2, MULT36X36=1), "gowin").dsp == 5


def test_carry_chains_and_distributed_memories_take_lut_sites():
    used = counted(netlist(LUT4=10, CCU2C=3, TRELLIS_DPR16X4=2), "ecp5")
    assert (used.lut, used.carry, used.lutram, used.lut_sites) == (10, 3, 2, 10 + 2 * 3 + 6 * 2)


def test_every_kind_of_block_memory_of_gowin_counts():
    used = counted(
        netlist(SDPB=1, SDPX9B=1, DPB=1, DPX9B=1, SP=1, SPX9=1, pROM=1, pROMX9=1), "gowin"
    )
    assert used.block_ram == 8


def test_every_register_of_ice40_counts():
    assert counted(netlist(SB_DFF=1, SB_DFFE=1, SB_DFFSR=1, SB_DFFNESS=1), "ice40").ff == 4


def test_a_full_device_fits_and_one_more_of_anything_does_not():
    device = DEVICES["ice40up5k"]
    cells = {"SB_LUT4": 5280, "SB_DFF": 5280, "SB_MAC16": 8, "SB_RAM40_4K": 30, "SB_SPRAM256KA": 4}
    assert excess(counted(netlist(**cells), "ice40"), device) == ()
    more = {kind: number + 1 for kind, number in cells.items()}
    assert excess(counted(netlist(**more), "ice40"), device) == (
        "5281 LUTs, ice40up5k has 5280",
        "5281 registers, ice40up5k has 5280",
        "9 multipliers, ice40up5k has 8",
        "31 block RAMs, ice40up5k has 30",
        "5 single-port RAMs, ice40up5k has 4",
    )


def test_latches_are_told_from_delay_lines():
    latches = ("LDCE", "LDPE", "DL", "DLN", "DLCE", "DLNPE", "$_DLATCH_P_", "$dlatch", "$adlatch")
    assert all(LATCHES.fullmatch(kind) for kind in latches)
    others = ("DLLDELD", "DLLDLY", "DFF", "LUT4", "FDCE")
    assert not any(LATCHES.fullmatch(kind) for kind in others)
