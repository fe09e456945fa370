"""The example: handwritten digits of 8 x 8 pixels, read row by row as 8 steps of 8 inputs."""

from pathlib import Path

import numpy as np

from ..errors import HwlstmError

__all__ = ["MODEL", "load_data"]

MODEL = Path(__file__).with_name("digits.onnx")
TEST_SHARE = 0.25
SPLIT_SEED = 0
BRIGHTEST = 16


def load_data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The 1797 digits of scikit-learn, a quarter of each class held out, always the same one.

    Returns
    -------
    train_x, train_y, test_x, test_y : arrays
        x is float64 (digits, 8, 8) in [0, 1], y is int64 (digits,).

    Raises
    ------
    HwlstmError
        scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    except ImportError:
        raise HwlstmError(
            "The digits need the package scikit-learn: pip install 'hwlstm[demo]'"
        ) from None
    pixels, classes = load_digits(return_X_y=True)
    train, test = train_test_split(
        np.arange(len(classes)), test_size=TEST_SHARE, random_state=SPLIT_SEED, stratify=classes
    )
    x, y = np.reshape(pixels, (-1, 8, 8)) / BRIGHTEST, np.asarray(classes, dtype=np.int64)
    return x[train], y[train], x[test], y[test]
