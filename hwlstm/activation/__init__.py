"""Activation functions as integer units that prove their own error.

An Activation is given as a function, two formats and a bound (functions, target, demand). Each
family searches for its smallest unit (direct, segmented, clipped, shared; coefficients by exact
feasibility in fit), search takes the cheapest that meets the bound over every input code, and the
certificate says what it does. The hardware is hwlstm.rtl.activation.
"""

from .activation import Activation, flat_beyond, listed
from .certificate import Certificate, ReferenceCheck, check_reference
from .families import (
    Clipped,
    Direct,
    Family,
    Piecewise,
    Saturating,
    Shared,
    inner,
    joint_factors,
    joint_table,
)
from .functions import FUNCTIONS, Function, function
from .search import FAMILIES, RESOURCES, Unmet

__all__ = [
    "FAMILIES",
    "FUNCTIONS",
    "RESOURCES",
    "Activation",
    "Certificate",
    "Clipped",
    "Direct",
    "Family",
    "Function",
    "Piecewise",
    "ReferenceCheck",
    "Saturating",
    "Shared",
    "Unmet",
    "check_reference",
    "flat_beyond",
    "function",
    "inner",
    "joint_factors",
    "joint_table",
    "listed",
]
