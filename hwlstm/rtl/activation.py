"""Table: an activation unit, of one function or of several that take turns."""

from amaranth import Cat, Module, Signal, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ..activation import Activation, Direct
from ..fixed import Interval
from .arithmetic import shape

__all__ = ["Table"]


class Table(wiring.Component):
    """One activation a cycle. All functions must have tables of one shape.

    Parameters
    ----------
    tables : list of Activation
        Equal input width, number of segments and fraction bits.

    Members
    -------
    x : raw input, in the format of the selected table
    select : index of the function
    y : raw output

    Latency: 2 cycles (direct) or 4 cycles (piecewise linear: memory, its output register,
    product, sum).
    """

    def __init__(self, tables: list[Activation]):
        self.tables = tables
        results = [table.result for table in tables]
        self.result = Interval(0, min(r.lo for r in results), max(r.hi for r in results))
        super().__init__(
            {
                "x": In(tables[0].in_format.width),
                "select": In(range(max(2, len(tables)))),
                "y": Out(shape(self.result)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        if isinstance(self.tables[0].coefficients, Direct):
            y = self._word(m, self.x, [(table.coefficients.table,) for table in self.tables])[0]
            m.d.comb += self.y.eq(y)
            return m
        first = self.tables[0].coefficients
        index, t = self.x[first.t_bits :], self.x[: first.t_bits]
        a, b = self._word(m, index, [(t.coefficients.a, t.coefficients.b) for t in self.tables])

        # t waits for the word of its segment: memory and output register.
        below = [Signal(first.t_bits, name=f"t_{k}", reset_less=True) for k in range(2)]
        m.d.sync += [below[0].eq(t), below[1].eq(below[0])]
        product = Signal(signed(len(b) + first.t_bits + 1), reset_less=True)
        start = Signal(a.shape(), reset_less=True)
        m.d.sync += [product.eq(b * below[1]), start.eq(a)]
        total = Signal(
            signed(max(len(a) + first.g - first.a_frac, len(product)) + 1), reset_less=True
        )
        m.d.sync += total.eq((start << first.g - first.a_frac) + product)
        m.d.comb += self.y.eq(total >> first.g)
        return m

    def _word(self, m: Module, index, columns: list[tuple]) -> list:
        """The columns of the table at `index` (two's complement), two cycles later."""
        count = 1 << len(index)
        rows, spans = [], []
        for k in range(len(columns[0])):
            joined = [int(v) for table in columns for v in unsigned_order(self.tables, table[k])]
            rows.append(joined)
            spans.append(shape(Interval(0, min(joined), max(joined))))
        word = data.StructLayout({f"column_{k}": span for k, span in enumerate(spans)})
        init = [{f"column_{k}": row[n] for k, row in enumerate(rows)} for n in range(len(rows[0]))]
        m.submodules.memory = mem = memory.Memory(
            shape=word, depth=count * len(self.tables), init=init
        )
        read = mem.read_port()
        held = Signal(word, reset_less=True)
        select_bits = ceil_log2(len(self.tables))
        m.d.comb += read.addr.eq(Cat(index, self.select[:select_bits]))
        m.d.sync += held.eq(read.data)
        return [held[f"column_{k}"] for k in range(len(rows))]


def unsigned_order(tables: list[Activation], column) -> list:
    """A column in order of the raw input's bits: two's complement puts the negative half last."""
    half = len(column) // 2 if tables[0].in_format.signed else 0
    return [*column[half:], *column[:half]]
