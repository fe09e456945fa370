"""The reference in floats, and the golden model in raw integers."""

from .gradients import gradients, integer_gradients
from .network import Trace, evaluate, run_float, run_integer, run_sequences

__all__ = [
    "Trace",
    "evaluate",
    "gradients",
    "integer_gradients",
    "run_float",
    "run_integer",
    "run_sequences",
]
