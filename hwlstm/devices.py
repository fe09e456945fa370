"""The devices that a plan can be made for and that synthesis knows.

Sources, by family:

ecp5
    Lattice FPGA-DS-02012, table 1.1 (multipliers, sysMEM blocks); LUTs and registers of 25F, 45F
    and 85F as nextpnr-ecp5 counts them. The 12F is a 25F die sold as 12 K LUTs and 32 blocks;
    nextpnr lets it be overfilled, the numbers here do not. Clock limits at speed 6: of a block
    RAM by the shortest pulses in Project Trellis' timing data (2359 ps; 3235 ps if it reads before
    it writes). There is none for a multiplier with registers on both sides: 175 MHz is cautious,
    since from the input registers to the output pins it takes 3.86 ns there.
ice40
    Lattice FPGA-DS-02008, table 2.1.
xc7
    AMD DS180, table "Artix-7 FPGA Feature Summary". A block RAM is one RAMB18E1 here, since that is
    what synthesis packs; a RAMB36E1 is two.
gowin
    Gowin DS102, table 1-1. The registers are fewer than the LUTs.
"""

from dataclasses import dataclass

__all__ = ["DEVICES", "MULTIPLIER_BITS", "Device", "device"]

MULTIPLIER_BITS = (18, 18)
"""Factors of a multiplier block where no device is named: signed, as most devices have them."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """One FPGA: what it holds, and what place and route must be told of it.

    Parameters
    ----------
    name : str
        Key of :data:`DEVICES`.
    family : str
        ``ecp5``, ``ice40``, ``xc7`` or ``gowin``; decides how it is synthesised.
    luts, lut_inputs, ffs : int
        Look-up tables, inputs of each, registers.
    multipliers : int
    multiplier_bits : (int, int)
        Widest signed operands of one multiplier.
    block_rams, block_ram_bits : int
        Memories of the smallest kind that is placed on its own, and bits of each with parity.
    block_ram_shapes : tuple of (depth, width)
        Simple dual port: one port writes, one reads. The widest first.
    spram_bits : int
        Bits of single-port memory beside the block RAM.
    die, package, speed : str
        As the place and route tool names them; empty where there is none.
    pins : tuple of (port, pin)
        For a measurement: the clock on a clock pin, others where the tool insists.
    target_mhz : float or None
        Clock to ask of place and route unless told otherwise; None: no open tool for this family.
    block_ram_mhz, block_ram_read_first_mhz, multiplier_mhz : float or None
        Clock limits that place and route does not know: of a block RAM, of one with a port that
        reads before it writes, of a multiplier between its own registers.
    """

    name: str
    family: str
    luts: int
    lut_inputs: int
    ffs: int
    multipliers: int
    multiplier_bits: tuple[int, int]
    block_rams: int
    block_ram_bits: int
    block_ram_shapes: tuple[tuple[int, int], ...]
    spram_bits: int = 0
    die: str = ""
    package: str = ""
    speed: str = ""
    pins: tuple[tuple[str, str], ...] = ()
    target_mhz: float | None = None
    block_ram_mhz: float | None = None
    block_ram_read_first_mhz: float | None = None
    multiplier_mhz: float | None = None

    @property
    def routable(self) -> bool:
        """True if an open place and route tool exists for the family."""
        return self.target_mhz is not None


_SHAPES_18K = ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1))
_SHAPES_4K = ((256, 16), (512, 8), (1024, 4), (2048, 2))


def _ecp5(name: str, die: str, luts: int, multipliers: int, block_rams: int) -> Device:
    return Device(
        name=name,
        family="ecp5",
        luts=luts,
        lut_inputs=4,
        ffs=luts,
        multipliers=multipliers,
        multiplier_bits=(18, 18),
        block_rams=block_rams,
        block_ram_bits=18432,
        block_ram_shapes=_SHAPES_18K,
        die=die,
        package="CABGA381",
        speed="6",
        pins=(("clk", "G2"),),
        target_mhz=150.0,
        block_ram_mhz=212.0,
        block_ram_read_first_mhz=155.0,
        multiplier_mhz=175.0,
    )


def _artix7(name: str, luts: int, multipliers: int, block_rams: int) -> Device:
    return Device(
        name=name,
        family="xc7",
        luts=luts,
        lut_inputs=6,
        ffs=2 * luts,
        multipliers=multipliers,
        multiplier_bits=(25, 18),
        block_rams=block_rams,
        block_ram_bits=18432,
        block_ram_shapes=_SHAPES_18K,
    )


_UP5K = Device(
    name="ice40up5k",
    family="ice40",
    luts=5280,
    lut_inputs=4,
    ffs=5280,
    multipliers=8,
    multiplier_bits=(16, 16),
    block_rams=30,
    block_ram_bits=4096,
    block_ram_shapes=_SHAPES_4K,
    spram_bits=4 * 256 * 1024,
    die="up5k",
    package="sg48",
    pins=(("clk", "35"),),
    target_mhz=48.0,
)

_GW2A_18 = Device(
    name="gw2a-18",
    family="gowin",
    luts=20736,
    lut_inputs=4,
    ffs=15552,
    multipliers=48,
    multiplier_bits=(18, 18),
    block_rams=46,
    block_ram_bits=18432,
    block_ram_shapes=_SHAPES_18K,
    die="GW2A-18C",
    package="GW2A-LV18PG256C8/I7",
    pins=(("clk", "H11"), ("i", "T10"), ("o", "L14")),
    target_mhz=100.0,
)

DEVICES = {
    each.name: each
    for each in (
        _ecp5("ecp5-12f", "12k", 12000, 28, 32),
        _ecp5("ecp5-25f", "25k", 24288, 28, 56),
        _ecp5("ecp5-45f", "45k", 43848, 72, 108),
        _ecp5("ecp5-85f", "85k", 83640, 156, 208),
        _UP5K,
        _artix7("xc7a35t", 20800, 90, 100),
        _artix7("xc7a100t", 63400, 240, 270),
        _GW2A_18,
    )
}

_ALIASES = {
    "lfe5u-12f": "ecp5-12f",
    "lfe5u-25f": "ecp5-25f",
    "lfe5u-45f": "ecp5-45f",
    "lfe5u-85f": "ecp5-85f",
    "up5k": "ice40up5k",
    "ice40-up5k": "ice40up5k",
    "artix7-35t": "xc7a35t",
    "artix7-100t": "xc7a100t",
    "gw2a18": "gw2a-18",
    "gw2a-lv18": "gw2a-18",
}


def device(name: str | Device) -> Device:
    """The device of that name or alias, in any case; a Device passes through.

    Raises
    ------
    ValueError
        Not known; the message lists what is.
    """
    if isinstance(name, Device):
        return name
    key = str(name).strip().lower()
    key = _ALIASES.get(key, key)
    if key not in DEVICES:
        raise ValueError(f"Device must be one of {', '.join(DEVICES)}, not {name!r}")
    return DEVICES[key]
