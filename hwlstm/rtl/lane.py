"""Lane: one multiply-accumulate row of the engine."""

from amaranth import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..plan.layer import lane_latency

__all__ = ["Lane"]


class Lane(wiring.Component):
    """``acc = (first ? 0 : acc) + sum over c of w[c] * x[c]``, one column beat a cycle.

    A cycle without work carries x = 0 and first = 0; there is no enable, so registers need no
    reset and fall into DSP blocks where the tool knows how. The accumulator counts modulo
    2**width: only the last sum of a group must fit, and its range is proven.

    Parameters
    ----------
    columns : int
        Products a cycle, a power of two; they are summed in a tree before the one accumulator.
    weight, column, accumulator : int
        Widths in bits, all signed.
    sums : int
        Sums of a group: those of gates that take turns on the lane.

    Members
    -------
    i_w, i_x : array of `columns`
    i_first : this beat starts a new sum
    o : the last `sums` sums, the newest behind; that one `lane_latency(columns)` cycles after its
        last operands
    """

    def __init__(self, *, columns: int, weight: int, column: int, accumulator: int, sums: int = 1):
        if columns < 1 or columns & columns - 1:
            raise ValueError(f"Lane columns must be a power of two, not {columns!r}")
        self.columns = columns
        self.widths = weight, column, accumulator
        self.sums = sums
        super().__init__(
            {
                "i_w": In(data.ArrayLayout(signed(weight), columns)),
                "i_x": In(data.ArrayLayout(signed(column), columns)),
                "i_first": In(1),
                "o": Out(data.ArrayLayout(signed(accumulator), sums)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        weight, column, accumulator = self.widths

        w = Signal(self.i_w.shape(), reset_less=True)
        x = Signal(self.i_x.shape(), reset_less=True)
        first = Signal(lane_latency(self.columns) - 1, reset_less=True)
        m.d.sync += [w.eq(self.i_w), x.eq(self.i_x), first.eq(first << 1 | self.i_first)]

        terms = []
        for c in range(self.columns):
            name = f"product_{c}" if self.columns > 1 else "product"  # see synth/yosys.py
            product = Signal(signed(weight + column), name=name, reset_less=True)
            m.d.sync += product.eq(w[c] * x[c])
            terms.append(product)
        while len(terms) > 1:
            pairs = zip(terms[::2], terms[1::2], strict=True)
            terms = []
            for a, b in pairs:
                total = Signal(
                    signed(len(a) + 1), name=f"sum_{len(a)}_{len(terms)}", reset_less=True
                )
                m.d.sync += total.eq(a + b)
                terms.append(total)
        acc = Signal(signed(accumulator), reset_less=True)
        m.d.sync += acc.eq(Mux(first[-1], 0, acc) + terms[0])
        m.d.comb += self.o[-1].eq(acc)
        for k in range(self.sums - 1):
            held = Signal(signed(accumulator), name=f"held_{k}", reset_less=True)
            with m.If(first[-1]):
                m.d.sync += held.eq(self.o[k + 1])
            m.d.comb += self.o[k].eq(held)
        return m
