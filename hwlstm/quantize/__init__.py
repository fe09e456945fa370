"""From floats to raw integers: formats from calibration data, and what they cost."""

from .formats import quantize
from .signals import Quantisation, SignalReport, measure

__all__ = ["Quantisation", "SignalReport", "measure", "quantize"]
