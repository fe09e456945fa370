"""A design that obeys the build folder's contract and is small enough to break on purpose."""

import json
import random
from pathlib import Path

from amaranth.back import rtlil, verilog
from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal, signed
from amaranth.lib.memory import Memory

UNITS, ELEMENTS, SLOT, WIDTH, INITIAL = 3, 2, 16, 10, 5
BEATS = -(-UNITS // ELEMENTS)
LOW = -(1 << WIDTH - 1)


class Toy(Elaboratable):
    """s[u] += x[u], three units, one after the other; then the three sums leave.

    Parameters
    ----------
    many_to_one : bool
        Only the last step's sums leave.
    fault : str
        What to do wrong; empty for nothing.

    Throughput: BEATS + 2 * UNITS cycles a step, BEATS + UNITS when nothing leaves.
    """

    def __init__(self, *, many_to_one: bool = False, fault: str = ""):
        self.many_to_one, self.fault = many_to_one, fault
        self.s_data = Signal(ELEMENTS * SLOT, name="s_axis_tdata")
        self.s_valid = Signal(name="s_axis_tvalid")
        self.s_ready = Signal(name="s_axis_tready")
        self.s_last = Signal(name="s_axis_tlast")
        self.s_user = Signal(name="s_axis_tuser")
        self.m_data = Signal(signed(SLOT), name="m_axis_tdata")
        self.m_valid = Signal(name="m_axis_tvalid")
        self.m_ready = Signal(name="m_axis_tready")
        self.m_last = Signal(name="m_axis_tlast")
        self.error = Signal(name="error")
        self.tap_valid = Signal(name="tap_sum_valid")
        self.tap_x = Signal(signed(WIDTH), name="tap_sum_x")
        self.tap_s = Signal(signed(SLOT), name="tap_sum_s")
        self.ports = [value for value in vars(self).values() if isinstance(value, Signal)]

    def elaborate(self, platform):
        m = Module()
        raised = (self.fault == "error") & self.m_last & self.m_valid & self.m_ready
        m.d.sync += self.error.eq(raised)
        x = Array(Signal(signed(WIDTH), name=f"x{u}") for u in range(BEATS * ELEMENTS))
        s = Array(Signal(signed(SLOT), name=f"s{u}") for u in range(UNITS))
        beat = Signal(range(BEATS + 1), reset_less=self.fault == "reset")
        unit = Signal(range(UNITS + 1))
        first, last, stalled = Signal(init=1), Signal(), Signal()

        clear = first & ((self.fault == "keep") | ~self.s_user)
        wrong = (self.fault == "value") & (unit == 2) & (x[unit] == LOW)
        total = s[unit] + x[unit] + wrong
        if self.fault == "beyond":
            total = total + self.rom(m, unit)
        ends = unit == UNITS - 1
        with m.FSM():
            with m.State("LOAD"):
                m.d.comb += self.s_ready.eq(1)
                with m.If(self.s_valid):
                    m.d.sync += [beat.eq(beat + 1), first.eq(0), last.eq(self.s_last)]
                    for k in range(ELEMENTS):
                        m.d.sync += x[beat * ELEMENTS + k].eq(self.s_data.word_select(k, SLOT))
                    with m.If(clear):
                        m.d.sync += [one.eq(INITIAL) for one in s]
                    with m.If(beat == BEATS - 1):
                        m.d.sync += beat.eq(0)
                        m.next = "ADD"
            with m.State("ADD"):
                m.d.comb += [self.tap_valid.eq(1), self.tap_x.eq(x[unit])]
                m.d.sync += [self.tap_s.eq(total), s[unit].eq(total), unit.eq(unit + 1)]
                with m.If(ends):
                    m.d.sync += unit.eq(0)
                    m.next = "EMIT" if not self.many_to_one else "LOAD"
                    with m.If(last):
                        m.d.sync += first.eq(1)
                        m.next = "EMIT"
            with m.State("EMIT"):
                skip = (self.fault == "drop") & last & (unit == 1)
                self.emit(m, s[unit], ends, last, stalled, skip)
                with m.If((self.m_valid & self.m_ready) | skip):
                    m.d.sync += [unit.eq(unit + 1), stalled.eq(0)]
                    with m.If(ends):
                        m.d.sync += unit.eq(0)
                        m.next = "LOAD"
                        if self.fault in ("extra", "hang"):
                            with m.If(last):
                                m.next = self.fault
            with m.State("extra"):
                m.d.comb += [self.m_valid.eq(1), self.m_data.eq(77)]
                with m.If(self.m_ready):
                    m.next = "LOAD"
            with m.State("hang"):
                m.d.comb += self.m_valid.eq(0)
        return m

    def rom(self, m, unit):
        """Zero, from a memory that is read past its end while the unit does not count."""
        m.submodules.rom = rom = Memory(shape=4, depth=UNITS, init=[0] * UNITS)
        read = rom.read_port(domain="comb")
        m.d.comb += read.addr.eq(Mux(self.tap_valid, unit, UNITS))
        return read.data

    def emit(self, m, value, ends, last, stalled, skip):
        m.d.sync += stalled.eq(self.m_valid & ~self.m_ready)
        m.d.comb += [
            self.m_valid.eq(1),
            self.m_data.eq(value),
            self.m_last.eq(ends & last),
        ]
        if self.fault == "tlast":
            m.d.comb += self.m_last.eq(ends)
        if self.fault == "unstable":
            m.d.comb += self.m_data.eq(Mux(stalled, value + 1, value))
        if self.fault == "falls":
            m.d.comb += self.m_valid.eq(~stalled)
        if self.fault == "waits":
            m.d.comb += self.m_valid.eq(self.m_ready)
        if self.fault == "drop":
            m.d.comb += self.m_valid.eq(~skip)


def manifest(*, many_to_one: bool = False) -> dict:
    signals = {
        "x": {"delay": 0, "width": WIDTH, "signed": True},
        "s": {"delay": 1, "width": SLOT, "signed": True},
    }
    return {
        "name": "toy",
        "inputs": UNITS,
        "outputs": UNITS,
        "many_to_one": many_to_one,
        "input": {"elements": ELEMENTS, "slot": SLOT, "width": WIDTH, "signed": True},
        "output": {"slot": SLOT, "width": SLOT, "signed": True},
        "taps": {"sum": {"units": UNITS, "reads": "all", "signals": signals}},
        "cycles": {"step": BEATS + 2 * UNITS},
    }


def vectors(lengths=(4, 1, 3), *, many_to_one: bool = False) -> dict:
    """Random sequences; every second one keeps the sums. The lowest x comes once, at a place
    where the broken toy of fault "value" goes wrong: sequence 0, step 1, unit 2."""
    rng, sums, sequences = random.Random(3), [], []
    for number, steps in enumerate(lengths):
        keep = number % 2 == 1
        x = [[rng.randint(LOW + 1, -LOW - 1) for _ in range(UNITS)] for _ in range(steps)]
        if number == 0:
            x[1][2] = LOW
        rows, total = [], sums if keep else [INITIAL] * UNITS
        for row in x:
            total = [a + b for a, b in zip(total, row, strict=True)]
            rows.append(total)
        sums = total
        y = rows[-1:] if many_to_one else rows
        sequences.append({"keep": keep, "x": x, "y": y, "taps": {"sum": {"x": x, "s": rows}}})
    return json.loads(json.dumps({"sequences": sequences}))  # no row is shared


def write(folder: Path, *, fault: str = "", many_to_one: bool = False, lengths=(4, 1, 3)) -> Path:
    """A build folder `toy` below `folder`."""
    build = folder / "toy"
    build.mkdir()
    for extension, back in (("v", verilog), ("il", rtlil)):
        toy = Toy(many_to_one=many_to_one, fault=fault)
        text = back.convert(toy, name="toy", ports=toy.ports, emit_src=False)
        (build / f"toy.{extension}").write_text(text)
    facts = manifest(many_to_one=many_to_one)
    (build / "manifest.json").write_text(json.dumps(facts))
    asked = vectors(lengths, many_to_one=many_to_one)
    (build / "vectors.json").write_text(json.dumps(asked))
    return build
