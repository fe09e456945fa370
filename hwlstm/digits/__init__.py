"""The example: handwritten digits of 8 x 8 pixels, read row by row as 8 steps of 8 inputs.

E. Alpaydin, C. Kaynak: Optical recognition of handwritten digits. UCI machine learning repository,
1998, CC BY 4.0; the 1797 digits that scikit-learn also has.
"""

from pathlib import Path

import numpy as np

__all__ = ["MODEL", "load_data"]

MODEL = Path(__file__).with_name("digits.onnx")
DATA = Path(__file__).with_name("digits.npz")
BRIGHTEST = 16


def load_data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The digits, a quarter of each class held out, always the same one.

    Returns
    -------
    train_x, train_y, test_x, test_y : arrays
        x is float64 (digits, 8, 8) in [0, 1], y is int64 (digits,).
    """
    with np.load(DATA, allow_pickle=False) as stored:
        x = [stored[f"{part}_x"] / BRIGHTEST for part in ("train", "test")]
        y = [stored[f"{part}_y"].astype(np.int64) for part in ("train", "test")]
    return x[0], y[0], x[1], y[1]
