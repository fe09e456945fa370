"""Logic before an adder into CCU2C.

Half of a CCU2C is one bit of an adder (yosys, techlibs/lattice/ccu2c_sim.vh):

    propagate = INIT[D C B A]        sum = propagate ^ carry_in
    generate  = INIT[0 0 B A]        carry_out = propagate ? carry_in : generate

yosys uses it for operands A and B, each a net. But any function of four nets may stand for
propagate, so long as two of them alone decide what is generated wherever it is 0. Where there is
no fourth net D is 1, and generate is free.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from .graph import Bit, Cell, Graph

__all__ = ["absorb"]

Known = Mapping[Bit, int]

_CONSTANTS: Known = {"0": 0, "1": 1, "x": 0, "z": 0}


def absorb(graph: Graph) -> None:
    """Make look-up tables part of the adder bit that alone reads them."""
    for cell in graph.of("CCU2C"):
        for half in "01":
            while _absorb(graph, cell, half):
                pass


def _absorb(graph: Graph, cell: Cell, half: str) -> bool:
    """Absorb as many tables as possible at once; False if there is none."""
    ports = [f"{name}{half}" for name in "ABCD"]
    tables = _tables(graph, cell, ports)
    for number in range(len(tables), 0, -1):
        for chosen in combinations(tables, number):
            if found := _fitted(cell, half, chosen):
                pins, init = found
                cell.set(**{f"INIT{half}": f"{init:016b}"})
                for port, bit in zip(ports, pins, strict=True):
                    graph.connect(cell, port, bit)
                for table in chosen:
                    graph.remove(table)
                return True
    return False


def _tables(graph: Graph, cell: Cell, ports: Sequence[str]) -> list[Cell]:
    """The tables whose value only this half reads."""
    drivers = {bit: graph.driver(bit) for bit in (cell.pin(port) for port in ports)}
    return [
        driver
        for bit, driver in drivers.items()
        if driver
        and driver.kind == "LUT4"
        and all(name == cell.name and port in ports for name, port in graph.readers(bit))
    ]


def _fitted(cell: Cell, half: str, chosen: Sequence[Cell]) -> tuple[tuple[Bit, ...], int] | None:
    """What to connect to A, B, C and D, and INIT, with the `chosen` tables inside."""
    inside = {table.pin("Z"): table for table in chosen}
    own = [cell.pin(f"{name}{half}") for name in "ABCD"]
    read = [*own, *(table.pin(name) for table in chosen for name in "ABCD")]
    nets = [bit for bit in dict.fromkeys(read) if isinstance(bit, int) and bit not in inside]
    if len(nets) > 4:
        return None
    rows = []
    for known in _assignments(nets):
        values = {**known, **{z: _looked_up(table, known) for z, table in inside.items()}}
        propagate, generate = (_index(own[:width], values) for width in (4, 2))
        init = _init(cell, f"INIT{half}")
        rows.append((known, init >> propagate & 1, init >> generate & 1))
    fits = ((pins, _arranged(pins, rows)) for pins in _arrangements(nets))
    return next(((pins, init) for pins, init in fits if init is not None), None)


def _arranged(pins: Sequence[Bit], rows: Sequence[tuple[Known, int, int]]) -> int | None:
    """INIT for `rows` of (nets, propagate, generate), or None if two nets do not decide."""
    table = {_index(pins, known): propagate for known, propagate, _ in rows}
    for known, propagate, generate in rows:
        if not propagate and table.setdefault(_index(pins[:2], known), generate) != generate:
            return None
    return sum(value << index for index, value in table.items())


def _arrangements(nets: Sequence[int]) -> Iterator[tuple[Bit, ...]]:
    """Each choice of two for A and B. Pins left over are 1, which costs no wire."""
    padded: list[Bit] = [*nets, *"1" * (4 - len(nets))]
    for first in combinations(range(4), 2):
        last = (k for k in range(4) if k not in first)
        yield tuple(padded[k] for k in (*first, *last))


def _assignments(nets: Sequence[int]) -> Iterator[Known]:
    for values in product((0, 1), repeat=len(nets)):
        yield {**_CONSTANTS, **dict(zip(nets, values, strict=True))}


def _index(pins: Sequence[Bit], known: Known) -> int:
    return sum(known[bit] << k for k, bit in enumerate(pins))


def _looked_up(table: Cell, known: Known) -> int:
    return _init(table, "INIT") >> _index([table.pin(name) for name in "ABCD"], known) & 1


def _init(cell: Cell, parameter: str) -> int:
    return int(cell[parameter].replace("x", "0"), 2)
