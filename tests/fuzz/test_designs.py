"""A few designs of the fuzzer; `python -m tests.fuzz.designs` runs as many as there is time for."""

from dataclasses import asdict

import pytest

from tests.fuzz.designs import Design, all_cells, prove


@pytest.mark.parametrize("seed", [8, 25])
def test_a_random_design_is_exact(seed, tmp_path, monkeypatch):
    monkeypatch.setenv("CXXFLAGS", "-O0")
    design = Design.random(seed)
    print(asdict(design))
    assert prove(design, tmp_path) > 0


def test_a_seed_is_a_design_and_all_cells_come():
    designs = [Design.random(seed) for seed in range(300)]
    assert designs[7] == Design.random(7) != designs[8]
    assert {engine.cell for design in designs for engine in design.engines} == set(all_cells())
    engines = [engine for design in designs for engine in design.engines]
    assert {engine.columns for engine in engines} == {1, 2, 4, 8}
    assert {design.returns for design in designs} == {"all", "last"}
