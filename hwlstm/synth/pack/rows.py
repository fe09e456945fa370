"""Rows of registers beside a hard block that has registers of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from .graph import Bit, Cell, Graph

__all__ = ["Row", "take_after", "take_before"]


@dataclass(frozen=True)
class Row:
    """Registers of one clock."""

    clock: Bit
    registers: tuple[Cell, ...]


def take_before(graph: Graph, block: Cell, ports: Sequence[str], clock: Bit | None) -> Row | None:
    """Join the inputs `ports` of a block to what the registers before them read.

    None, and nothing changes, unless every bit that is not constant comes from a register that
    the block can stand for. The registers themselves stay: others may read them.

    Parameters
    ----------
    clock : Bit or None
        The clock that they must have; None: any.
    """
    nets = [port for port in ports if isinstance(block.pin(port), int)]
    row = _row([graph.driver(block.pin(port)) for port in nets], clock)
    if row:
        for port, register in zip(nets, row.registers, strict=True):
            graph.connect(block, port, register.pin("DI"))
    return row


def take_after(graph: Graph, block: Cell, ports: Sequence[str], clock: Bit | None) -> Row | None:
    """Let the outputs `ports` of a block drive what the registers behind them drive.

    None, and nothing changes, unless every bit that is read at all is read by one register only,
    and the block can stand for it. The registers are removed.
    """
    nets = [port for port in ports if graph.readers(block.pin(port))]
    row = _row([_behind(graph, block.pin(port)) for port in nets], clock)
    if row:
        for port, register in zip(nets, row.registers, strict=True):
            graph.remove(register)
            graph.connect(block, port, register.pin("Q"))
    return row


def _behind(graph: Graph, bit: Bit) -> Cell | None:
    reader = graph.reader(bit)
    return reader if reader and graph.readers(bit) == [(reader.name, "DI")] else None


def _row(registers: Sequence[Cell | None], clock: Bit | None) -> Row | None:
    found = tuple(each for each in registers if each and _plain(each))
    clocks = {each.pin("CLK") for each in found}
    if len(found) < len(registers) or len(clocks) != 1 or clock not in (None, *clocks):
        return None
    return Row(clocks.pop(), found)


def _plain(cell: Cell) -> bool:
    """True for a register that only delays: rising edge, no enable, no reset, 0 at power-up."""
    return (
        cell.kind == "TRELLIS_FF"
        and (cell["CEMUX"] == "1" or (cell["CEMUX"], cell.pin("CE")) == ("CE", "1"))
        and (cell["LSRMUX"], cell.pin("LSR")) == ("LSR", "0")
        and (cell["CLKMUX"], cell["REGSET"], cell["GSR"]) == ("CLK", "RESET", "DISABLED")
    )
