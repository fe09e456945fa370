"""Cycles and a clock make times."""

from dataclasses import dataclass

from .source import Build, after_last

__all__ = ["Speed"]


@dataclass(frozen=True)
class Speed:
    """Times of a build at a clock; all derived.

    Attributes
    ----------
    step : float
        Seconds from step to step of a long sequence.
    latency : float
        Seconds from the first input to the last output of a sequence of one step.
    steps : int or None
        Of a sequence of the data that quantisation was measured on.
    sequences : float or None
        Sequences of that length a second, back to back.
    """

    step: float
    latency: float
    steps: int | None
    sequences: float | None

    @classmethod
    def of(cls, build: Build, mhz: float) -> "Speed":
        hertz, cycles = mhz * 1e6, build.manifest["cycles"]
        steps = build.quantisation["steps"] if build.quantisation else None
        sequences = hertz / cycles_per_sequence(build, steps) if steps else None
        return cls(cycles["step"] / hertz, cycles["latency"] / hertz, steps, sequences)


def cycles_per_sequence(build: Build, steps: int) -> float:
    """The slowest of the layers that see every step, and of those that see one."""
    once = [one["cycles_per_step"] for one in build.layers if after_last(build.layers, one)]
    return max(steps * build.manifest["cycles"]["step"], *once, 0)
