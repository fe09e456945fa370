"""The data that formats are chosen by, from a file or at random."""

import zlib
from zipfile import BadZipFile

import numpy as np

from ..errors import HwlstmError

__all__ = ["calibration"]


def calibration(options, network):
    """Calibration data, labels and time stamps, or None for those."""
    if options.range:
        lo, hi = options.range
        if not (lo < hi and np.isfinite(hi - lo)):
            raise ValueError(f"Range must be finite, LO below HI, not {lo} {hi}")
        rng = np.random.default_rng(0)
        x = rng.uniform(lo, hi, (32, 16, network.inputs))
        time = np.cumsum(rng.exponential(1.0, x.shape[:2]), axis=1) if network.stamped else None
        return x, None, time
    if not options.data.is_file():
        raise HwlstmError(f"{options.data} does not exist")
    try:
        content = np.load(options.data, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content, None, None
        arrays = {name: content[name] for name in content.files}
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise HwlstmError(f"{options.data} must be a .npy or .npz file: {error}") from None
    if "x" not in arrays:
        raise HwlstmError(f"{options.data} must hold an array x, not {sorted(arrays)}")
    return arrays["x"], arrays.get("y"), arrays.get("time")
