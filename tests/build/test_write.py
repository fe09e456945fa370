"""A build folder: complete, reproducible, and never half written."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from hwlstm.build.seal import changed
from hwlstm.build.write import stimulus, write
from hwlstm.errors import HwlstmError
from hwlstm.golden import run_sequences
from hwlstm.plan import LayerPlan, plan
from tests.designs import classifier


@pytest.fixture(scope="module")
def small():
    return plan(classifier(), parallel=2)


def test_a_build_holds_everything_that_proves_it(small, tmp_path):
    build = write(small, tmp_path / "net", taps=True)
    names = {path.relative_to(build).as_posix() for path in build.rglob("*") if path.is_file()}
    assert {
        *("net.v", "net.il", "manifest.json", "vectors.json", "bench.py", "Makefile"),
        "network.npz",
        *("memories/lstm_weights.hex", "memories/dense_weights.hex"),
    } <= names
    manifest = json.loads((build / "manifest.json").read_text())
    assert manifest["cycles"]["step"] == small.cycles_per_step
    assert manifest["layers"][0]["formats"]["U"] == str(small.fixed.layers[0].formats["U"])
    verilog = (build / "net.v").read_text()
    assert "module net(" in verilog
    for port in ("s_axis_tdata", "m_axis_tlast", "tap_lstm_c", "tap_dense_y"):
        assert port in verilog


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    script = (
        "import sys; from tests.designs import classifier; from hwlstm.build.write import write; "
        "from hwlstm.plan import plan; write(plan(classifier(), parallel=2), sys.argv[1])"
    )
    first, second = tmp_path / "a/net", tmp_path / "b/net"
    for seed, out in (("1", first), ("2", second)):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."}
        subprocess.run([sys.executable, "-c", script, str(out)], env=environment, check=True)
    for path in sorted(first.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (second / path.relative_to(first)).read_bytes(), path.name


def test_no_path_of_this_machine_is_in_a_build(small, tmp_path):
    build = write(small, tmp_path / "net")
    for path in build.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.name == "network.npz":
                content = np.load(path)["network"].tobytes()
            assert str(tmp_path).encode() not in content, path.name
            assert b"site-packages" not in content, path.name


def test_memory_files_hold_the_weights_beat_by_beat(small, tmp_path):
    build = write(small, tmp_path / "net")
    engine: LayerPlan = small.layers[0]
    lines = (build / "memories/lstm_weights.hex").read_text().split()
    assert len(lines) == engine.depth
    mask, bits = (1 << engine.weight_bits) - 1, engine.weight_bits
    for line, weights in zip(lines, engine.weights, strict=True):
        word = int(line, 16)
        found = [word >> k * bits & mask for k in range(weights.size)]
        assert found == [int(w) & mask for w in weights.ravel()]


def test_vectors_are_what_the_golden_model_says(small, tmp_path):
    build = write(small, tmp_path / "net", taps=True)
    written = json.loads((build / "vectors.json").read_text())["sequences"]
    sequences, keep = stimulus(small.fixed)
    assert any(keep)
    assert [s["x"] for s in written] == [x.tolist() for x in sequences]
    traces = run_sequences(small.fixed, sequences, keep)
    for one, trace in zip(written, traces, strict=True):
        assert one["y"] == [trace.output[0].tolist()]
        assert one["taps"]["lstm"]["c"] == trace.layers["lstm"]["c"][0].tolist()


def test_the_stimulus_reaches_the_limits_of_the_format(small):
    sequences, _ = stimulus(small.fixed)
    values = np.concatenate([x.ravel() for x in sequences])
    assert (values.min(), values.max()) == (small.fixed.x.lo, small.fixed.x.hi)


ONE = [np.zeros((2, 3), dtype=int)]


@pytest.mark.parametrize(
    ("sequences", "keep", "message"),
    [
        ([], None, "Sequences must be one or more arrays of raw integers, not []"),
        (None, [True], "Sequences must be one or more arrays of raw integers, not None"),
        (ONE, [False, True], "Keep must be one flag for each of 1 sequences, not 2"),
        (ONE, [True], "Keep must begin with False: no sequence goes before the first one"),
        (
            [np.zeros((2, 4), dtype=int)],
            None,
            "Sequence 0 must be integers of shape (steps, 3), not int64 of shape (2, 4)",
        ),
        (
            [np.zeros((2, 3))],
            None,
            "Sequence 0 must be integers of shape (steps, 3), not float64 of shape (2, 3)",
        ),
        (
            [np.full((2, 3), 40000)],
            None,
            "Sequence 0 must lie in -32768 to 32767, not 40000 to 40000",
        ),
    ],
)
def test_vectors_that_cannot_be_fed_are_refused(small, tmp_path, sequences, keep, message):
    with pytest.raises(ValueError) as caught:
        write(small, tmp_path / "net", sequences=sequences, keep=keep)
    assert str(caught.value) == message
    assert not any(tmp_path.iterdir())


def test_an_existing_build_is_replaced_only_when_asked(small, tmp_path):
    out = tmp_path / "net"
    write(small, out)
    (out / "own.txt").write_text("mine")
    with pytest.raises(HwlstmError) as caught:
        write(small, out)
    message = f"{out} exists; choose another folder, or allow overwriting (--overwrite)"
    assert str(caught.value) == message
    assert (out / "own.txt").exists()
    write(small, out, overwrite=True)
    assert not (out / "own.txt").exists()


def test_a_folder_that_is_no_build_is_never_replaced(small, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(HwlstmError) as caught:
        write(small, tmp_path, overwrite=True)
    assert str(caught.value) == f"{tmp_path} is no build folder and will not be replaced"
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_build_leaves_the_old_one_whole_and_nothing_else(small, tmp_path, error):
    out = write(small, tmp_path / "net")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def interrupt(words):
        if words == "computing the expected values":
            raise error

    with pytest.raises(error):
        write(small, out, overwrite=True, progress=interrupt)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


def test_a_place_that_cannot_be_written_is_named(small, tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "net"
    with pytest.raises(HwlstmError) as caught:
        write(small, out)
    assert str(caught.value) == (
        f"{out} cannot be written: {tmp_path / 'file'} is no folder to write in"
    )


def test_the_report_is_there_before_the_build_is(small, tmp_path):
    out = tmp_path / "net"

    def finish(folder):
        assert not out.exists()
        (folder / "report.html").write_text(str(sorted(p.name for p in folder.iterdir())))

    write(small, out, finish=finish)

    assert "'manifest.json'" in (out / "report.html").read_text()
    assert changed(out) == []
