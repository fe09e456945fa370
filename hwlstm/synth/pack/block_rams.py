"""The register behind the read port of a block RAM into DP16KD."""

from .graph import Cell, Graph
from .rows import take_after

__all__ = ["absorb"]


def absorb(graph: Graph) -> None:
    """Switch on the output register of each read port that is always enabled and never reset."""
    for cell in graph.of("DP16KD"):
        for port in "AB":
            _never_read_first(cell, port)
        for outputs, port in _read_ports(cell):
            _absorb(graph, cell, outputs, port)


def _read_ports(cell: Cell) -> tuple[tuple[str, str], ...]:
    """Groups of outputs, and the port whose clock and enables they have."""
    widths = (int(cell["DATA_WIDTH_A"], 2), int(cell["DATA_WIDTH_B"], 2))
    # 36 bits wide it has one port to write, A, and one to read: both groups, with the clock of B.
    return (("AB", "B"),) if 36 in widths else (("A", "A"), ("B", "B"))


def _absorb(graph: Graph, cell: Cell, outputs: str, port: str) -> None:
    free = all(cell[f"REGMODE_{each}"] == "NOREG" for each in outputs)
    enables = (cell.pin(f"CE{port}"), cell.pin(f"RST{port}"), cell[f"CLK{port}MUX"])
    if not free or enables != ("1", "0", f"CLK{port}"):
        return
    pins = [f"DO{each}{k}" for each in outputs for k in range(18)]
    if take_after(graph, cell, pins, cell.pin(f"CLK{port}")):
        for each in outputs:
            cell.set(**{f"REGMODE_{each}": "OUTREG"})
            graph.connect(cell, f"OCE{each}", "1")


def _never_read_first(cell: Cell, port: str) -> None:
    """A port that never writes need not read before it does: that alone would limit the clock."""
    if cell.pin(f"WE{port}") == "0" and cell[f"WRITEMODE_{port}"] == "READBEFOREWRITE":
        cell.set(**{f"WRITEMODE_{port}": "NORMAL"})
