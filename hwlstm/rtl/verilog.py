"""Verilog and RTLIL of a plan, the same bytes every time."""

import re

from amaranth.back import rtlil, verilog

from ..plan.network import NetworkPlan
from .network import NetworkTop

__all__ = ["named_apart", "to_rtlil", "to_verilog"]

_ESCAPED = re.compile(r"\\\S+")
_ELEMENT = re.compile(r"\[(\d+)\]")


def to_verilog(plan: NetworkPlan, *, taps: bool = False) -> str:
    """One Verilog file; its top module has the network's name."""
    text = verilog.convert(
        NetworkTop(plan, taps=taps), name=plan.name, emit_src=False, strip_internal_attrs=True
    )
    return named_apart(text)


def to_rtlil(plan: NetworkPlan, *, taps: bool = False) -> str:
    """The same design for yosys, without the detour over Verilog."""
    text = rtlil.convert(NetworkTop(plan, taps=taps), name=plan.name, emit_src=False)
    return named_apart(text)


def named_apart(text: str) -> str:
    r"""Verilog or RTLIL of Amaranth with its elements of arrays called ``\w.1``, not ``\w[1]``.

    That is what bit 1 of `w` is called within abc9 of yosys, which then takes one for the other.
    """
    return _ESCAPED.sub(lambda name: _ELEMENT.sub(r".\1", name[0]), text)
