"""What place and route does not time, so that its clock is not quoted for more than it is.

Measured with nextpnr 0.11.1. Gowin also in YosysHQ/nextpnr pull requests 1345 and 1786, issue 1803.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..devices import Device
from .resources import Netlist, Resources

__all__ = ["Limit", "limit"]

_UP5K_DSP_MHZ = 50.0


@dataclass(frozen=True)
class Limit:
    """How far a routed clock may be believed.

    Parameters
    ----------
    mhz : float or None
        Never quote more than this; None: no such limit.
    trusted : bool
        False if paths of unknown length are not timed: then no clock may be quoted at all.
    caveats : tuple of str
        Sentences for the reader.
    """

    mhz: float | None = None
    trusted: bool = True
    caveats: tuple[str, ...] = ()


def limit(device: Device, used: Resources, netlist: Netlist) -> Limit:
    """The limit for this netlist on `device`."""
    judge = {"ecp5": _ecp5, "ice40": _ice40, "gowin": _gowin}.get(device.family)
    return judge(device, used, netlist) if judge else Limit()


def _ecp5(device: Device, used: Resources, netlist: Netlist) -> Limit:
    alus = len(netlist.parameters("ALU54B"))
    known = [*_ecp5_block_rams(device, netlist), *_ecp5_multipliers(device, used, netlist)]
    caveats = [text for _, text in known]
    if alus:
        caveats.append(f"nextpnr does not time ALU54B: {alus} used.")
    return Limit(min((mhz for mhz, _ in known), default=None), not alus, tuple(caveats))


def _ecp5_block_rams(device: Device, netlist: Netlist) -> Iterator[tuple[float, str]]:
    rams = [*netlist.parameters("DP16KD"), *netlist.parameters("PDPW16KD")]
    kind, mhz = "block RAM", device.block_ram_mhz
    if any(ram.get(f"WRITEMODE_{port}") == "READBEFOREWRITE" for ram in rams for port in "AB"):
        kind, mhz = "block RAM that reads before it writes", device.block_ram_read_first_mhz
    if rams and mhz:
        yield (
            mhz,
            f"nextpnr does not know that a {kind} stops at {mhz:g} MHz (speed {device.speed}); "
            "the clock is clipped to it.",
        )


def _ecp5_multipliers(
    device: Device, used: Resources, netlist: Netlist
) -> Iterator[tuple[float, str]]:
    hidden = sum(map(_enclosed_mult18, netlist.parameters("MULT18X18D")))
    if hidden and (mhz := device.multiplier_mhz):
        yield (
            mhz,
            "nextpnr does not time the inside of multipliers with registers on both sides, "
            f"{hidden} of {used.dsp}; the clock is clipped to a cautious {mhz:g} MHz.",
        )


def _enclosed_mult18(parameters: dict) -> bool:
    stages = ("REG_INPUTA_CLK", "REG_INPUTB_CLK", "REG_OUTPUT_CLK")
    return all(parameters.get(stage, "NONE") != "NONE" for stage in stages)


def _ice40(device: Device, used: Resources, netlist: Netlist) -> Limit:
    macs = netlist.parameters("SB_MAC16")
    if not macs:
        return Limit()
    if open_ := sum(not _registered_mac16(parameters) for parameters in macs):
        text = (
            f"nextpnr does not time SB_MAC16, and {open_} of {used.dsp} do not use all of their "
            f"own registers; the clock is clipped to {_UP5K_DSP_MHZ:g} MHz."
        )
        return Limit(_UP5K_DSP_MHZ, True, (text,))
    text = f"nextpnr does not time SB_MAC16; all {used.dsp} use all of their own registers."
    return Limit(None, True, (text,))


def _registered_mac16(parameters: dict) -> bool:
    """True if no path through the block is longer than one of its own stages."""
    stages = (
        "A_REG",
        "B_REG",
        "TOP_8x8_MULT_REG",
        "BOT_8x8_MULT_REG",
        "PIPELINE_16x16_MULT_REG1",
    )
    if any(_bits(parameters, stage) != 1 for stage in stages):
        return False
    output = _bits(parameters, "TOPOUTPUT_SELECT")
    accumulator, product = 1, 3
    second = _bits(parameters, "PIPELINE_16x16_MULT_REG2")
    return output == accumulator or (output == product and second == 1)


def _bits(parameters: dict, name: str) -> int:
    return int(parameters.get(name, "0"), 2)


def _gowin(device: Device, used: Resources, netlist: Netlist) -> Limit:
    caveats = [
        "nextpnr's clocks for Gowin are optimistic, by about a fifth against the vendor; that "
        "paths to block RAMs are too short is a known false report (nextpnr issue 1803)."
    ]
    blind = []
    if used.dsp:
        blind.append("multipliers")
    if netlist.parameters("DPB") or netlist.parameters("DPX9B"):
        blind.append("port B of dual-port block RAMs")
    if blind:
        caveats.append(
            f"nextpnr does not time {' and '.join(blind)} of Gowin: the routed clock is an upper "
            "bound, and no clock is quoted."
        )
    return Limit(None, not blind, tuple(caveats))
