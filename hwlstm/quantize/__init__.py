"""From floats to raw integers: formats from calibration data, and what they cost."""

from .formats import quantize
from .signals import SignalReport, measure

__all__ = ["SignalReport", "measure", "quantize"]
