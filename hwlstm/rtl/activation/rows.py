"""A multiplier of look-up tables, a row of adders for each bit of one factor.

The lowest row first: each adds one factor, or nothing, to what is left of the sum so far when its
lowest bit is shifted out. On a device whose carry chain takes a gate on each operand (ECP5, and
all six-input families) a row costs one look-up table a bit.
"""

from amaranth import Cat, Mux
from amaranth.hdl import Value

from .pipeline import Pipeline

__all__ = ["multiplied"]


def multiplied(
    pipe: Pipeline,
    live: dict[str, Value],
    factor: str,
    by: str,
    *,
    shift: int,
    into: str,
    stage: str | None = None,
    rows_per_stage: int = 1,
) -> dict[str, Value]:
    """Add ``live[into] = live[factor] * live[by] >> shift`` to the live values.

    `live[by]` is unsigned. With `stage` there is a register "stage k" behind every
    `rows_per_stage` rows, and behind the last.
    """
    rows = len(live[by])
    total, low = None, []
    for k in range(rows):
        row = Mux(live[by][k], live[factor], 0)
        if total is None:
            total = row
        else:
            low.append(total[0])
            total = (total >> 1) + row
        last = k == rows - 1
        if stage and (last or (k + 1) % rows_per_stage == 0):
            kept = {f"{into}_low_{n}": bit for n, bit in enumerate(low) if n >= shift}
            live = pipe(f"{stage} {k // rows_per_stage}", {**live, **kept, into: total})
            total = live[into]
            low = [live.pop(f"{into}_low_{n}", bit) for n, bit in enumerate(low)]
    whole = Cat(*low[shift:], total)
    product = whole.as_signed() if total.shape().signed else whole
    return {**live, into: product >> max(shift - len(low), 0)}
