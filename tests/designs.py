"""Random layers and networks, seeded: what the tests of every stage are made of."""

from dataclasses import replace

import numpy as np

from hwlstm.cells import Affine, Traditional
from hwlstm.fixed_network import FixedNetwork
from hwlstm.network import Layer, Network
from hwlstm.quantize import quantize
from hwlstm.time_gate import TimeGate

SHAPES = [(8, 8, 8), (16, 32, 4), (6, 20, 5), (1, 20, 5), (7, 19, 5), (16, 64, 16), (64, 64, 8)]
"""(inputs, units, units in parallel): exact fits, remainders, one input, one group."""


def layer(
    cell,
    inputs,
    units,
    *,
    seed=0,
    name="lstm",
    scale=0.4,
    initial=False,
    reads="all",
    time_gate=None,
):
    """A layer of normally distributed weights."""
    rng = np.random.default_rng([seed, inputs, units])
    return Layer(
        name,
        cell,
        weights={
            gate: {
                source: rng.normal(0, scale, (units, inputs if source == "x" else units))
                for source in cell.sources(gate)
            }
            for gate in cell.gate_names
        },
        bias={gate: rng.normal(0, scale, units) for gate in cell.gate_names},
        peepholes={gate: rng.normal(0, scale, units) for gate in cell.peephole_names},
        initial={s: rng.uniform(-0.9, 0.9, units) for s in cell.states} if initial else {},
        reads=reads,
        parameters={name: rng.normal(0, scale, units) for name in cell.parameter_names},
        time_gate=time_gate or (a_time_gate(units) if cell.timed else None),
    )


def uneven(like: Layer) -> Layer:
    """The layer with the weights of its gates 1, 1/4, 1/2, 1, 1/4, ... times as large."""
    scales = dict(zip(like.cell.gate_names, [1, 1 / 4, 1 / 2] * 3, strict=False))
    weights = {
        gate: {source: scales[gate] * m for source, m in parts.items()}
        for gate, parts in like.weights.items()
    }
    return replace(like, weights=weights)


def a_time_gate(units, *, seed=0, ratio=0.3, leak=0.0, **options) -> TimeGate:
    """Random periods of 3 to 12 units of time."""
    rng = np.random.default_rng([seed, units])
    return TimeGate(
        period=rng.uniform(3, 12, units),
        shift=rng.uniform(0, 12, units),
        ratio=np.full(units, ratio),
        leak=leak,
        **options,
    )


def data(inputs, *, sequences=16, steps=12, seed=0):
    """Calibration data, uniform in [-1, 1)."""
    return np.random.default_rng(seed).uniform(-1, 1, (sequences, steps, inputs))


def fixed(
    inputs,
    units,
    *,
    cell=None,
    seed=0,
    initial=False,
    name="net",
    reach=1,
    time_gate=None,
    **numbers,
) -> FixedNetwork:
    """A quantised network of one recurrent layer, calibrated on data in [-reach, reach)."""
    recurrent = layer(
        cell or Traditional(), inputs, units, seed=seed, initial=initial, time_gate=time_gate
    )
    return quantize(Network((recurrent,), name), reach * data(inputs, seed=seed), **numbers)


def saturating(inputs, units, **options) -> FixedNetwork:
    """A network whose formats hold less than its input can reach."""
    return fixed(inputs, units, reach=1 / 16, margin=1, formats={"lstm.x": "Q5.9"}, **options)


def classifier(*, inputs=3, units=5, classes=4, seed=0, name="net", **numbers) -> FixedNetwork:
    """A quantised recurrent layer, a linear one on its last step, and an argmax."""
    recurrent = layer(Traditional(), inputs, units, seed=seed)
    dense = layer(Affine(), units, classes, seed=seed, name="dense", reads="last")
    network = Network((recurrent, dense), name, classify=True)
    return quantize(network, data(inputs, seed=seed), **numbers)
