"""The closed form of a step's cycles against the recurrences, and what the search makes of it."""

import numpy as np
import pytest

from hwlstm.cells import (
    CIFG,
    FGR,
    GRU,
    NIG,
    NOG,
    RNN,
    Affine,
    Phased,
    Traditional,
    Vanilla,
)
from hwlstm.network import Network
from hwlstm.plan import LayerPlan, cycles_per_step, plan
from hwlstm.plan.estimate import estimated_cycles
from hwlstm.plan.network import COLUMNS, choices, sizes
from hwlstm.quantize import quantize
from tests.designs import a_time_gate, data, fixed, layer
from tests.invented import (
    Delayed,
    InTurns,
    Invented,
    Late,
    LateColumns,
    LateOutput,
    LatePhase,
    NoMemory,
    OwnPast,
    PhasedGRU,
)

CELLS = [
    *(Affine(), RNN(), GRU(), Traditional(), Vanilla(), FGR(), CIFG(), NIG(), NOG(), Phased()),
    *(InTurns(), Invented(), Late(), Delayed(), LateColumns(), LateOutput(), LatePhase()),
    *(OwnPast(), PhasedGRU(), NoMemory()),
]
SMALL = {"bits": 8, "weights": 8, "resources": []}


def one_layer(cell, inputs, units):
    """A layer of which every group is open."""
    if not cell.timed:
        return fixed(inputs, units, cell=cell, **SMALL).layers[0]
    gate = a_time_gate(units, stamped=True)
    x = data(inputs)
    times = np.tile(np.arange(float(x.shape[1])), (len(x), 1))
    network = Network((layer(cell, inputs, units, time_gate=gate),), "net")
    return quantize(network, x, times, **SMALL).layers[0]


def compare(cell, inputs, units, columns, intervals):
    one = one_layer(cell, inputs, units)
    for parallel in {1, 2, 3, -(-units // 2), units} & {*range(units + 1)}:
        for width in columns:
            for interval in intervals:
                engine = LayerPlan(one, parallel, width, interval)
                wrong = estimated_cycles(engine) - cycles_per_step(engine)
                assert abs(wrong) < interval, engine


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_estimate_is_exact_but_for_the_grid_of_the_interval(cell):
    for inputs, units in [(3, 1), (1, 4), (7, 5)]:
        compare(cell, inputs, units, (1, 2, 8), (1, 3))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(3, 19), (20, 4), (60, 6), (1, 20), (8, 32)], ids=str)
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_estimate_of_larger_layers_is_as_exact(cell, shape):
    compare(cell, *shape, (1, 2, 4, 8), (1, 2, 3, 4, 6, 8))


def test_a_recurrence_through_columns_alone_is_reckoned():
    engine = LayerPlan(one_layer(RNN(), 3, 1), 1)
    assert estimated_cycles(engine) == cycles_per_step(engine) == 4 + engine.latency - 3


@pytest.mark.parametrize("cell", [RNN(), InTurns()], ids=lambda cell: cell.name)
def test_the_search_finds_the_fastest_engine_and_of_those_the_cheapest(cell):
    network = fixed(8, 32, cell=cell, **SMALL)
    (one,) = network.layers
    engines = choices(one, sizes(one.units), COLUMNS, (1,), 1, (18, 18))
    fits = [(cycles_per_step(e), blocks) for _, blocks, e in engines if blocks <= 64]
    found = plan(network, multipliers=64, interval=1)
    assert (found.cycles_per_step, found.multipliers) == min(fits)


def test_a_small_network_takes_few_multipliers_where_more_would_make_it_slower():
    found = plan(fixed(8, 32, cell=RNN(), **SMALL), multipliers=64)
    assert (found.multipliers, found.cycles_per_step) == (32, 48)
