"""The page as a whole."""

import copy
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from hwlstm.errors import HwlstmError
from hwlstm.fixed import Format
from hwlstm.report import report

GAP = "\N{NARROW NO-BREAK SPACE}"
VOID = {"meta", "br", "wbr", "input"}


def page(folder) -> str:
    return report(folder).read_text(encoding="utf-8")


def text(folder) -> str:
    """The words outside the drawings, with plain spaces and no gaps in numbers."""
    seen = []
    parser = HTMLParser()
    parser.handle_data = seen.append
    parser.handle_starttag = lambda tag, _: seen.append(" " if tag in ("td", "dd") else "")
    parser.feed(re.sub(r"<(style|svg).*?</\1>", "", page(folder), flags=re.S))
    return " ".join("".join(seen).replace(GAP, "").split())


def drawings(html: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, flags=re.S)]


def test_page_is_written_beside_the_manifest(classifier, write):
    folder = write(classifier)

    assert report(str(folder)) == folder / "report.html"


def test_head_shows_the_numbers_and_how_they_were_obtained(classifier, write):
    seen = text(write(classifier))

    assert "An LSTM with peepholes 3 → 5 and a linear layer 5 → 2, then argmax," in seen
    assert "Bit-exact 21296 equal 16 numbers of results and 21280 gates and states" in seen
    assert "compared with the golden model's integers; none differs" in seen
    assert "measured in simulation, 2 runs (embedded CXXRTL; emitted Verilog)" in seen
    assert "Cycles per step 54 a sequence of one step takes 81 cycles" in seen
    assert "8 output beats left in exactly the predicted cycles" in seen
    assert "Multiplier utilisation 37 % useful products of the 8 lane multipliers of lstm" in seen
    assert "On ecp5-25f 50 MHz 3027 LUT sites, 3595 FF, 28 DSP and 11 block RAM" in seen
    assert "Time per step 1.08 µs 231 thousand inferences a second, 4 steps each;" in seen
    assert "derived: cycles / clock" in seen


def test_cycles_are_measured_only_where_a_run_says_so(classifier, write):
    runs = [run | {"cycles_as_predicted": None} for run in classifier["verification.json"]]

    assert "= measured" not in text(write(classifier | {"verification.json": runs}))


def test_accuracy_of_the_hardware_is_preferred(classifier, write):
    accuracy = {"float": 0.98, "hardware": 0.978}
    runs = [classifier["verification.json"][0] | {"accuracy": accuracy, "sequences": 360}]

    golden = text(write(classifier, "golden"))
    hardware = text(write(classifier | {"verification.json": runs}, "hardware"))

    assert "golden model and float64 reference on 6 sequences" in golden
    assert "Accuracy 97.8 % hardware; float 98 %" in hardware
    assert "hardware measured in simulation on 360 sequences (vectors)" in hardware


def test_missing_accuracy_of_a_classifier_names_the_command(classifier, write):
    measured = classifier["quantisation.json"] | {"accuracy": None}

    seen = text(write(classifier | {"quantisation.json": measured}))

    assert (
        "Accuracy was not measured without labels; run hwlstm build MODEL --data FILE.npz." in seen
    )


def test_sections_show_layers_memories_and_tables(classifier, write):
    seen = text(write(classifier))
    first = classifier["manifest.json"]["layers"][0]
    weights = first["memories"]["weights"]

    assert f"{weights['words']} {weights['bits']} {weights['words'] * weights['bits']}" in seen
    assert "lstm.o sigmoid" in seen
    assert "sigmoid and tanh unit 0: 3 operations in 3 cycles" in seen
    assert "Shared parts: " in seen
    assert "multiplier 0: 3 operations in 3 cycles" in seen
    assert f"L = {first['latency']} cycles lie between the last column of a group" in seen
    assert "the cell reads no state, so no recurrence to wait for" in seen
    assert "LUT sites 3027 24288 12.5 %" in seen
    assert "One seed: expect +-5 %." in seen


def test_missing_files_become_sentences(classifier, write):
    seen = text(write({"manifest.json": classifier["manifest.json"]}))

    assert "Not simulated yet; run hwlstm verify BUILD." in seen
    assert "Not synthesised yet; run hwlstm synth BUILD." in seen
    assert "Ranges, saturation and noise were not recorded; run hwlstm build MODEL" in seen
    assert "The error against float was not recorded; run hwlstm build MODEL --data FILE." in seen
    assert "Bit-exact" not in seen
    assert "Time per step" not in seen


@pytest.mark.parametrize("name", ["classifier", "regression"])
def test_drawings_are_well_formed_and_told_in_words(name, write, request):
    html = page(write(request.getfixturevalue(name)))
    found = drawings(html)

    assert len(found) == html.count("<svg") > 20
    for svg in found:
        assert svg.get("role") == "img"
        ids = svg.get("aria-labelledby").split()
        assert [svg.find(f"*[@id='{name}']").tag for name in ids] == ["title", "desc"]
        assert all(svg.find(f"*[@id='{name}']").text for name in ids)


@pytest.mark.parametrize("name", ["classifier", "regression"])
def test_every_tag_is_closed_and_every_id_is_unique(name, write, request):
    html = page(write(request.getfixturevalue(name)))
    open_tags, ids = [], re.findall(r'\bid="([^"]*)"', html)
    parser = HTMLParser()
    parser.handle_startendtag = lambda tag, attributes: None
    parser.handle_starttag = lambda tag, _: tag in VOID or open_tags.append(tag)

    def close(tag):
        assert open_tags.pop() == tag

    parser.handle_endtag = close
    parser.feed(html)

    assert open_tags == []
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', html)) <= set(ids)


def test_page_needs_nothing_from_outside(classifier, write):
    html = page(write(classifier))

    assert not re.search(r"<script|<link|<img|<iframe|\bsrc=|@import|http|url\((?!#)", html)


def test_same_files_give_the_same_bytes_in_any_folder(classifier, write):
    one, other = write(classifier, "one"), write(classifier, "other")

    assert report(one).read_bytes() == report(other).read_bytes()
    assert str(one.parent) not in page(one)


def test_names_from_files_are_escaped(classifier, write):
    evil = "</title><script>alert('x')</script>&\""
    content = json.loads(json.dumps(classifier).replace('"lstm', json.dumps(evil)[:-1]))
    manifest = content["manifest.json"] | {"name": evil, "device": evil}
    content["manifest.json"] = manifest
    for key in ("caveats", "warnings", "commands", "excess"):
        content["synthesis.json"][0][key] = [evil]
    content["synthesis.json"][0] |= {"device": evil, "tools": {evil: evil}, "fits": False}
    content["verification.json"][0] |= {"what": evil, "version": evil, "simulator": evil}

    html = page(write(content))

    assert "<script" not in html
    assert "&lt;/title&gt;&lt;script&gt;alert" in html
    assert len(drawings(html)) == html.count("<svg")


def test_device_that_does_not_fit_has_no_times(classifier, write):
    excess = "28 multipliers, ice40up5k has 8"
    result = classifier["synthesis.json"][0] | {"device": "ice40up5k", "fits": False}
    result |= {"excess": [excess], "routes": [], "median_mhz": None, "fmax_mhz": None}

    seen = text(write(classifier | {"synthesis.json": [result]}))

    assert f"On ice40up5k does not fit {excess}" in seen
    assert "Multipliers 28 8 350 %" in seen
    assert "Clock none to quote" in seen
    assert "Time per step" not in seen


def test_synthesis_without_routes_names_the_command(classifier, write):
    result = classifier["synthesis.json"][0] | {"routes": [], "median_mhz": None, "fmax_mhz": None}

    seen = text(write(classifier | {"synthesis.json": [result]}))

    assert "On ecp5-25f 3027 LUT sites 3595 FF, 28 DSP and 11 block RAM no clock; yosys" in seen
    assert "No time per step without place and route; run hwlstm synth BUILD." in seen


def test_unknown_device_has_no_shares(classifier, write):
    result = classifier["synthesis.json"][0] | {"device": "mystery"}

    assert "LUT sites 3027 ?" in text(write(classifier | {"synthesis.json": [result]}))


def test_saturation_is_highlighted(classifier, write):
    content = copy.deepcopy(classifier)
    signal = content["quantisation.json"]["signals"][0]
    signal |= {"saturated": 7, "quantiles": [-9.0, *signal["quantiles"][1:-1], 9.0]}

    html = page(write(content))

    assert "Saturated in the golden model:" in html
    assert '<td class="num nowrap bad">7 of ' in html
    assert html.count('class="outside"') == 1 + 2


def test_the_page_says_how_weights_were_rounded(classifier, write):
    content = copy.deepcopy(classifier)
    content["quantisation.json"]["rounding"] = {"lstm": "feedback", "dense": "nearest"}
    told = "Weights: lstm row by row against the calibration data; dense each to nearest."
    assert told in text(write(content))


def test_exact_signal_of_zeros_is_drawn(classifier, write):
    content = copy.deepcopy(classifier)
    for signal in content["quantisation.json"]["signals"]:
        signal |= {"quantiles": [0.0] * 7, "sqnr_db": None}
    for state in content["quantisation.json"]["error"].values():
        state[:] = [[0.0, 0.0] for _ in state]

    seen = text(write(content))

    assert "0 … 0" in seen
    assert "exact" in seen


def test_average_cycles_and_single_steps_are_told(regression, write):
    content = copy.deepcopy(regression)
    content["manifest.json"]["cycles"]["step"] = 55.25
    for state in content["quantisation.json"]["error"].values():
        del state[1:]

    seen = text(write(content))

    assert "Cycles per step 55.25" in seen
    assert "first.h (one step only): rms" in seen


def test_folder_that_cannot_be_written_is_named(classifier, write):
    folder = write(classifier)
    (folder / "report.html").mkdir()

    with pytest.raises(HwlstmError) as error:
        report(folder)

    assert str(error.value) == f"{folder}/report.html cannot be written: Is a directory"


def test_results_alone_say_how_to_compare_more(classifier, write):
    runs = [classifier["verification.json"][0] | {"compared": 8}]

    seen = text(write(classifier | {"verification.json": runs}))

    assert "Bit-exact 8 equal 8 numbers of results compared" in seen
    assert "(a build with --taps also compares every gate and state)" in seen


def test_interface_names_ports_formulas_and_rules(classifier, write):
    seen = text(write(classifier))
    x = Format.parse(classifier["manifest.json"]["input"]["format"])

    assert "s_axis_tdata input 16 One number of x; 3 beats a step." in seen
    assert "m_axis_tdata output 8 The class of the largest output, extended with zeros" in seen
    assert f"x {x}: raw = round_half_even(x * 2^{x.frac}), saturated to {x.lo}..{x.hi}" in seen
    assert "y UQ1.0: raw is the index of the class, 0 to 1" in seen
    assert "tap ports, for checks" in seen
    assert "A beat passes in a cycle in which tvalid and tready are both high" in seen


def test_interface_of_a_regression_converts_its_result(regression, write):
    seen = text(write(regression))
    y = Format.parse(regression["manifest.json"]["output"]["format"])

    assert f"y {y}: y = raw * 2^-{y.frac}" in seen
    assert "4 numbers of x, the first in the lowest bits; 1 beat a step." in seen
    assert "Not read at the end of a step: 1 slot." in seen


def test_confusion_counts_every_label(classifier, write):
    content = copy.deepcopy(classifier)
    content["quantisation.json"]["confusion"] = [[[3, 0], [0, 3]], [[2, 1], [0, 3]]]

    seen = text(write(content))

    assert "Float model: 6 of 6 right, 100 % label01 0 3 · 1 · 3" in seen
    assert "Hardware: 5 of 6 right, 83.33 % label01 0 2 1 1 · 3" in seen


def test_confusion_without_labels_names_the_command(classifier, regression, write):
    content = copy.deepcopy(classifier)
    content["quantisation.json"]["confusion"] = None

    assert "Labels were not given; run hwlstm build" in text(write(content, "classifier"))
    assert "Confusion" not in text(write(regression, "regression"))


def test_every_word_of_the_glossary_is_explained_once(classifier, write):
    seen = page(write(classifier))

    for word in ("L", "lane", "tap", "LUT site", "ulp", "initiation interval (II)"):
        assert seen.count(f"<dt>{word}</dt>") == 1
