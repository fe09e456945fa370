"""Both streams, driven and judged by an independent AXI4-Stream model."""

import os
import shutil
from pathlib import Path

import pytest

from hwlstm.build.write import write
from hwlstm.cells import Vanilla
from hwlstm.plan import plan
from tests.designs import classifier, fixed

pytest.importorskip("cocotbext.axi")


@pytest.mark.parametrize(
    ("network", "engine"),
    [
        (fixed(3, 4, cell=Vanilla(), initial=True, bits=12), {"parallel": 2, "columns": 2}),
        (classifier(), {"parallel": 2}),
    ],
    ids=["all steps", "classifier"],
)
def test_an_independent_bus_model_agrees(network, engine, tmp_path, monkeypatch):
    from cocotb_tools.check_results import get_results
    from cocotb_tools.runner import get_runner

    build = write(plan(network, **engine), tmp_path / "net")
    shutil.copy(Path(__file__).with_name("axi_bench.py"), build)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(build), os.environ.get("PYTHONPATH", "")])
    )
    runner = get_runner("icarus")
    runner.build(
        sources=[build / "net.v"],
        hdl_toplevel="net",
        build_dir=tmp_path / "sim",
        build_args=["-g2005"],
        timescale=("1ns", "1ps"),
    )
    results = runner.test(
        hdl_toplevel="net", test_module="axi_bench", build_dir=tmp_path / "sim", test_dir=build
    )
    assert get_results(results) == (1, 0)
