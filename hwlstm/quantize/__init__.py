"""From floats to raw integers: formats from calibration data, and what they cost."""

from .backward import quantize_backward
from .columns import ENOUGH
from .numbers import requantize
from .quantize import ROUNDINGS, quantize
from .remarks import remarks
from .signals import Quantisation, SignalReport, measure
from .widths import Widths

__all__ = [
    "ENOUGH",
    "ROUNDINGS",
    "Quantisation",
    "SignalReport",
    "Widths",
    "measure",
    "quantize",
    "quantize_backward",
    "remarks",
    "requantize",
]
