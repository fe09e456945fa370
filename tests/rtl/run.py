"""Run a component in Amaranth's simulator; every design is also converted to RTLIL."""

from amaranth import Module, Signal
from amaranth.back import rtlil
from amaranth.sim import Simulator

LIMIT = 50_000
"""Cycles after which a wait is a hang."""


def simulate(component, *testbenches):
    """Clock the component and run the testbenches until the last one ends."""
    rtlil.convert(component)
    bench = Module()
    bench.submodules += component
    bench.d.sync += Signal().eq(1)  # a clock, also for what has none
    simulator = Simulator(bench)
    simulator.add_clock(1e-6)
    for background in testbenches[:-1]:
        simulator.add_testbench(background, background=True)
    simulator.add_testbench(testbenches[-1])
    simulator.run()


async def send(ctx, stream, payloads, *, idle=0.0, rng=None):
    """Put payloads on a stream, idling at random."""
    for payload in payloads:
        while idle and rng.random() < idle:
            await ctx.tick()
        ctx.set(stream.payload, payload)
        ctx.set(stream.valid, 1)
        for _ in range(LIMIT):
            _, _, ready = await ctx.tick().sample(stream.ready)
            if ready:
                break
        else:
            raise AssertionError(f"{payload} was not accepted in {LIMIT} cycles")
        ctx.set(stream.valid, 0)


async def receive(ctx, stream, count, *, backpressure=0.0, rng=None):
    """Take `count` payloads off a stream; returns them with the cycles in which they came."""
    found, cycles = [], []
    for cycle in range(LIMIT):
        ready = not (backpressure and rng.random() < backpressure)
        ctx.set(stream.ready, ready)
        if ctx.get(stream.valid) and ready:
            found.append(ctx.get(stream.payload))
            cycles.append(cycle)
        await ctx.tick()
        if len(found) == count:
            return found, cycles
    raise AssertionError(f"{len(found)} of {count} payloads came in {LIMIT} cycles")
