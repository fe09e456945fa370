"""A multiplier of look-up tables, a row of adders for each bit of one factor.

The lowest row first: each adds one factor, or nothing, to what is left of the sum so far when its
lowest bit is shifted out. On a device whose carry chain takes a gate on each operand (ECP5, and
all six-input families) a row costs one look-up table a bit.
"""

from amaranth import Cat, Const, Mux
from amaranth.hdl import Value

from ...activation.families import ROWS_PER_CYCLE
from .pipeline import Live, Pipeline

__all__ = ["multiplied"]


def multiplied(
    pipe: Pipeline, live: Live, factor: str, by: str, *, shift: int, into: str, stage: str
) -> dict[str, Value]:
    """Replace two live values by their product: ``live[into] = factor * by >> shift``.

    `by` is unsigned. There is a register "`stage` k" behind every ROWS_PER_CYCLE rows, and behind
    the last.
    """
    live, low = dict(live), []
    total: Value = Const(0)
    rows = len(live[by])
    for k in range(rows):
        row = Mux(live[by][0], live[factor], 0)
        live[by] = live[by][1:]
        if k:
            low.append(total[0])
        total = (total >> 1) + row if k else row
        if k == rows - 1:
            del live[factor], live[by]
        if k == rows - 1 or (k + 1) % ROWS_PER_CYCLE == 0:
            kept = {f"{into}_low_{n}": bit for n, bit in enumerate(low) if n >= shift}
            live = pipe(f"{stage} {k // ROWS_PER_CYCLE}", {**live, **kept, into: total})
            total = live.pop(into)
            low = [live.pop(f"{into}_low_{n}", bit) for n, bit in enumerate(low)]
    whole = Cat(*low[shift:], total)
    product = whole.as_signed() if total.shape().signed else whole
    return {**live, into: product >> max(shift - len(low), 0)}
