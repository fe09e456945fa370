"""cocotb: the design between source and sink of cocotbext-axi, which others wrote."""

import itertools
import json
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, with_timeout
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

HERE = Path(__file__).parent


def pauses(seed):
    rng = random.Random(seed)
    return (rng.random() < 0.4 for _ in itertools.count())


@cocotb.test()
async def frames_come_back_as_the_golden_model_says(dut):
    manifest = json.loads((HERE / "manifest.json").read_text())
    sequences = json.loads((HERE / "vectors.json").read_text())["sequences"]
    source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
    sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst)
    source.set_pause_generator(pauses(1))
    sink.set_pause_generator(pauses(2))
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.rst.value = 1
    for _ in range(3):
        await RisingEdge(dut.clk)
    dut.rst.value = 0

    size = manifest["input"]["slot"] // 8
    lanes = manifest["input"]["elements"] * size
    for sequence in sequences:
        frame = b""
        for row in sequence["x"]:
            raw = b"".join(value.to_bytes(size, "little", signed=True) for value in row)
            frame += raw + bytes(-len(raw) % lanes)
        keep = [int(sequence["keep"])] * lanes + [0] * (len(frame) - lanes)
        await source.send(AxiStreamFrame(frame, tuser=keep))
    width = manifest["output"]["slot"] // 8
    signed = manifest["output"]["signed"]
    for number, sequence in enumerate(sequences):
        frame = await with_timeout(sink.recv(), 1, "ms")
        data = bytes(frame.tdata)
        found = [
            int.from_bytes(data[k : k + width], "little", signed=signed)
            for k in range(0, len(data), width)
        ]
        expected = [value for row in sequence["y"] for value in row]
        assert found == expected, f"sequence {number}"
