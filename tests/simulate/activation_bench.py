"""cocotb: activation units, a code each cycle, and what leaves them written down."""

import json
from pathlib import Path

import cocotb
from cocotb.triggers import Timer

HERE = Path(__file__).parent


@cocotb.test()
async def every_code_leaves_after_the_latency(dut):
    stimuli = json.loads((HERE / "stimuli.json").read_text())
    cycles = stimuli["cycles"]
    dut.rst.value = 0
    found = {port: [] for port in stimuli["outputs"]}
    for cycle in range(cycles):
        for port, values in stimuli["inputs"].items():
            getattr(dut, port).value = values[min(cycle, len(values) - 1)]
        dut.clk.value = 0
        await Timer(5, "ns")
        for port, values in found.items():
            value = getattr(dut, port).value
            values.append(int(value) if value.is_resolvable else None)
        dut.clk.value = 1
        await Timer(5, "ns")
    (HERE / "found.json").write_text(json.dumps(found))
