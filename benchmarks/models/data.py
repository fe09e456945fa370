"""What the trained nets of the benchmarks learn from; the digits have a module of their own."""

import re
from pydoc_data.topics import topics

import numpy as np

__all__ = ["ALPHABET", "characters", "sine"]

ALPHABET = " \"'()*+,-./01239:;=>[]_abcdefghijklmnopqrstuvwxyz"
WINDOW, NOISE, PERIOD = 32, 0.1, 20
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
    x = np.lib.stride_tricks.sliding_window_view(values[:-1], WINDOW)[..., None]
    held = len(x) // HELD
    y = values[WINDOW:, None]
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
