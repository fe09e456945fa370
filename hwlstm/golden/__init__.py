"""The reference in floats, and the golden model in raw integers."""

from .network import Trace, evaluate, run_float, run_integer, run_sequences

__all__ = ["Trace", "evaluate", "run_float", "run_integer", "run_sequences"]
