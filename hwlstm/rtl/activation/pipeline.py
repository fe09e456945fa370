"""Registers across everything that is on its way through a unit."""

from collections.abc import Mapping

from amaranth import Module, Signal
from amaranth.hdl import Value

__all__ = ["Live", "Pipeline"]

Live = Mapping[str, Value]
"""Name to the value that later stages will read."""


class Pipeline:
    """Puts a row of registers where the latency that was asked for has one.

    Parameters
    ----------
    m : Module
    registers : set of str
        The stages that have one.
    """

    def __init__(self, m: Module, registers: frozenset[str]):
        self.m, self.registers = m, registers

    def __call__(self, stage: str, live: Live) -> dict[str, Value]:
        """The live values behind `stage`."""
        if stage not in self.registers:
            return dict(live)
        return {
            name: self.register(f"{name}_{stage.replace(' ', '_')}", v) for name, v in live.items()
        }

    def register(self, name: str, value: Value) -> Signal:
        held = Signal(value.shape(), name=name, reset_less=True)
        self.m.d.sync += held.eq(value)
        return held
