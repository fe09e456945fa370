"""From floats to raw integers: formats from calibration data, and what they cost."""

from .backward import quantize_backward
from .formats import quantize
from .numbers import requantize
from .remarks import remarks
from .signals import Quantisation, SignalReport, measure
from .widths import Widths

__all__ = [
    "Quantisation",
    "SignalReport",
    "Widths",
    "measure",
    "quantize",
    "quantize_backward",
    "remarks",
    "requantize",
]
