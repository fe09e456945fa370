"""Direct tables: every output, correctly rounded."""

from collections.abc import Iterator

import numpy as np

from .demand import Demand
from .families import Direct

__all__ = ["direct"]

MOST_WORDS = 1 << 14


def direct(demand: Demand) -> Iterator[Direct | None]:
    """The nearest admissible integer at every code."""
    if demand.in_format.width > MOST_WORDS.bit_length() - 1:
        yield None
        return
    whole = demand.whole
    nearest = np.clip(np.rint(whole.exact).astype(np.int64), whole.lo, whole.hi)
    if demand.mirror is not None:
        # The negative side follows the positive one, at ties too.
        above = nearest[1 - demand.in_format.lo :]
        nearest[1 : 1 + len(above)] = demand.mirror - above[::-1]
    yield Direct(demand.in_format, None, values=nearest, block_ram=wants_block_ram(demand))


def wants_block_ram(demand: Demand) -> bool:
    """Up to 8 bits look-up tables are as small as they are fast."""
    return demand.block_ram and demand.in_format.width > 8
