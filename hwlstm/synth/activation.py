"""One activation by itself: as data, as a Verilog file, and what a device makes of it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from amaranth.back import verilog
from amaranth.hdl import ClockDomain, Signal

from ..activation import Activation
from ..activation.target import SAME
from ..devices import Device
from ..names import check_name
from ..rtl.activation import ActivationUnit
from ..rtl.arithmetic import shape
from ..rtl.verilog import named_apart
from .synth import SynthReport, synth

__all__ = ["activation_verilog", "description", "envelope", "synth_activation"]

PARTS = 256
"""Of the input range, in a description: as many as a picture of it needs."""


class Alone(ActivationUnit):
    """A unit as a top module with the ports clk, x and y, as wide as their formats.

    With several activations there is also select, the index of the one that x is for.
    """

    x: Signal
    y: Signal
    select: Signal

    def __init__(self, activations: Sequence[Activation]):
        super().__init__(list(activations))
        self.sync = ClockDomain("sync", reset_less=True)
        self.whole = Signal(shape(activations[0].out_format.interval), name="y")
        turns = [self.select] if len(activations) > 1 else []
        self.ports = [self.sync.clk, *turns, self.x, self.whole]

    def elaborate(self, platform):
        m = super().elaborate(platform)
        m.domains += self.sync
        m.d.comb += self.whole.eq(self.y)
        return m


def activation_verilog(*activations: Activation, name: str | None = None) -> str:
    """One Verilog module with the ports clk, x and y; the same bytes every time.

    Parameters
    ----------
    activations : Activation
        Several, of equal likeness, take turns: a port select is the index of the one that x is
        for.
    name : str or None
        Of the module; None: the functions' names, joined by _.
    """
    top = Alone(activations)
    name = unit_name(activations) if name is None else name
    check_name("Module name", name)
    text = verilog.convert(
        top, name=name, ports=top.ports, emit_src=False, strip_internal_attrs=True
    )
    head = "".join(f"// {line}\n" for each in activations for line in contract(each))
    return head + named_apart(text)


def unit_name(activations: Sequence[Activation]) -> str:
    """The functions' names; one without a name is an activation."""
    names = (each.function.name for each in activations)
    return "_".join(name if name.isidentifier() else "activation" for name in names)


def contract(activation: Activation) -> tuple[str, str]:
    proof, latency = activation.certificate, activation.latency
    return (
        f"{activation.function}: x is {activation.in_format}, y is {activation.out_format}, "
        f"{latency} {'cycle' if latency == 1 else 'cycles'} later",
        f"largest error {proof.max_ulp:.6g} ulp, measured over all {proof.codes} codes of x",
    )


def synth_activation(
    activation: Activation | Sequence[Activation],
    device: Device | str,
    out: Path,
    *,
    name: str | None = None,
    seeds: Sequence[int] = (1,),
    place: bool = True,
    timeout: float = 1800.0,
    progress: Callable[[str], None] | None = None,
) -> SynthReport:
    """Synthesise the emitted Verilog in the work directory `out`; see :func:`hwlstm.synth`."""
    activations = [activation] if isinstance(activation, Activation) else activation
    name = unit_name(activations) if name is None else name
    text = activation_verilog(*activations, name=name)
    out.mkdir(parents=True, exist_ok=True)
    source = out / f"{name}.v"
    source.write_text(text, encoding="utf-8")
    return synth(
        source, name, device, out, seeds=seeds, place=place, timeout=timeout, progress=progress
    )


def description(activation: Activation, parts: int = PARTS) -> dict:
    """What the unit is and does, as JSON-able data: that of the manifest and of the command line.

    `bound` is what was asked for, `worst` the first input with the largest error; `least` and
    `greatest` are the error over equal parts of the input range, from left to right.
    """
    unit, errors = activation.unit, activation.errors
    size = np.abs(errors)
    worst = np.flatnonzero(size >= size.max() - SAME)[0]
    least, greatest = envelope(errors, parts)
    return {
        "function": str(activation.function),
        "input": str(activation.in_format),
        "output": str(activation.out_format),
        "family": unit.kind,
        "words": unit.words,
        "word_bits": unit.word_bits,
        "latency": activation.latency,
        "bound": activation.max_ulp,
        **asdict(activation.certificate),
        "worst": float(activation.target.inputs[worst]),
        "least": least,
        "greatest": greatest,
    }


def envelope(errors: np.ndarray, parts: int) -> tuple[list[float], list[float]]:
    """Least and greatest error of each part of the codes, to a thousandth of an ulp.

    Every code is in one of them; there are fewer parts where there are fewer codes.
    """
    parts = min(parts, len(errors))
    starts = np.arange(parts) * len(errors) // parts
    rows = (each.reduceat(errors, starts) for each in (np.minimum, np.maximum))
    least, greatest = ((np.round(row, 3) + 0.0).tolist() for row in rows)
    return least, greatest
