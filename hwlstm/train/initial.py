"""A layer to begin with: random weights, open forget gates."""

import numpy as np

from ..cells import Cell
from ..network import Layer
from ..time_gate import TimeGate

__all__ = ["initial_layer"]

FORGET_BIAS = 1.0
"""Of the gate f, so that a new network remembers (Gers 1999; Jozefowicz 2015)."""


def initial_layer(
    name: str,
    cell: Cell,
    inputs: int,
    units: int,
    *,
    seed: int = 0,
    reads: str = "all",
    time_gate: TimeGate | None = None,
) -> Layer:
    """Weights uniform within the square root of 3 / columns of each gate; vectors at 0, f at 1."""
    rng = np.random.default_rng([seed, inputs, units])
    weights, bias = {}, {}
    for gate in cell.gate_names:
        sizes = {s: inputs if s == "x" else units for s in cell.sources(gate)}
        limit = np.sqrt(3 / sum(sizes.values())) if sizes else 0.0
        weights[gate] = {s: rng.uniform(-limit, limit, (units, n)) for s, n in sizes.items()}
        bias[gate] = np.full(units, FORGET_BIAS if gate == "f" else 0.0)
    return Layer(
        name,
        cell,
        weights,
        bias=bias,
        peepholes={gate: np.zeros(units) for gate in cell.peephole_names},
        parameters={parameter: np.zeros(units) for parameter in cell.parameter_names},
        reads=reads,
        time_gate=time_gate,
    )
