"""Sequences from a file, to calibrate with or to run."""

from .file import Data, read_data

__all__ = ["Data", "read_data"]
