"""The hardware of hwlstm.activation, family by family."""

from .unit import ActivationUnit

__all__ = ["ActivationUnit"]
