"""A short share of the random ONNX graphs; `python tests/fuzz/onnx_mutations.py` has more."""

import pytest


def test_random_graphs_load_as_what_they_are_or_are_refused(capsys):
    pytest.importorskip("onnxruntime")
    from tests.fuzz.onnx_mutations import run

    counts, faults = run(range(40))
    print(dict(counts))
    assert not faults
    assert counts["right"] >= 10
    assert counts["refused"] >= 10
