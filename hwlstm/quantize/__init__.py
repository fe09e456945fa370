"""From floats to raw integers: formats from calibration data, and what they cost."""

from .backward import quantize_backward
from .columns import ENOUGH
from .formats import ROUNDINGS, quantize
from .numbers import requantize
from .signals import Quantisation, SignalReport, measure

__all__ = [
    "ENOUGH",
    "ROUNDINGS",
    "Quantisation",
    "SignalReport",
    "measure",
    "quantize",
    "quantize_backward",
    "requantize",
]
