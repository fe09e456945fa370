"""The time gate of a Phased LSTM: when each unit is open. In floats, and as wrapping integers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .fixed import Format

__all__ = ["FixedTimeGate", "TimeGate", "checked_time"]

VECTORS = ("period", "shift", "ratio", "leak")


@dataclass(frozen=True, eq=False)
class TimeGate:
    """When each unit of a layer is open (Neil, Pfeiffer & Liu 2016, section 2).

    Parameters
    ----------
    period, shift : array (units,)
        In the unit of time of the data; the phase is ((t - shift) mod period) / period.
    ratio : array (units,)
        Open ratio, the part of the period in which the gate is open; above 0, at most 1.
    leak : array (units,) or float
        Slope of the gate over the phase while it is closed; 0 in use, small in training.
    interval : float
        Time from step to step, the first step being at 0.
    stamped : bool
        Each step brings its own time instead.
    """

    period: np.ndarray
    shift: np.ndarray
    ratio: np.ndarray
    leak: np.ndarray | float = 0.0
    interval: float = 1.0
    stamped: bool = False

    def __post_init__(self):
        shape = np.shape(self.period)
        if len(shape) != 1 or 0 in shape:
            raise ValueError(f"TimeGate period must have shape (units,), not {shape}")
        for name in VECTORS:
            value = np.array(getattr(self, name), dtype=np.float64)
            value = np.full(shape, value) if value.ndim == 0 else value
            if value.shape != shape:
                raise ValueError(f"TimeGate {name} must have shape {shape}, not {value.shape}")
            if not np.isfinite(value).all():
                raise ValueError(f"TimeGate {name} must be finite; it holds NaN or infinity")
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        if not (self.period > 0).all():
            raise ValueError(f"TimeGate period must be above 0, not {self.period.min():g}")
        if not ((self.ratio > 0) & (self.ratio <= 1)).all():
            raise ValueError("TimeGate ratio must be above 0 and at most 1")
        if (self.leak < 0).any():
            raise ValueError(f"TimeGate leak must not be negative, as {self.leak.min():g} is")
        if not np.isfinite(self.interval) or self.interval <= 0:
            raise ValueError(f"TimeGate interval must be above 0, not {self.interval!r}")

    @property
    def units(self) -> int:
        return len(self.period)

    def times(self, sequences: int, steps: int, time=None) -> np.ndarray:
        """Time of every step (sequences, steps): the given one if stamped, else regular."""
        if not self.stamped:
            if time is not None:
                raise ValueError("Time must not be given to a layer that is sampled regularly")
            return np.tile(self.interval * np.arange(steps), (sequences, 1))
        if time is None:
            raise ValueError("Time of every step must be given: the layer reads time stamps")
        return checked_time(time, sequences, steps)

    def phase(self, time: np.ndarray) -> np.ndarray:
        """phi (..., units) in [0, 1) at times (...)."""
        turns = (np.asarray(time)[..., None] - self.shift) / self.period
        return turns - np.floor(turns)

    @property
    def vectors(self) -> dict[str, np.ndarray]:
        """Leaf of the cell to its number for every unit."""
        return {"time.rate": 2 / self.ratio, "time.leak": self.leak}

    def gradients(self, time: np.ndarray, d: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Gradients of period, shift, ratio and leak (units,) from those of the leaves.

        Parameters
        ----------
        time : array (...)
        d : dict
            "time.phi" to array (..., units); "time.rate" and "time.leak" to arrays (units,).
        """
        turns = -d["time.phi"] / self.period
        since = np.asarray(time)[..., None] - self.shift
        steps = tuple(range(turns.ndim - 1))
        return {
            "period": (turns * since / self.period).sum(steps),
            "shift": turns.sum(steps),
            "ratio": -2 * d["time.rate"] / self.ratio**2,
            "leak": np.array(d["time.leak"]),
        }

    def changed(self, **vectors) -> "TimeGate":
        """The same gate with other vectors."""
        return replace(self, **vectors)


def checked_time(time, sequences: int, steps: int) -> np.ndarray:
    """Time stamps (sequences, steps) as numbers that do not run backwards, from 0 on."""
    time = np.asarray(time)
    if time.dtype.kind not in "iuf":
        raise TypeError(f"Time must be real numbers, not {time.dtype}")
    if time.shape != (sequences, steps):
        raise ValueError(f"Time must have shape {(sequences, steps)}, not {time.shape}")
    if not np.isfinite(time).all():
        raise ValueError("Time must be finite; it holds NaN or infinity")
    if (time < 0).any():
        raise ValueError(f"Time must not be negative, as {time.min():g} is; count it from a start")
    if (np.diff(time, axis=1) < 0).any():
        raise ValueError("Time must not run backwards within a sequence")
    return time


@dataclass(frozen=True, eq=False)
class FixedTimeGate:
    """A TimeGate in integers. A phase is a word of `bits` bits, worth raw / 2**bits of a period:
    it wraps by itself.

    Parameters
    ----------
    bits : int
        Width of the phase word.
    phi : Format
        What the cell sees of it: its upper bits.
    start : int64 array (units,)
        Phase at time 0.
    advance : int64 array (units,)
        Phase that one step adds; if stamped, one unit of the stamp.
    stamp : Format or None
        Format of the time stamp; None if steps are regular.
    opens, closes : int64 arrays (units,)
        From `opens` to below `closes` the raw phi is one for which the unit is open.
    """

    bits: int
    phi: Format
    start: np.ndarray
    advance: np.ndarray
    stamp: Format | None
    opens: np.ndarray
    closes: np.ndarray

    @property
    def stamped(self) -> bool:
        return self.stamp is not None

    @property
    def skips(self) -> bool:
        """True if some unit is closed at some time."""
        return bool((self.opens > 0).any() or (self.closes <= self.phi.hi).any())

    def phase(self, count: np.ndarray) -> np.ndarray:
        """Raw phi (..., units) after `count` (...) steps, or at that raw time stamp."""
        word = self.start + np.asarray(count, dtype=np.int64)[..., None] * self.advance
        return (word & (1 << self.bits) - 1) >> self.bits - self.phi.frac

    def is_open(self, phi: np.ndarray) -> np.ndarray:
        """Whether the rows of a unit are multiplied at a raw phi (..., units)."""
        return (self.opens <= phi) & (phi < self.closes)
