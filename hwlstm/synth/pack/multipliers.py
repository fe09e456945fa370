"""Registers before and behind a multiplier into MULT18X18D.

Registers may be moved across a multiplier: the product of two delayed numbers is the delayed
product, at power-up too, since both are 0; only constant 1 bits in both operands forbid it. So one
row is taken where it stands; of two rows one is put before the multiplier and one behind it,
wherever they stand; the third is the one inside.

nextpnr 0.11.1 knows four cases: no registers, both inputs, the output, all. The register inside,
or one on a single input, does not change what it computes with; so the inputs are taken together.
"""

from .graph import Cell, Graph
from .rows import take_after, take_before

__all__ = ["absorb"]

_OPERANDS = [f"{operand}{k}" for operand in "AB" for k in range(18)]
_PRODUCT = [f"P{k}" for k in range(36)]

# Which registers to switch on: for rows before, or else behind, the multiplier; for 2; for 3.
_INPUTS = ("INPUTA", "INPUTB")
_OUTPUT = ("OUTPUT",)
_REGISTERS = (*_INPUTS, *_OUTPUT, "PIPELINE")


def absorb(graph: Graph) -> None:
    """Put up to three rows of registers into each multiplier."""
    for cell in graph.of("MULT18X18D"):
        if _bare(cell):
            _absorb(graph, cell)


def _absorb(graph: Graph, cell: Cell) -> None:
    before = behind = 0
    clock = None
    # Rows behind the multiplier are surely saved; rows before it may have other readers.
    fixed = _fixed(cell)
    for first in (True, False, False, True, False, True):
        if before + behind == 3:
            break
        if first and fixed:
            continue
        take, ports = (take_before, _OPERANDS) if first else (take_after, _PRODUCT)
        if row := take(graph, cell, ports, clock):
            clock = row.clock
            before, behind = before + first, behind + (not first)
    if clock is not None:
        graph.connect(cell, "CLK0", clock)
        graph.connect(cell, "CE0", "1")
        graph.connect(cell, "RST0", "0")
        cell.set(GSR="DISABLED", RESETMODE="SYNC")
        for each in _switched_on(before, behind):
            cell.set(**{f"REG_{each}_CLK": "CLK0", f"REG_{each}_CE": "CE0"})
            cell.set(**{f"REG_{each}_RST": "RST0"})


def _switched_on(before: int, behind: int) -> tuple[str, ...]:
    match before + behind:
        case 1:
            return _INPUTS if before else _OUTPUT
        case 2:
            return (*_INPUTS, *_OUTPUT)
        case _:
            return _REGISTERS


def _fixed(cell: Cell) -> bool:
    """True if both operands have constant 1 bits: registers before them would hide these, and the
    product would be 0 at power-up."""
    return all(any(cell.pin(f"{operand}{k}") == "1" for k in range(18)) for operand in "AB")


def _bare(cell: Cell) -> bool:
    """True for a multiplier as yosys makes it: no registers, no cascade, signs fixed."""
    registers = all(cell[f"REG_{each}_CLK"] in ("", "NONE") for each in _REGISTERS)
    outputs = {port for port in cell.connections if cell.is_output(port)}
    signs = (cell.pin("SIGNEDA"), cell.pin("SIGNEDB"))
    sources = (cell.pin("SOURCEA"), cell.pin("SOURCEB"))
    fixed = all(isinstance(sign, str) for sign in signs) and sources == ("0", "0")
    return registers and fixed and outputs <= set(_PRODUCT)
