"""Verilog and RTLIL of a plan, the same bytes every time."""

from amaranth.back import rtlil, verilog

from ..plan.network import NetworkPlan
from .network import NetworkTop

__all__ = ["to_rtlil", "to_verilog"]


def to_verilog(plan: NetworkPlan, *, taps: bool = False) -> str:
    """One Verilog file; its top module has the network's name."""
    return verilog.convert(
        NetworkTop(plan, taps=taps), name=plan.name, emit_src=False, strip_internal_attrs=True
    )


def to_rtlil(plan: NetworkPlan, *, taps: bool = False) -> str:
    """The same design for yosys, without the detour over Verilog."""
    return rtlil.convert(NetworkTop(plan, taps=taps), name=plan.name, emit_src=False)
