"""What a cell costs: counted in its graphs, and in the plan of one example layer."""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

from ..cells import Cell, CellError
from ..cells.differentiate import differentiate
from ..cells.graph import Graph
from ..network import Layer, Network
from ..plan import LayerPlan, cycles_per_step
from ..quantize import quantize
from ..time_gate import TimeGate

__all__ = ["INPUTS", "OPEN_RATIO", "PARALLEL", "STEPS", "UNITS", "CellCost"]

INPUTS, UNITS, PARALLEL = 8, 32, 4
STEPS = 12
"""Of the sequences that the formats are chosen from."""

OPEN_RATIO = 0.1
"""Of a timed cell, every unit."""

SEED = 0


@dataclass(frozen=True)
class CellCost:
    """A cell as a layer of UNITS units on INPUTS inputs, PARALLEL units at once, 8-bit weights and
    16-bit signals, one column a cycle, initiation interval 1. The weights are random and seeded.

    Parameters
    ----------
    name : str
        What the reader knows the cell by.
    cell : Cell

    Attributes
    ----------
    layer : Layer
    engine : LayerPlan

    Raises
    ------
    HwlstmError, ValueError, TypeError
        The cell cannot be built; says why.
    """

    name: str
    cell: Cell
    layer: Layer = field(init=False, repr=False)
    engine: LayerPlan = field(init=False, repr=False)

    def __post_init__(self):
        layer = example(self.cell)
        x = np.random.default_rng(SEED).uniform(-1, 1, (16, STEPS, INPUTS))
        fixed = quantize(Network((layer,), "example"), x, weights=8, bits=16)
        object.__setattr__(self, "layer", layer)
        object.__setattr__(self, "engine", LayerPlan(fixed.layers[0], PARALLEL))

    @property
    def parameters(self) -> int:
        return self.layer.parameter_count

    @property
    def lanes(self) -> int:
        """Of a unit."""
        return len(self.engine.lane_gates)

    @property
    def products(self) -> int:
        """Multiplications of one step of one unit, behind the lanes."""
        return count_products(self.cell.graph)

    @property
    def activations(self) -> int:
        """Activations of one step of one unit that are looked up or computed; identity is not."""
        return len(self.cell.graph.activations)

    @cached_property
    def no_backward(self) -> str:
        """Why there is no backward graph; empty if there is one."""
        try:
            differentiate(self.cell.graph)
        except CellError as error:
            return str(error)
        return ""

    @cached_property
    def backward_products(self) -> int | None:
        """Multiplications of the backward step of one unit, matrices left out; None if there is no
        such step."""
        return None if self.no_backward else count_products(differentiate(self.cell.graph))

    @cached_property
    def cycles(self) -> Fraction:
        """A step, as the plan predicts."""
        return cycles_per_step(self.engine)

    @property
    def weight_bits(self) -> int:
        """Of the weight memory."""
        words, bits = self.engine.memories["weights"]
        return words * bits

    def to_dict(self) -> dict:
        """Every number, ready for JSON."""
        return {
            "parameters": self.parameters,
            "lanes": self.lanes,
            "multipliers": self.engine.multipliers,
            "activations": self.activations,
            "products": self.products,
            "backward_products": self.backward_products,
            "latency": self.engine.latency,
            "cycles_per_step": float(self.cycles),
            "weight_bits": self.weight_bits,
        }


def example(cell: Cell) -> Layer:
    """A layer of seeded random numbers."""
    rng = np.random.default_rng(SEED)

    def vectors(names: list[str]) -> dict[str, np.ndarray]:
        return {name: rng.uniform(-0.7, 0.7, UNITS) for name in names}

    size = {"x": INPUTS}
    weights = {
        gate: {s: rng.uniform(-0.7, 0.7, (UNITS, size.get(s, UNITS))) for s in cell.sources(gate)}
        for gate in cell.gate_names
    }
    bias, peepholes = vectors(cell.gate_names), vectors(cell.peephole_names)
    parameters = vectors(cell.parameter_names)
    gate = None
    if cell.timed:
        period = np.exp(rng.uniform(1, 3, UNITS))
        gate = TimeGate(period, rng.uniform(0, period), np.full(UNITS, OPEN_RATIO))
    return Layer("recurrent", cell, weights, bias, peepholes, parameters=parameters, time_gate=gate)


def count_products(graph: Graph) -> int:
    return sum(node.op == "mul" for node in graph.live())
