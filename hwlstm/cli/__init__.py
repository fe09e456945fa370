"""The command line: one file a command, its options beside its action."""

from .main import main

__all__ = ["main"]
