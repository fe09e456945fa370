"""What of a measurement a user must be told, in one line each; nothing where all is well."""

import numpy as np

from .signals import Quantisation, SignalReport

__all__ = ["remarks"]

FEW = 0.01
"""Share of a signal's values from which on clipping is no accident."""

MOST_FLAT = 0.5
"""Share of values beyond the flat part of an activation from which on the data are suspect."""

WELL_BELOW = 0.25
"""Part of its own spread that an output may be off."""

CONSTANT = 1e-9
"""Part of the largest spread below which an output is a constant, but for float64's rounding."""

QUESTION = "is the data scaled as in training?"


def remarks(measured: Quantisation) -> list[str]:
    """The lines, the gravest first."""
    found = [line for signal in measured.signals if (line := clipping(signal))]
    return [*off(measured), *sorted(found, key=lambda line: not line.startswith("warning"))]


def clipping(signal: SignalReport) -> str | None:
    """Of values that a format does not hold."""
    lost = signal.saturated - signal.harmless
    counted = f"{lost or signal.saturated} of {signal.values} values"
    share = f"{(lost or signal.saturated) / signal.values:.0%}"
    if lost >= FEW * signal.values:
        return f"warning: {signal.signal} clips {counted} ({share}); {QUESTION}"
    if lost:
        return f"{signal.signal} clips {counted}"
    if signal.operand and signal.saturated > MOST_FLAT * signal.values:
        return (
            f"warning: {signal.signal} is beyond the flat part of its activation in {counted} "
            f"({share}); {QUESTION}"
        )
    return None


def off(measured: Quantisation) -> list[str]:
    """Of outputs whose error is not well below their own spread."""
    error, spread = np.array(measured.outputs).T
    moves = spread > CONSTANT * spread.max()
    parts = np.divide(error, spread, out=np.zeros_like(error), where=moves)
    bad = np.flatnonzero(parts > WELL_BELOW)
    if not bad.size:
        return []
    worst = int(parts.argmax())
    return [
        f"warning: {bad.size} of {len(parts)} outputs are off by more than {WELL_BELOW:.0%} of "
        f"their own spread on these data; the worst is output {worst}, by {error[worst]:.3g} "
        f"(rms), and spreads {spread[worst]:.3g}: give it more bits, or scale the data alike"
    ]
