"""The predicted cycles obey the closed law, and reach full use of the multipliers where it says."""

import pytest

from hwlstm.cells import Traditional, Vanilla
from hwlstm.plan import NetworkPlan, cycles_per_step, network_times, plan
from hwlstm.plan.estimate import estimated_cycles
from hwlstm.plan.layer import LayerPlan
from tests.designs import SHAPES, classifier, fixed


def law(engine):
    """Cycles a step with one column a cycle and interval 1."""
    layer = engine.layer
    stall = engine.latency - (layer.inputs + (engine.groups - 1) * engine.parallel)
    return engine.groups * (layer.inputs + layer.units) + max(0, stall)


@pytest.mark.parametrize("cell", [Traditional(), Vanilla()], ids=["traditional", "vanilla"])
@pytest.mark.parametrize(("inputs", "units", "parallel"), [*SHAPES, (1, 1, 1), (3, 40, 40)])
def test_cycles_per_step_obey_the_law(cell, inputs, units, parallel):
    engine = LayerPlan(fixed(inputs, units, cell=cell).layers[0], parallel)
    assert cycles_per_step(engine) == law(engine)


@pytest.mark.parametrize("interval", [1, 2, 3, 8])
@pytest.mark.parametrize("columns", [1, 2, 4, 8])
@pytest.mark.parametrize(("inputs", "units"), [(7, 19), (3, 5), (1, 20), (20, 4)])
def test_the_search_ranks_engines_by_nearly_exact_cycles(inputs, units, columns, interval):
    layer = fixed(inputs, units, cell=Vanilla()).layers[0]
    for parallel in {1, 2, units // 2, units}:
        engine = LayerPlan(layer, parallel, columns, interval)
        assert abs(estimated_cycles(engine) - cycles_per_step(engine)) < interval


@pytest.mark.parametrize(("inputs", "units", "parallel"), [(16, 32, 4), (64, 64, 8), (16, 64, 16)])
def test_multipliers_never_wait_where_the_law_allows_it(inputs, units, parallel):
    engine = LayerPlan(fixed(inputs, units).layers[0], parallel)
    assert engine.latency <= 30
    assert cycles_per_step(engine) * engine.lane_multipliers == engine.layer.macs


def test_a_short_sequence_does_not_wait_for_the_one_before():
    engine = LayerPlan(fixed(8, 8).layers[0], 8)
    network = NetworkPlan(fixed(8, 8), (engine,))
    (times,), _ = network_times(network, [1, 1, 1, 1])
    starts = [step.issued[0][0] for step in times]
    assert starts[3] - starts[2] == 16 < cycles_per_step(engine)


def test_a_network_delivers_one_result_a_sequence():
    network = plan(classifier(), parallel=2)
    times, outputs = network_times(network, [3, 1, 4])
    assert len(outputs) == 3
    assert [len(layer) for layer in times] == [8, 3]
    assert outputs == sorted(outputs)
