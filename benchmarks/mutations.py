"""python -m benchmarks.mutations [--timed] [FILE ...]: break the hardware line by line. Noticed?

Each mutation is applied to a copy of the package. Three small designs are then written, simulated
without and with stalls, and compared with the golden model and the predicted cycles; then the
parts between the engines run alone. Mutations of activation units are judged by the tests of these,
code by code; those of what time gates and gates that take turns on a lane brought, by the tests of
these parts and of engines with closed groups. A copy without a mutation must pass.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["MUTATIONS"]

ROOT = Path(__file__).resolve().parents[1]

MUTATIONS = [
    # file, text that stands there once, what stands there instead
    ("arithmetic.py", "(sticky | floor[0])", "sticky"),
    ("arithmetic.py", "(sticky | floor[0])", "1"),
    ("arithmetic.py", "wide[: shift - 1].any()", "wide[: shift - 2].any()"),
    ("arithmetic.py", "if span.hi > hi:", "if False:"),
    ("arithmetic.py", "if span.lo < lo:", "if False:"),
    ("arithmetic.py", "value[-1] & ~value[(-lo)", "~value[(-lo)"),
    ("arithmetic.py", "for k in range(cycles):", "for k in range(cycles + 1):"),
    ("lane.py", "Mux(first[-1], 0, acc)", "acc"),
    ("lane.py", "product.eq(w[c] * x[c])", "product.eq(w[c] * x[0])"),
    ("lane.py", "total.eq(a + b)", "total.eq(a - b)"),
    ("lane.py", "first << 1 | self.i_first", "first << 1 | first"),
    ("buffers.py", "self.i.ready.eq(held != 2)", "self.i.ready.eq(1)"),
    ("buffers.py", "with m.If(write_beat == 0):", "with m.If(1):"),
    (
        "buffers.py",
        "read.addr.eq(Cat(self.columns.beat[:beat_bits], read_bank))",
        "read.addr.eq(Cat(self.columns.beat[:beat_bits], write_bank))",
    ),
    ("buffers.py", "credit + accept - taken(self.columns, self.beats)", "credit + accept"),
    ("buffers.py", "~self.parity & ~self.initial", "self.parity & ~self.initial"),
    ("buffers.py", ", ~self.parity & ~self.initial, self.initial)", ", ~self.parity, 0)"),
    ("buffers.py", "last_lane | (self.write_unit == self.units - 1)", "last_lane"),
    ("buffers.py", "credit + complete - taken", "credit + self.write - taken"),
    ("buffers.py", "init=self.beats", "init=0"),
    ("buffers.py", "self.columns.ready.eq(credit > 0)", "self.columns.ready.eq(1)"),
    ("sequencer.py", "~opened & ~self.reset", "~opened"),
    ("sequencer.py", "ready & (self.group_ready | ~last)", "ready"),
    ("sequencer.py", "port.take.eq(self.issue & ~opened)", "port.take.eq(self.issue)"),
    ("sequencer.py", "self.parity.eq(~self.parity)", "self.parity.eq(0)"),
    (
        "sequencer.py",
        "self.step_end & (self.issue & at_x & ends | skip)",
        "self.issue & at_x & ends",
    ),
    ("sequencer.py", "Mux(at_x, self.step_first, flags[0])", "self.step_first"),
    ("sequencer.py", "m.d.sync += self.word.eq(0)", "pass"),
    ("drain.py", "left.eq(0), self.unit.eq(0)", "self.unit.eq(0)"),
    ("drain.py", "self.start & ((left == 1) | final)", "self.start & (left == 1)"),
    ("drain.py", "sums[k].eq(sums[k + 1])", "sums[k].eq(sums[k])"),
    ("drain.py", "self.group_end, self.lead, name", "self.group_end, self.lead - 1, name"),
    ("activation/table.py", "read.addr.eq(address)", "read.addr.eq(address - 1)"),
    ("activation/table.py", "address = Cat(address, select)", "pass"),
    ("activation/table.py", "return (above.all() | ~above.any())", "return (~above.any())"),
    ("activation/table.py", "reversed(inside), reversed", "inside, reversed"),
    ("activation/table.py", "int(v) >> k & 1", "int(v) >> k + 1 & 1"),
    ("activation/table.py", "picked.as_signed() if of.signed", "picked if of.signed"),
    ("activation/piecewise.py", 'live.pop("start") + live', 'live.pop("start") - live'),
    ("activation/piecewise.py", 'live["t"][p.drop :]', 'live["t"][p.drop - 1 :]'),
    ("activation/piecewise.py", 'live["slope"] + live.pop("bent")', 'live["slope"]'),
    ("activation/rows.py", "(total >> 1) + row", "total + row"),
    ("activation/rows.py", "live[by] = live[by][1:]", "pass"),
    ("activation/rows.py", "whole.as_signed() if total", "whole if total"),
    ("activation/rows.py", "max(shift - len(low), 0)", "0"),
    ("activation/clipped.py", 'live["x"] >= first', 'live["x"] > first'),
    ("activation/clipped.py", 'total + live["x"] if digit > 0', 'total + live["x"] if digit'),
    ("activation/clipped.py", "product + unit.start[k]", "product"),
    ("activation/clipped.py", "place - places[k - 1][0]", "place"),
    ("activation/unit.py", "(negative & rest.any())", "negative"),
    ("activation/unit.py", "units[0].mirror + 1, 0", "units[0].mirror, 0"),
    ("activation/unit.py", "Mux(halves, x, x << 1)", "x << 1"),
    ("activation/unit.py", 'live["y"] + one >> 1', 'live["y"] >> 1'),
    ("activation/pipeline.py", "if stage not in self.registers:", "if True:"),
    ("cell.py", "-(-(cycle - born) // self.schedule.interval)", "(cycle - born)"),
    ("cell.py", "self.phase == cycle % interval", "self.phase == (cycle + 1) % interval"),
    ("cell.py", "return args[0] + args[1]", "return args[0] - args[1]"),
    ("cell.py", "distinct.index(table)", "0"),
    ("engine.py", "step.parity.eq(sequencer.parity)", "step.parity.eq(0)"),
    ("engine.py", "z.eq(total + (bias << align))", "z.eq(total)"),
    ("engine.py", "z.eq(total + (bias << align))", "z.eq(total + bias)"),
    ("engine.py", "unit.at(plan.unit_cycle + arrival - 1)", "unit.at(plan.unit_cycle + arrival)"),
    ("engine.py", "Mux(read_unit.reset, below, 0) | read_unit.number", "read_unit.number"),
    ("engine.py", "buffer.columns.data[c] << shift", "buffer.columns.data[c]"),
    ("engine.py", "Mux(sequencer.step_end, plan.last_group, plan.parallel)", "plan.parallel"),
    ("engine.py", "with m.If(issued), m.Switch(source):", "with m.Switch(source):"),
    ("engine.py", "entry.last.eq(now.last)", "entry.last.eq(0)"),
    ("limit.py", "self.i.p.last & ~ends", "self.i.p.last"),
    ("limit.py", "~adds & self.i.p.last", "self.i.p.last"),
    ("limit.py", "self.o.ready & ~adds", "self.o.ready"),
    ("limit.py", "self.o.p.eq(0)", "self.o.p.eq(self.i.p)"),
    ("limit.py", "self.o.p.last.eq(1)", "self.o.p.last.eq(0)"),
    ("limit.py", "breaks | (adds & ~ends)", "breaks"),
    ("limit.py", "m.d.sync += self.error.eq(0)", "pass"),
    ("network.py", "starts & ~self.s_axis_tuser", "starts"),
    ("network.py", "starts.eq(self.s_axis_tlast)", "starts.eq(0)"),
    ("network.py", "stream.p.last & ends", "stream.p.last"),
    ("last_step.py", "self.i.valid & self.i.p.last", "self.i.valid"),
    ("last_step.py", "self.o.ready | ~self.i.p.last", "self.o.ready"),
    ("packer.py", "(place == self.columns - 1) | ends", "place == self.columns - 1"),
    ("packer.py", "Mux(full, 0, place + 1)", "place + 1"),
    ("argmax.py", "self.i.p.data > best", "self.i.p.data >= best"),
    ("argmax.py", "(number == 0) | (self", "(self"),
    ("argmax.py", "free | ~ends", "free | ends"),
]

TIMED = [
    ("time_gate.py", "Mux(first, start, read.data + advance)", "read.data + advance"),
    (
        "time_gate.py",
        "Mux(first, start, read.data + advance)",
        "Mux(first, 0, read.data + advance)",
    ),
    ("time_gate.py", "write.en.eq(valids[2])", "write.en.eq(1)"),
    ("time_gate.py", "product.eq(time * advance)", "product.eq(step.time * advance)"),
    ("time_gate.py", "word.eq(product + start)", "word.eq(product)"),
    ("time_gate.py", "bounds[0] <= phi", "bounds[0] < phi"),
    ("time_gate.py", "phi < bounds[1]", "phi <= bounds[1]"),
    ("time_gate.py", " | (number == plan.units - 1)", ""),
    ("time_gate.py", "(any_open | is_open) & ~last", "any_open | is_open"),
    ("time_gate.py", "queue.w_data.eq(any_open | is_open)", "queue.w_data.eq(is_open)"),
    ("time_gate.py", "write.eq(~write)", "write.eq(write)"),
    ("time_gate.py", "count + self.step - self.taken", "(count | self.step) - self.taken"),
    ("sequencer.py", "allowed = self.open_ready & self.open", "allowed = self.open_ready"),
    ("sequencer.py", "whole = opened | self.step_complete", "whole = 1"),
    ("sequencer.py", "whole = opened | self.step_complete", "whole = self.step_complete"),
    ("sequencer.py", "~self.open & self.group_ready & whole", "~self.open & whole"),
    ("sequencer.py", "skip & self.step_end & ~opened", "skip & self.step_end"),
    ("sequencer.py", "opened.eq(opened | self.issue)", "opened.eq(1)"),
    ("sequencer.py", "self.word + self.depth // self.groups", "self.word"),
    ("sequencer.py", "self.issue & at_x & ends | skip", "self.issue & at_x & ends"),
    ("buffers.py", "Mux(columns.drop, beats, columns.take)", "columns.take"),
    ("buffers.py", "credit >= self.beats", "credit > 0"),
    ("buffers.py", "accept & (write_beat == 0)", "accept"),
    ("lane.py", "held.eq(self.o[k + 1])", "held.eq(0)"),
    ("lane.py", "with m.If(first[-1]):", "with m.If(1):"),
    ("engine.py", "flying + size <= plan.layer.units", "flying <= plan.layer.units"),
    ("engine.py", "if plan.guarded else 1", "if False else 1"),
    ("engine.py", "Mux(gate.open, drain.sums[row], 0) if gate", "drain.sums[row] if gate"),
    ("engine.py", "unit.at(plan.lead - 1).slot", "unit.at(plan.lead).slot"),
    ("engine.py", "slot.eq(slot + drain.start)", "slot.eq(slot + 1)"),
    ("engine.py", "sequencer.issue | sequencer.group_end", "sequencer.issue"),
]
"""Mutations of time gates, of closed groups, and of gates that take turns on a lane."""

PROOF = """
import sys, tempfile
from pathlib import Path
from tests.simulate.test_emitted import prove
from tests.designs import classifier, fixed, saturating
from hwlstm.cells import Vanilla
from hwlstm.errors import HwlstmError
from hwlstm.plan import LayerPlan, NetworkPlan
import pytest
designs = [
    (fixed(3, 5, cell=Vanilla(), initial=True, formats={"lstm.h": "Q2.9", "lstm.b": "Q2.7"}),
     {"parallel": 2, "columns": 2}),
    (digits := classifier(inputs=4, units=6, classes=5, weights=5),
     {"engines": NetworkPlan(digits, (
         LayerPlan(digits.layers[0], 4, 1, 3), LayerPlan(digits.layers[1], 3, 4)))}),
    (saturating(1, 7), {"parallel": 4, "columns": 4}),
]
for number, (network, engine) in enumerate(designs):
    with tempfile.TemporaryDirectory() as folder:
        try:
            prove(network, Path(folder), **engine)
        except HwlstmError as error:
            sys.exit(f"design {number}: {error}")
if pytest.main(["-x", "-q", "tests/rtl/test_streams.py"]):
    sys.exit("the bench of the small parts")
"""

UNITS = """
import sys, pytest
if pytest.main(["-x", "-q", "tests/simulate/test_emitted_activation.py", "-k",
                "12_bits or turns or usual or share"]):
    sys.exit("a code that is not that of the model")
"""


CLOSED = """
import sys, pytest
parts = [f"tests/rtl/test_{part}.py" for part in
         ("lane", "time_gate", "sequencer_timed", "engine_timed")]
if pytest.main(["-x", "-q", *parts, "-k", "not states_may_be"]):
    sys.exit("the benches of time gates and closed groups")
"""


def main() -> int:
    """Print what became of each mutation; 1 if one survived."""
    named = set(sys.argv[1:]) - {"--timed"}
    every = TIMED if "--timed" in sys.argv[1:] else MUTATIONS + TIMED
    chosen = [mutation for mutation in every if mutation[0] in named or not named]
    for proof in dict.fromkeys(proof_of(mutation) for mutation in chosen):
        if why := notices(proof):
            raise SystemExit(f"the proof fails without a mutation: {why}")
    survivors = 0
    print("| file | line | noticed by |\n|---|---|---|")
    for mutation in chosen:
        file, before, after = mutation
        noticed = notices(proof_of(mutation), mutation)
        survivors += noticed is None
        print(f"| {file} | `{before}` -> `{after}` | {noticed or '**nothing**'} |", flush=True)
    print(f"\n{len(chosen) - survivors} of {len(chosen)} mutations noticed")
    return int(survivors > 0)


def proof_of(mutation: tuple[str, str, str]) -> str:
    """The program that must fail on a copy with this mutation."""
    if mutation[0].startswith("activation/"):
        return UNITS
    return CLOSED if mutation in TIMED else PROOF


def notices(proof: str, mutation: tuple[str, str, str] | None = None) -> str | None:
    """How the proof fails on a copy with this mutation; None if it passes."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("hwlstm", "tests", "sim"):
            shutil.copytree(ROOT / part, Path(folder) / part)
        if mutation:
            file, before, after = mutation
            path = Path(folder) / "hwlstm/rtl" / file
            text = path.read_text()
            if text.count(before) != 1:
                times = text.count(before)
                raise SystemExit(f"{file} must hold {before!r} once, not {times} times")
            path.write_text(text.replace(before, after))
        environment = {**os.environ, "CXXFLAGS": "-O0", "PYTHONPATH": folder}
        environment["HWLSTM_CACHE"] = str(Path(folder) / "cache")
        ended = subprocess.run(
            [sys.executable, "-c", proof],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    lines: Iterator[str] = reversed(ended.stderr.strip().splitlines() or ["?"])
    return None if ended.returncode == 0 else next(lines)[:150].replace("|", "/")


if __name__ == "__main__":
    sys.exit(main())
