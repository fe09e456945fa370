"""Rounding and clipping in hardware, exhaustively, against exact fractions."""

from fractions import Fraction

import pytest
from amaranth import Module, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwlstm.fixed import Interval
from hwlstm.rtl.arithmetic import clip, delay, round_half_even, shape
from tests.rtl.run import simulate


class Expression(wiring.Component):
    """A combinational function of one value."""

    def __init__(self, of, source, target):
        self.of = of
        super().__init__({"i": In(source), "o": Out(target)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.o.eq(self.of(self.i))
        return m


def every(component, values):
    found = []

    async def drive(ctx):
        for value in values:
            ctx.set(component.i, value)
            await ctx.delay(1e-6)
            found.append(ctx.get(component.o))

    simulate(component, drive)
    return found


@pytest.mark.parametrize("source", [signed(8), unsigned(8), signed(3), unsigned(1)])
@pytest.mark.parametrize("shift", [1, 2, 5, 9])
def test_rounding_equals_exact_fractions_for_every_value(source, shift):
    low = -(2 ** (source.width - 1)) if source.signed else 0
    values = range(low, low + 2**source.width)
    unit = Expression(lambda x: round_half_even(x, shift), source, signed(9))
    assert every(unit, values) == [round(Fraction(value, 2**shift)) for value in values]


@pytest.mark.parametrize(
    ("lo", "hi"), [(-8, 7), (0, 7), (-20, 20), (-128, 3), (-3, 127), (-1, 0), (5, 9), (-64, 63)]
)
def test_clipping_holds_every_value_to_the_bounds(lo, hi):
    unit = Expression(lambda x: clip(x, lo, hi, Interval(0, -128, 127)), signed(8), signed(9))
    values = range(-128, 128)
    assert every(unit, values) == [min(max(value, lo), hi) for value in values]


def test_a_value_that_cannot_reach_a_bound_is_not_clipped():
    value = Signal(8)
    assert clip(value, 0, 255, Interval(0, 0, 255)) is value


@pytest.mark.parametrize(("lo", "hi"), [(0, 7), (3, 200), (0, 100), (0, 0)])
def test_clipping_holds_unsigned_values_too(lo, hi):
    unit = Expression(lambda x: clip(x, lo, hi, Interval(0, 0, 255)), unsigned(8), unsigned(8))
    assert every(unit, range(256)) == [min(max(value, lo), hi) for value in range(256)]


def test_shapes_are_the_narrowest():
    assert shape(Interval(0, 0, 255)) == unsigned(8)
    assert shape(Interval(0, -1, 255)) == signed(9)


def test_a_delay_is_as_long_as_asked():
    class Delayed(wiring.Component):
        i: In(8)
        o: Out(8)

        def elaborate(self, platform):
            m = Module()
            m.d.comb += self.o.eq(delay(m, self.i, 3, name="i"))
            return m

    unit, found = Delayed(), []

    async def drive(ctx):
        for value in range(1, 10):
            ctx.set(unit.i, value)
            found.append(ctx.get(unit.o))
            await ctx.tick()

    simulate(unit, drive)
    assert found == [0, 0, 0, 1, 2, 3, 4, 5, 6]
