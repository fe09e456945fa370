"""Sequences that end in the middle of a step: answered as if zeros had followed, and reported.

The next sequence, whether it starts anew or continues, gives what the golden model says.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from hwlstm.build.vectors import Expected
from hwlstm.build.write import write
from hwlstm.cells import Traditional, Vanilla
from hwlstm.plan import plan
from hwlstm.simulate.simulate import verify
from hwlstm.simulate.verdict import Observed, verdict
from tests.designs import classifier, fixed
from tests.simulate import toy
from tests.simulate.test_emitted_cells import Phased, quantised

LENGTHS = [2, 1, 3, 1, 1, 2, 1, 4]
KEEP = [False, True, False, False, True, False, True, False]
MISSING = [1, 2, 0, 1, 1, 2, 0, 0]
"""Beats that the last step of each sequence lacks (of 3)."""

NETWORKS = {
    "one number a beat": (lambda: fixed(3, 4, cell=Vanilla(), initial=True), {"parallel": 2}),
    "a partial last beat": (
        lambda: fixed(5, 3, cell=Traditional(), initial=True),
        {"parallel": 2, "columns": 2},
    ),
    "classifier": (lambda: classifier(inputs=9), {"parallel": 2, "columns": 4}),
    "time stamps": (lambda: quantised(Phased(), 3, gate={"stamped": True}), {"parallel": 3}),
}


@pytest.fixture(autouse=True)
def quickly_compiled(monkeypatch):
    monkeypatch.setenv("CXXFLAGS", "-O0")


def broken(network, out, **engine):
    """A build whose golden outputs have zeros for what is missing, and its vectors without it."""
    engines = plan(network, **engine)
    rng = np.random.default_rng(5)
    x, size, beats = network.x, engines.elements, engines.layers[0].beats["x"]
    assert beats == 3
    sequences = [rng.integers(x.lo, x.hi, (n, network.inputs), endpoint=True) for n in LENGTHS]
    for sequence, missing in zip(sequences, MISSING, strict=True):
        sequence[-1, (beats - missing) * size :] = 0
    build = write(engines, out, sequences=sequences, keep=KEEP, taps=True)
    vectors = json.loads((build / "vectors.json").read_text())
    for one, steps, missing in zip(vectors["sequences"], LENGTHS, MISSING, strict=True):
        if missing:
            one["beats"] = steps * beats - missing
    return build, vectors


@pytest.mark.parametrize("name", NETWORKS)
def test_a_broken_sequence_is_answered_with_zeros_and_the_next_one_is_whole(name, tmp_path):
    network, engine = NETWORKS[name]
    build, vectors = broken(network(), tmp_path / "net", **engine)
    flowing = verify(build, sequences=vectors)
    cycles = json.loads((build / "manifest.json").read_text())["cycles"]["outputs"]
    assert flowing.output_cycles == cycles
    for seed in (1, 2):
        verify(build, sequences=vectors, idle=0.4, backpressure=0.4, seed=seed)
    verify(build, sequences=vectors, apart=True)


def test_icarus_gives_the_same(tmp_path):
    network, engine = NETWORKS["a partial last beat"]
    build, vectors = broken(network(), tmp_path / "net", **engine)
    embedded, icarus = (
        verify(build, sequences=vectors, simulator=simulator, idle=0.3, backpressure=0.3)
        for simulator in ("embedded", "icarus")
    )
    assert embedded.output_cycles == icarus.output_cycles
    assert embedded.input_cycles == icarus.input_cycles


@pytest.mark.parametrize(
    ("cycles", "wrong"),
    [([], "low in cycle 8"), ([7, 8], "high in cycle 7"), ([8, 9], "high in cycle 9")],
)
def test_an_error_in_another_cycle_is_named(cycles, wrong):
    vectors = toy.vectors((2, 2))
    vectors["sequences"][0]["x"][-1][2] = 0
    vectors["sequences"][0]["beats"] = 3
    expected = Expected(toy.manifest(), vectors)
    assert [beat.breaks for beat in expected.beats] == [0, 0, 1, 0, 0, 0, 0]
    received = dict(expected.values.items())
    observed = Observed(received, [0, 1, 7, 8, 9, 10, 11], error_cycles=cycles)
    text = f"error is {wrong}, counted from the end of reset, which is wrong"
    assert verdict(expected, observed, 100) == text
    assert verdict(expected, replace(observed, error_cycles=[8]), 100) is None


def test_vectors_must_have_zeros_for_what_is_not_sent(tmp_path):
    network, engine = NETWORKS["a partial last beat"]
    build, vectors = broken(network(), tmp_path / "net", **engine)
    manifest = json.loads((build / "manifest.json").read_text())
    assert [beat.breaks for beat in Expected(manifest, vectors).beats if beat.last] == [
        missing > 0 for missing in MISSING
    ]
    text = "Beats of sequence 0 must end in its last step, and numbers of x behind them must be 0"
    for beats, last in ((3, 0), (5, 1)):
        vectors["sequences"][0]["beats"] = beats
        vectors["sequences"][0]["x"][1][4] = last
        with pytest.raises(ValueError, match=text):
            Expected(manifest, vectors)
