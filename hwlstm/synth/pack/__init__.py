"""What yosys leaves undone for ECP5: registers into the hard blocks, logic into the adders.

A pass over the netlist that synth_ecp5 writes. Every output keeps every value of every cycle, from
power-up on.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from . import adders, block_rams, multipliers
from .graph import Graph

__all__ = ["Packed", "pack"]


@dataclass(frozen=True)
class Packed:
    """How many cells the pass saved.

    Parameters
    ----------
    block_rams, multipliers : int
        Registers that are now those of a block RAM or of a multiplier.
    adders : int
        Look-up tables that are now part of an adder.
    """

    block_rams: int
    multipliers: int
    adders: int


def pack(source: Path, target: Path, top: str) -> Packed:
    """Read the JSON netlist `source`, pack its module `top`, write it as `target`."""
    design = json.loads(source.read_text(encoding="utf-8"))
    graph = Graph(design["modules"][top])
    # Block RAMs choose first: without the register they are the slowest of all blocks.
    packed = Packed(
        block_rams=_saved(graph, "TRELLIS_FF", block_rams.absorb),
        multipliers=_saved(graph, "TRELLIS_FF", multipliers.absorb),
        adders=_saved(graph, "LUT4", adders.absorb),
    )
    target.write_text(json.dumps(design), encoding="utf-8")
    return packed


def _saved(graph: Graph, kind: str, absorb) -> int:
    """Cells of type `kind` that `absorb` makes superfluous."""
    before = len(graph.of(kind))
    absorb(graph)
    graph.prune()
    return before - len(graph.of(kind))
