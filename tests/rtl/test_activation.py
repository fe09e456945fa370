"""ActivationUnit in Amaranth's own simulator; for the emitted Verilog see tests/simulate."""

import pytest

from hwlstm.activation import Activation
from hwlstm.rtl.activation import ActivationUnit
from tests.rtl.run import simulate

CASES = [
    [Activation("sigmoid", "Q4.4", "Q1.7")],
    [Activation("sigmoid", "Q3.4", "Q1.7"), Activation("tanh", "Q4.3", "Q1.7")],
    [Activation("sigmoid", "Q4.4", "Q1.9", family="linear")],
    [Activation("tanh", "Q4.4", "Q1.9", family="quadratic", resources=())],
    [Activation(name, "Q3.3", "Q1.7", family="shared") for name in ("sigmoid", "tanh")],
    [Activation("hardsigmoid", "Q4.4", "Q1.7")],
]


@pytest.mark.parametrize("activations", CASES)
def test_every_code_gives_the_integer_of_the_model_after_the_latency(activations):
    unit = ActivationUnit(activations)
    latency, inputs, expected, found = activations[0].latency, [], [], []
    for select, each in enumerate(activations):
        raws = range(each.in_format.lo, each.in_format.hi + 1)
        inputs += [(raw, select) for raw in raws]
        expected += each.codes.tolist()

    async def drive(ctx):
        for cycle in range(len(inputs) + latency):
            raw, select = inputs[min(cycle, len(inputs) - 1)]
            ctx.set(unit.x, raw)
            ctx.set(unit.select, select)
            if cycle >= latency:
                found.append(ctx.get(unit.y))
            await ctx.tick()

    simulate(unit, drive)
    assert found == expected
