"""The data that formats are chosen by, from a file or at random."""

import numpy as np

from ..load.data import Data, read_data
from ..network import Network

__all__ = ["calibration", "check_range"]


def calibration(options, network: Network) -> Data:
    """Sequences as --data or --range says."""
    if options.data:
        return read_data(options.data)
    rng = np.random.default_rng(0)
    x = rng.uniform(*options.range, (32, 16, network.inputs))
    time = np.cumsum(rng.exponential(1.0, x.shape[:2]), axis=1) if network.stamped else None
    return Data(x, time=time)


def check_range(bounds: list[float]) -> None:
    lo, hi = bounds
    if not (lo < hi and np.isfinite(hi - lo)):
        raise ValueError(f"Range must be finite, LO below HI, not {lo} {hi}")
