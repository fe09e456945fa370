"""A flat netlist that yosys wrote as JSON, as a graph: who drives and who reads each bit."""

from collections import defaultdict
from collections.abc import Iterator

__all__ = ["Bit", "Cell", "Graph", "Pin"]

Bit = int | str  # a net, or a constant: "0", "1", "x", "z"

Pin = tuple[str, str]  # cell, port; an output of the module itself is a pin of the cell ""

# Cells that do nothing but drive their outputs.
_PURE = {"LUT4", "TRELLIS_FF"}


class Cell:
    """One cell: a view of its JSON."""

    def __init__(self, name: str, raw: dict):
        self.name = name
        self.kind: str = raw["type"]
        self.connections: dict[str, list[Bit]] = raw["connections"]
        self._parameters: dict[str, str] = raw.setdefault("parameters", {})
        self._directions: dict[str, str] = raw.setdefault("port_directions", {})

    def __getitem__(self, parameter: str) -> str:
        """The value, or an empty string."""
        # yosys ends a text with a space if it could be read as a number.
        return self._parameters.get(parameter, "").rstrip(" ")

    def set(self, **parameters: str) -> None:
        """Set text or binary parameters."""
        self._parameters.update(parameters)

    def pin(self, port: str) -> Bit:
        """What a port of one bit is connected to; "x" if nothing."""
        return next(iter(self.connections.get(port, ())), "x")

    def is_output(self, port: str) -> bool:
        return self._directions.get(port) == "output"

    def join(self, port: str, bit: Bit) -> None:
        """Connect a port of one bit; for :meth:`Graph.connect`, which keeps count of it."""
        self._directions.setdefault(port, "input")
        self.connections[port] = [bit]


class Graph:
    """The cells of one module; changes go to the JSON that it was made from."""

    def __init__(self, module: dict):
        self._raw = module["cells"]
        self._cells = {name: Cell(name, raw) for name, raw in self._raw.items()}
        self._drivers: dict[Bit, Pin] = {}
        self._readers: dict[Bit, list[Pin]] = defaultdict(list)
        for name, port in module["ports"].items():
            if port["direction"] != "input":
                for bit in port["bits"]:
                    self._readers[bit].append(("", name))
        for cell in self._cells.values():
            for port, bit in _joints(cell):
                self._count(cell, port, bit)

    def of(self, kind: str) -> list[Cell]:
        """The cells of one type."""
        return [cell for cell in self._cells.values() if cell.kind == kind]

    def driver(self, bit: Bit) -> Cell | None:
        """The cell that drives a bit; None for a constant or an input of the module."""
        pin = self._drivers.get(bit)
        return self._cells[pin[0]] if pin else None

    def readers(self, bit: Bit) -> list[Pin]:
        """Every pin that reads a net."""
        return self._readers.get(bit, [])

    def reader(self, bit: Bit) -> Cell | None:
        """The one cell that reads a net; None if it is not one, or not a cell."""
        names = {name for name, _ in self.readers(bit)}
        return self._cells.get(names.pop()) if len(names) == 1 else None

    def connect(self, cell: Cell, port: str, bit: Bit) -> None:
        """Connect a port of one bit to something else than before."""
        self._forget(cell, port, cell.pin(port))
        cell.join(port, bit)
        self._count(cell, port, bit)

    def remove(self, cell: Cell) -> None:
        for port, bit in _joints(cell):
            self._forget(cell, port, bit)
        del self._cells[cell.name], self._raw[cell.name]

    def prune(self) -> None:
        """Remove registers and look-up tables that nobody reads."""
        while dead := [cell for cell in self._cells.values() if self._dead(cell)]:
            for cell in dead:
                self.remove(cell)

    def _dead(self, cell: Cell) -> bool:
        outputs = (bit for port, bit in _joints(cell) if cell.is_output(port))
        return cell.kind in _PURE and not any(self.readers(bit) for bit in outputs)

    def _count(self, cell: Cell, port: str, bit: Bit) -> None:
        if isinstance(bit, str):
            return
        if cell.is_output(port):
            self._drivers[bit] = cell.name, port
        else:
            self._readers[bit].append((cell.name, port))

    def _forget(self, cell: Cell, port: str, bit: Bit) -> None:
        if isinstance(bit, str):
            return
        if cell.is_output(port):
            del self._drivers[bit]
        else:
            self._readers[bit].remove((cell.name, port))


def _joints(cell: Cell) -> Iterator[tuple[str, Bit]]:
    """Every port and bit that are connected."""
    return ((port, bit) for port, bits in cell.connections.items() for bit in bits)
