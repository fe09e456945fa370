"""What the trained nets of the benchmarks learn from; the digits have a module of their own."""

import re
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np

__all__ = ["ALPHABET", "characters", "sine", "sunspots"]

ALPHABET = " \"'()*+,-./01239:;=>[]_abcdefghijklmnopqrstuvwxyz"
WINDOW, NOISE, PERIOD = 32, 0.1, 20
SUNSPOTS, YEARS, MANY = Path(__file__).with_name("sunspots.csv"), 24, 100.0
"""Of every year from 1700 to 2008 (NOAA National Geophysical Data Center, public domain); how many
years are read to foretell the next; so many sunspots are 1."""
LENGTH = 64
HELD = 10
"""One in so many is for tests."""


def sine(seed: int = 0, count: int = 1500):
    """Windows of a noisy sine, and the number that follows each.

    Returns
    -------
    train_x, train_y, test_x, test_y : arrays
        x is (windows, 32, 1), y is (windows, 1).
    """
    t = np.arange(count + WINDOW)
    values = np.sin(2 * np.pi * t / PERIOD) + np.random.default_rng(seed).normal(0, NOISE, t.shape)
    return windows(values, WINDOW)


def sunspots():
    """Windows of the yearly number of sunspots, and the number of the next year.

    Returns
    -------
    train_x, train_y, test_x, test_y : arrays
        x is (windows, 24, 1), y is (windows, 1).
    """
    return windows(np.loadtxt(SUNSPOTS, delimiter=",", skiprows=1)[:, 1] / MANY, YEARS)


def windows(values: np.ndarray, size: int):
    """Every window, and the value that follows; the last ones are for tests."""
    x = np.lib.stride_tricks.sliding_window_view(values[:-1], size)[..., None]
    y, held = values[size:, None], len(x) // HELD
    return x[:-held], y[:-held], x[-held:], y[-held:]


def characters():
    """The manual of the Python language that Python brings along, in 49 lower-case characters.

    Returns
    -------
    train_x, train_y, test_x, test_y : arrays
        x is one-hot (sequences, 64, 49), y the next character's number (sequences, 64).
    """
    text = re.sub(r"\s+", " ", " ".join(topics[key] for key in sorted(topics)).lower())
    codes = np.array([ALPHABET.index(c) for c in text if c in ALPHABET])
    count = (len(codes) - 1) // LENGTH
    x = np.eye(len(ALPHABET))[codes[: count * LENGTH].reshape(count, LENGTH)]
    y = codes[1 : count * LENGTH + 1].reshape(count, LENGTH)
    held = np.arange(count) % HELD == 0  # from all of its chapters
    return x[~held], y[~held], x[held], y[held]
