"""The embedded simulator: a compiled design and a batch of beats, one call."""

import ctypes
import os
from pathlib import Path

import numpy as np

from ..build.vectors import OUTPUT, TLAST, Expected
from .verdict import RULES, Observed

__all__ = ["simulate"]

_MASK32 = 0xFFFFFFFF


class _Job(ctypes.Structure):
    """struct Job of driver.cc, field for field."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("last", ctypes.c_void_p),
        ("user", ctypes.c_void_p),
        ("after", ctypes.c_void_p),
        ("beats", ctypes.c_int64),
        ("idle", ctypes.c_double),
        ("backpressure", ctypes.c_double),
        ("seed", ctypes.c_uint32),
        ("patience", ctypes.c_int64),
        ("drain", ctypes.c_int64),
        ("reset_after", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
        ("output_value", ctypes.c_void_p),
        ("output_last", ctypes.c_void_p),
        ("output_cycle", ctypes.c_void_p),
        ("input_cycle", ctypes.c_void_p),
        ("tap_expected", ctypes.c_void_p),
        ("tap_value", ctypes.c_void_p),
        ("tap_count", ctypes.c_void_p),
        ("errors", ctypes.c_int64),
        ("error_cycle", ctypes.c_void_p),
        ("taken_in", ctypes.c_int64),
        ("taken_out", ctypes.c_int64),
        ("error_count", ctypes.c_int64),
        ("stop", ctypes.c_int64),
        ("wave", ctypes.c_char_p),
    )


def simulate(
    library: Path,
    expected: Expected,
    *,
    idle: float,
    backpressure: float,
    seed: int,
    reset_after: int = 0,
    wave: Path | None = None,
) -> Observed:
    """Run the design of `library` on the beats of `expected` from reset.

    Parameters
    ----------
    idle, backpressure : float
        Probability per cycle that no new beat is offered, that tready is low.
    reset_after : int
        Reset once this many beats were taken, then start over; 0 for never.
    wave : Path, optional
        A VCD file to write; the library must have been compiled for it.
    """
    outputs = len(expected.values[OUTPUT])
    taps = [channel for channel, _ in expected.taps()]
    signed = {channel: tap["signed"] for channel, tap in expected.taps()}
    wanted = np.array([len(expected.values[channel]) for channel in taps] or [0], np.int64)
    values = [np.zeros(count + 1, np.int64) for count in wanted]
    counts = np.zeros(len(wanted), np.int64)
    value, last, cycle = np.zeros((3, outputs + 1), np.int64)
    taken = np.zeros(len(expected.beats), np.int64)
    errors = sum(beat.breaks for beat in expected.beats)
    error_cycle = np.zeros(errors + 1, np.int64)
    inputs = _inputs(expected)
    pointers = np.array([array.ctypes.data for array in values], np.uintp)
    patience = expected.patience(idle, backpressure)
    job = _Job(
        *(array.ctypes.data for array in inputs),
        len(expected.beats),
        idle,
        backpressure,
        seed & _MASK32,
        patience,
        expected.drain(patience),
        reset_after,
        outputs,
        *(array.ctypes.data for array in (value, last, cycle, taken, wanted, pointers, counts)),
        errors,
        error_cycle.ctypes.data,
        wave=os.fsencode(wave) if wave else None,
    )
    ctypes.CDLL(str(library)).run(ctypes.byref(job))
    arrived = min(job.taken_out, outputs + 1)
    received = {OUTPUT: _integers(value[:arrived], expected.manifest["output"]["signed"])}
    received[TLAST] = last[:arrived].tolist()
    for channel, array, count in zip(taps, values, counts, strict=False):
        received[channel] = _integers(array[:count], signed[channel])
    return Observed(
        received,
        taken[: job.taken_in].tolist(),
        cycle[:arrived].tolist(),
        RULES[job.stop],
        error_cycle[: job.error_count].tolist(),
    )


def _inputs(expected: Expected) -> list[np.ndarray]:
    """data, last, user, after of the beats as the driver wants them."""
    port, beats = expected.manifest["input"], expected.beats
    size = 4 * -(-port["elements"] * port["slot"] // 32)
    data = b"".join(beat.data.to_bytes(size, "little") for beat in beats)
    return [
        np.frombuffer(data, "<u4").astype(np.uint32),
        np.array([beat.last for beat in beats], np.uint8),
        np.array([beat.user for beat in beats], np.uint32),
        np.array([beat.after for beat in beats], np.int64),
    ]


def _integers(array: np.ndarray, signed: bool) -> list[int]:
    return (array if signed else array.view(np.uint64)).tolist()
