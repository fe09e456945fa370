"""Malformed files: the message names file and key."""

import copy

import pytest

from hwlstm.errors import HwlstmError
from hwlstm.report import report


def refused(folder) -> str:
    with pytest.raises(HwlstmError) as error:
        report(folder)
    assert not (folder / "report.html").exists()
    return str(error.value)


def put(tree, path, value):
    *way, last = path
    for key in way:
        tree = tree[key]
    tree[last] = value


MANIFEST = [
    (
        ["layers", 0, "latency"],
        "x",
        "layers[0].latency must be a whole number, at least 0, not 'x'",
    ),
    (["layers", 1, "gates"], [], "layers[1].gates must be a list that is not empty, not []"),
    (["layers", 0, "units"], True, "layers[0].units must be a whole number, at least 1, not True"),
    (
        ["layers", 0, "formats", "h"],
        "Q1",
        "layers[0].formats.h must be a format like Q4.12, not 'Q1'",
    ),
    (
        ["layers", 0, "pipeline", 0, "end"],
        -9,
        "layers[0].pipeline[0].end must be above the start, {start}, not -9",
    ),
    (
        ["layers", 0, "tables", "i", "max_ulp"],
        float("inf"),
        "layers[0].tables.i.max_ulp must be a number of ulp below 2**53, not inf",
    ),
    (
        ["layers", 0, "tables", "i", "worst"],
        1e9,
        "layers[0].tables.i.worst must be a number of {table[input]}, not 1000000000.0",
    ),
    (
        ["layers", 0, "tables", "i", "least"],
        [],
        "layers[0].tables.i.least must be a list that is not empty, not []",
    ),
    (
        ["layers", 0, "tables", "i", "least"],
        [0] * 100_000,
        "layers[0].tables.i.least must be at most 1024 numbers, not 100000",
    ),
    (
        ["layers", 0, "tables", "i", "greatest"],
        [0, 1],
        "layers[0].tables.i.greatest must be a list of 256, not [0, 1]",
    ),
    (
        ["layers", 0, "tables", "i", "greatest", 3],
        -7,
        "layers[0].tables.i.greatest[3] must be at least {table[least][3]}, not -7",
    ),
    (["input", "scale"], [1.0], "input must have offset"),
    (
        ["input"],
        {"elements": 1, "format": "Q1.7", "slot": 8, "offset": 3, "scale": []},
        "input.offset must be a list of 3, not 3",
    ),
    (["cycles"], 5, "cycles must be an object, not 5"),
    (["cycles"], {"step": 5}, "cycles must have latency"),
    (["timeline"], {}, "timeline must have lstm"),
    (["name"], "a\x00", "name must be printable text, not 'a\\x00'"),
    (["name"], "\ud800", "name must be printable text, not '\\ud800'"),
]

QUANTISATION = [
    (["signals", 2, "quantiles"], [0, 1], "signals[2].quantiles must be a list of 7, not [0, 1]"),
    (["signals", 0, "lo"], float("nan"), "signals[0].lo must be a finite number, not nan"),
    (
        ["signals", 0, "signal"],
        "gru.x",
        "signals[0].signal must be a signal of lstm, dense, not 'gru.x'",
    ),
    (["error"], {"gru.h": [[0, 0]]}, "error must be a signal of lstm, dense, not 'gru.h'"),
    (["accuracy"], [0.5, 1.5], "accuracy[1] must be a number from 0 to 1, not 1.5"),
]

VERIFICATION = [
    ([1, "idle"], None, "[1].idle must be a number from 0 to 1, not None"),
]

SYNTHESIS = [
    ([0, "fmax_mhz"], 0, "[0].fmax_mhz must be a number above 0, not 0"),
    ([0, "lut"], 10**400, "[0].lut must be a whole number, at least 0, not 1" + "0" * 56 + "..."),
]

CASES = [
    *(("manifest.json", *case) for case in MANIFEST),
    *(("quantisation.json", *case) for case in QUANTISATION),
    *(("verification.json", *case) for case in VERIFICATION),
    *(("synthesis.json", *case) for case in SYNTHESIS),
]


@pytest.mark.parametrize(("file", "path", "value", "message"), CASES)
def test_malformed_value_is_named(classifier, write, file, path, value, message):
    content = copy.deepcopy(classifier)
    layer = copy.deepcopy(content["manifest.json"]["layers"][0])
    start, table = layer["pipeline"][0]["start"], layer["tables"]["i"]
    put(content[file], path, value)

    folder = write(content)

    assert refused(folder) == f"{folder}/{file}: {message.format(start=start, table=table)}"


@pytest.mark.parametrize("key", ["layers", "generator", "timeline", "memory_bits"])
def test_missing_key_of_the_manifest_is_named(classifier, write, key):
    manifest = {name: value for name, value in classifier["manifest.json"].items() if name != key}

    folder = write({"manifest.json": manifest})

    assert refused(folder) == f"{folder}/manifest.json: content must have {key}"


def test_list_in_place_of_the_manifest_is_refused(write):
    folder = write({"manifest.json": []})

    assert refused(folder) == f"{folder}/manifest.json: content must be an object, not []"


def test_folder_without_manifest_is_no_build(tmp_path):
    assert refused(tmp_path) == f"{tmp_path} is no build folder: it has no manifest.json"


def test_broken_json_is_refused(classifier, write):
    folder = write(classifier)
    (folder / "synthesis.json").write_text("[{")

    assert refused(folder).startswith(f"{folder}/synthesis.json cannot be read: ")


def test_empty_lists_of_results_count_as_missing(classifier, write):
    folder = write(classifier | {"verification.json": [], "synthesis.json": []})

    html = report(folder).read_text(encoding="utf-8")

    assert html.count("Not simulated yet") == html.count("Not synthesised yet") == 2
