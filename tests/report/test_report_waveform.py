"""The timing diagram: cycles that matter, in few columns."""

import copy
from types import SimpleNamespace

import pytest

from hwlstm.report.waveform import lanes_of, shown, waveform_chart


def build(content):
    return SimpleNamespace(manifest=content["manifest.json"])


@pytest.mark.parametrize("name", ["classifier", "regression"])
def test_every_transfer_is_one_cycle_of_valid_and_ready(name, request):
    made = build(request.getfixturevalue(name))
    wave = made.manifest["waveform"]

    lanes = {lane.name: lane.levels for lane in lanes_of(made)}

    def passed(side):
        pairs = zip(lanes[f"{side}_tvalid"].items(), lanes[f"{side}_tready"].values(), strict=True)
        return [cycle for (cycle, valid), ready in pairs if valid and ready]

    assert passed("s_axis") == wave["inputs"]
    assert passed("m_axis") == wave["outputs"]
    for side, last in (("s_axis", wave["inputs"][-1]), ("m_axis", wave["outputs"][-1])):
        assert [cycle for cycle, high in lanes[f"{side}_tlast"].items() if high] == [last]


def test_data_wait_unchanged_until_they_are_taken(regression):
    content = copy.deepcopy(regression)
    content["manifest.json"]["waveform"] |= {"inputs": [0, 9, 10], "outputs": [12, 13, 20]}

    lanes = {lane.name: lane.levels for lane in lanes_of(build(content))}

    assert [lanes["s_axis_tdata"][cycle] for cycle in (0, 1, 9, 10, 11)] == [
        *("x1", "x2", "x2", "x3", None)
    ]
    assert [lanes["s_axis_tready"][cycle] for cycle in (0, 1, 8, 9, 10)] == [1, 0, 0, 1, 1]
    assert lanes["m_axis_tdata"][13] == "y2"
    assert lanes["m_axis_tdata"][14] is None


def test_long_waits_and_many_runs_are_left_out():
    spans = shown(list(range(0, 4000, 40)), list(range(100, 9000, 3)))

    assert spans[0][0] == 0
    assert spans[-1][1] == 8998 + 2 + 1
    assert sum(end - start for start, end in spans) < 50


def test_drawing_says_how_many_cycles_a_gap_leaves_out(regression):
    content = copy.deepcopy(regression)
    content["manifest.json"]["waveform"] |= {"inputs": [0, 1, 2], "outputs": [50, 51, 52]}

    texts = [it.text for it in waveform_chart(build(content)).root.iter("text")]

    assert "+43" in texts
    assert {"0", "4", "48", "54"} <= set(texts)
    assert not {"5", "47"} & set(texts)


def test_time_stamps_come_with_the_first_beat_of_each_step(regression):
    content = copy.deepcopy(regression)
    content["manifest.json"] |= {"stamp": {"format": "UQ8.0", "width": 8}}
    content["manifest.json"]["waveform"] |= {"inputs": [0, 1, 2, 3, 4, 5], "outputs": [50]}

    lanes = {lane.name: lane.levels for lane in lanes_of(build(content))}

    stamps = [lanes["s_axis_tuser"][cycle] for cycle in range(7)]
    assert stamps == ["t1", None, "t2", None, "t3", None, None]
