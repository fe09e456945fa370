"""The hardware, in Amaranth: one file for each box of the block diagram."""

from .engine import Engine
from .network import NetworkTop, ports
from .verilog import to_rtlil, to_verilog

__all__ = ["Engine", "NetworkTop", "ports", "to_rtlil", "to_verilog"]
