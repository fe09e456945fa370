"""The emitted Verilog of activation units under Icarus: every code of 8 and 12 bits."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from hwlstm.activation import Activation
from hwlstm.rtl.activation import ActivationUnit
from tests.activation.emitted import NAME, Together, judge, number, shuffled

pytest.importorskip("cocotb_tools")

RESOURCES = [("bram", "dsp"), ("dsp",), ("bram",), ()]


def alone(*asked, **options):
    return [Activation(*asked, **options)]


def of_8_bits():
    sigmoid, tanh = (alone(name, "Q4.4", "Q1.7", 0.5) for name in ("sigmoid", "tanh"))
    return [
        sigmoid,
        tanh,
        [*sigmoid, *tanh],
        *(alone("tanh", "Q4.4", "Q1.7", family="linear", resources=r) for r in RESOURCES),
        alone("tanh", "Q4.4", "Q1.7", family="linear", latency=1),
        alone("softsign", "Q4.4", "Q1.7", family="quadratic", resources=()),
        alone("sigmoid", "Q4.4", "Q1.7", 100, family="plan"),
        alone("hardsigmoid", "Q4.4", "UQ1.7"),
        alone("leakyrelu", "Q4.4", "Q4.6"),
    ]


def of_12_bits():
    formats = "Q4.8", "Q1.11"
    both = ("sigmoid", "tanh")
    return [
        *(alone(name, *formats, resources=r) for name in both for r in RESOURCES),
        [Activation(name, *formats, family="shared") for name in both],
    ]


def icarus(units, stimuli, folder, monkeypatch):
    """y of each unit in every cycle, as emitted.simulate gives it."""
    from cocotb_tools.check_results import get_results
    from cocotb_tools.runner import get_runner

    (folder / f"{NAME}.v").write_text(Together(units).verilog())
    shutil.copy(Path(__file__).with_name("activation_bench.py"), folder)
    inputs = {}
    for k, (unit, (x, select)) in enumerate(zip(units, stimuli, strict=True)):
        inputs[f"x{k}"] = (x & (1 << len(unit.x)) - 1).tolist()
        inputs[f"select{k}"] = select.tolist()
    cycles = max(map(len, inputs.values())) + max(u.activations[0].latency for u in units)
    outputs = [f"y{k}" for k in range(len(units))]
    stimulus = {"inputs": inputs, "outputs": outputs, "cycles": cycles}
    (folder / "stimuli.json").write_text(json.dumps(stimulus))
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    runner = get_runner("icarus")
    runner.build(
        sources=[folder / f"{NAME}.v"],
        hdl_toplevel=NAME,
        build_dir=folder / "sim",
        build_args=["-g2005"],
        timescale=("1ns", "1ps"),
    )
    results = runner.test(
        hdl_toplevel=NAME,
        test_module="activation_bench",
        build_dir=folder / "sim",
        test_dir=folder,
    )
    assert get_results(results) == (1, 0)
    return json.loads((folder / "found.json").read_text())


@pytest.mark.parametrize("group", [of_8_bits, of_12_bits], ids=["8 bits", "12 bits"])
def test_every_code_under_icarus(group, tmp_path, monkeypatch):
    units = [ActivationUnit(each) for each in group()]
    stimuli = [shuffled(unit, 1 + k) for k, unit in enumerate(units)]

    found = icarus(units, stimuli, tmp_path, monkeypatch)

    for k, (unit, (x, select)) in enumerate(zip(units, stimuli, strict=True)):
        latency = unit.activations[0].latency
        assert None not in found[f"y{k}"][latency:]
        y = np.array([0] * latency + found[f"y{k}"][latency:])
        judge(unit, x, select, number(y, unit.y.shape()))
