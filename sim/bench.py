"""Bench of an emitted design: every output, every tap and the rules of AXI4-Stream.

Run by run.py, which also says how. It needs cocotb and the files beside it, not hwlstm. The
first difference fails the run and is named in one line; results.json has the measured cycles.
"""

import json
import os
from pathlib import Path

import cocotb
from cocotb.triggers import Timer
from vectors import OUTPUT, TLAST, Expected, Random
from verdict import AFTER_RESET, HANG, RULES, STALLS, Observed, verdict, wrong_port

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
ASKED = json.loads(os.environ.get("BENCH_STIMULUS", "{}"))
STIMULUS = {"idle": 0.0, "backpressure": 0.0, "seed": 1} | ASKED


class Ports:
    """The design's ports as integers; None where a bit is undefined."""

    def __init__(self, dut):
        self.dut = dut

    def __getitem__(self, name: str):
        return getattr(self.dut, name)

    def widths(self, names) -> dict[str, int]:
        """Widths in bits of those of `names` that exist."""
        return {name: len(self[name]) for name in names if hasattr(self.dut, name)}

    def read(self, name: str, *, signed: bool = False) -> int | None:
        port = self[name]
        try:
            raw = int(port.value)  # unsigned, also for the scalar ports
        except ValueError:
            return None
        return raw - (raw >> len(port) - 1 << len(port)) if signed else raw

    def write(self, **values: int):
        for name, value in values.items():
            self[name].value = value


class Bench:
    """One run: drives s_axis and m_axis.tready, collects what comes.

    The bench makes the clock itself: inputs change while it is low and outputs are read just
    before it rises, so the order of events in the simulator cannot matter. driver.cc
    does the same, cycle for cycle.
    """

    def __init__(self, dut, expected: Expected, *, idle: float, backpressure: float, seed: int):
        self.ports, self.expected = Ports(dut), expected
        self.idle, self.backpressure, self.seed = idle, backpressure, seed
        self.patience = expected.patience(idle, backpressure)
        self.drain = expected.drain(self.patience)
        self.output_signed = expected.manifest["output"]["signed"]
        self.taps = expected.taps()
        self.layers = list(dict.fromkeys(layer for (layer, _), _ in self.taps))

    async def reset(self):
        self.seen = Observed({channel: [] for channel in self.expected.values})
        self.input_random, self.output_random = Random(self.seed), Random(~self.seed)
        self.history = {layer: set() for layer in self.layers}
        self.cycle = self.quiet = self.drained = 0
        self.offered = self.shy = self.wrong = False
        self.held: tuple | None = None  # payload that waits for tready
        self.drive(offered=False, ready=True)
        self.ports.write(rst=1)
        for _ in range(2):
            await self.settle()
            await self.edge()
        self.ports.write(rst=0)

    async def run(self, *, reset_after: int = 0) -> str | None:
        """The first difference, or None. With reset_after, reset once so many beats were taken
        and start over."""
        await self.reset()
        if reset_after:
            while len(self.seen.input_cycles) < reset_after:
                if await self.tick():
                    return verdict(self.expected, self.seen, self.patience)
            await self.reset()
        while not await self.tick():
            pass
        return verdict(self.expected, self.seen, self.patience)

    async def settle(self):
        self.ports.write(clk=0)
        await Timer(5, "ns")

    async def edge(self):
        self.ports.write(clk=1)
        await Timer(5, "ns")

    def drive(self, *, offered: bool, ready: bool):
        beat = self.expected.beats[len(self.seen.input_cycles)] if offered else None
        idle = (1 << len(self.ports["s_axis_tdata"])) - 1
        self.ports.write(
            s_axis_tvalid=offered,
            s_axis_tdata=beat.data if beat else idle,
            s_axis_tlast=beat.last if beat else 1,
            s_axis_tuser=beat.user if beat else self.expected.idle_user,
            m_axis_tready=ready,
        )

    async def tick(self) -> bool:
        """One cycle; True when the run is over."""
        self.offered = self.offered or self.may_offer()
        ready = not self.output_random.below(self.backpressure)
        if self.shy and self.held is None:
            ready = False  # a source must not wait for tready
        self.drive(offered=self.offered, ready=ready)
        await self.settle()
        if self.broken_rule():
            return True
        progress = [self.take_input(), self.take_output(ready), self.take_taps()]
        if self.error:
            self.seen.error_cycles.append(self.cycle)
        await self.edge()
        self.cycle += 1
        self.quiet = 0 if any(progress) and not self.wrong else self.quiet + 1
        return self.over()

    def over(self) -> bool:
        complete = all(
            len(self.seen.received[c]) >= len(v) for c, v in self.expected.values.items()
        )
        if complete:
            self.drained += 1
            return self.drained > self.drain
        if self.quiet >= self.patience:
            self.seen.stopped = HANG
        return bool(self.seen.stopped)

    def may_offer(self) -> bool:
        taken = len(self.seen.input_cycles)
        if taken == len(self.expected.beats):
            return False
        waits = self.expected.beats[taken].after > len(self.seen.output_cycles)
        return not waits and not self.input_random.below(self.idle)

    def broken_rule(self) -> bool:
        names = ("s_axis_tready", "m_axis_tvalid", "error")
        defined = {name: self.ports.read(name) for name in names}
        self.s_ready, self.m_valid, self.error = defined.values()
        undefined = [name for name, value in defined.items() if value is None]
        self.payload = (None, None)
        if self.m_valid:
            data = self.ports.read("m_axis_tdata", signed=self.output_signed)
            self.payload = (data, self.ports.read("m_axis_tlast"))
        if undefined:
            self.seen.stopped = f"{undefined[0]} is undefined"
        elif self.held and not self.m_valid:
            self.seen.stopped = RULES[2]
        elif self.held and self.held[0] != self.payload[0]:
            self.seen.stopped = RULES[3]
        elif self.held and self.held[1] != self.payload[1]:
            self.seen.stopped = RULES[4]
        return bool(self.seen.stopped)

    def take_input(self) -> bool:
        if not self.offered or not self.s_ready:
            return False
        self.seen.input_cycles.append(self.cycle)
        self.offered = False
        return True

    def take_output(self, ready: bool) -> bool:
        self.held = self.payload if self.m_valid and not ready else None
        if not self.m_valid or not ready:
            return False
        self.receive(OUTPUT, self.payload[0])
        self.receive(TLAST, self.payload[1])
        self.seen.output_cycles.append(self.cycle)
        self.shy = self.backpressure > 0 and self.output_random.below(0.5)
        return True

    def take_taps(self) -> bool:
        for layer in self.layers:
            if self.ports.read(f"tap_{layer}_valid"):
                self.history[layer].add(self.cycle)
        for channel, tap in self.taps:
            layer, signal = channel
            if self.cycle - tap["delay"] in self.history[layer]:
                self.receive(
                    channel, self.ports.read(f"tap_{layer}_{signal}", signed=tap["signed"])
                )
        return any(self.cycle in valid for valid in self.history.values())

    def receive(self, channel, value: int | None):
        values, want = self.seen.received[channel], self.expected.values[channel]
        self.wrong = self.wrong or len(values) >= len(want) or want[len(values)] != value
        values.append(value)


def load(*, apart: bool = False) -> Expected:
    manifest, vectors = (
        json.loads((HERE / f"{n}.json").read_text()) for n in ("manifest", "vectors")
    )
    return Expected(manifest, vectors, apart=apart)


async def check(bench: Bench, where: str = "", *, reset_after: int = 0):
    """Run, and fail with the first difference, also left in results.json."""
    ports = bench.ports.widths(bench.expected.ports())
    if text := wrong_port(bench.expected, ports):
        fail("refused", text)
    if text := await bench.run(reset_after=reset_after):
        fail("failure", where + text)


def fail(kind: str, text: str):
    """Fail the test; results.json keeps the first failure of all tests."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not {"refused", "failure"} & set(known):
        RESULTS.write_text(json.dumps({kind: text}))
    raise AssertionError(text)


@cocotb.test()
async def as_asked(dut):
    """The stimulus of the command line, by default without stalls; leaves the measured cycles."""
    stimulus = dict(STIMULUS)
    bench = Bench(dut, load(apart=stimulus.pop("apart", False)), **stimulus)
    await check(bench)
    RESULTS.write_text(json.dumps(bench.seen.measures()))


@cocotb.test()
async def after_reset(dut):
    bench = Bench(dut, load().after_reset(), seed=STIMULUS["seed"], **STALLS)
    await check(bench, AFTER_RESET, reset_after=bench.expected.half_a_sequence())


@cocotb.test()
async def stalled(dut):
    bench = Bench(dut, load(), seed=STIMULUS["seed"], **STALLS)
    await check(bench, "with random stalls: ")


@cocotb.test()
async def apart(dut):
    bench = Bench(dut, load(apart=True), idle=0.0, backpressure=0.0, seed=STIMULUS["seed"])
    await check(bench, "one sequence at a time: ")
