"""Table: every input code, one a cycle, for every family and for several functions in turn."""

import pytest

from hwlstm.activation import Activation
from hwlstm.fixed import Format
from hwlstm.plan.schedule import LATENCY
from hwlstm.rtl.activation import Table
from tests.rtl.run import simulate

CASES = [
    ("direct", [("sigmoid", "Q4.4", "Q1.7")], 1),
    ("direct", [("sigmoid", "Q3.5", "Q1.7"), ("tanh", "Q4.4", "Q1.7")], 1),
    ("piecewise", [("sigmoid", "Q4.8", "Q1.15")], 1),
    ("piecewise", [("tanh", "Q4.12", "Q1.15")], 7),
    ("piecewise", [("sigmoid", "Q4.12", "Q1.15"), ("tanh", "Q3.13", "Q1.15")], 7),
]


@pytest.mark.parametrize(("family", "functions", "stride"), CASES)
def test_every_code_gives_the_integer_of_the_model(family, functions, stride):
    tables = [
        Activation(function, Format.parse(source), Format.parse(target))
        for function, source, target in functions
    ]
    unit = Table(tables)
    inputs, expected, found = [], [], []
    for select, table in enumerate(tables):
        codes = table.coefficients.codes()
        raws = range(table.in_format.lo, table.in_format.hi + 1, stride)
        inputs += [(raw, select) for raw in raws]
        expected += [int(codes[raw - table.in_format.lo]) for raw in raws]

    async def drive(ctx):
        latency = LATENCY[family]
        for cycle in range(len(inputs) + latency):
            if cycle < len(inputs):
                raw, select = inputs[cycle]
                ctx.set(unit.x, raw & ((1 << len(unit.x)) - 1))
                ctx.set(unit.select, select)
            if cycle >= latency:
                found.append(ctx.get(unit.y))
            await ctx.tick()

    simulate(unit, drive)
    assert found == expected
