"""Units that are kept between runs."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hwlstm.activation import FUNCTIONS, Activation, function
from hwlstm.activation.search import Request, unit
from hwlstm.activation.store import recall, store
from hwlstm.cache import cache_folder
from hwlstm.fixed import Format

CASES = [
    ("tanh", "Q4.8", "Q1.11", ("bram", "dsp")),
    ("tanh", "Q4.8", "Q1.11", ()),
    ("sigmoid", "Q4.4", "Q1.7", ()),
    ("tanh", "Q12.4", "Q1.15", ("bram",)),
    ("hardsigmoid", "Q4.8", "Q1.11", ("dsp",)),
    (function("elu", alpha=0.5), "Q3.5", "Q3.7", ("bram", "dsp")),
]


def request(what, source, to, resources=(), **changes) -> Request:
    asked = {
        "function": function(what),
        "in_format": Format.parse(source),
        "out_format": Format.parse(to),
        "max_ulp": 1.0,
        "monotone": None,
        "symmetric": None,
        "resources": frozenset(resources),
        "family": None,
    }
    return Request(**{**asked, **changes})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache, and none in memory."""
    monkeypatch.setenv("HWLSTM_CACHE", str(tmp_path))
    unit.cache_clear()
    yield tmp_path / "activations"
    unit.cache_clear()


@pytest.mark.parametrize("asked", CASES)
def test_a_unit_that_was_kept_gives_every_code_of_the_one_that_was_found(folder, asked):
    found = unit(request(*asked))
    unit.cache_clear()
    again = unit(request(*asked))
    assert len(list(folder.iterdir())) == 1
    assert again is not found and type(again) is type(found)
    assert np.array_equal(again.codes(), found.codes())
    assert (again.stages, again.factors) == (found.stages, found.factors)


def test_a_shared_unit_is_kept_with_its_core(folder):
    asked = request("tanh", "Q4.8", "Q1.11", ("bram", "dsp"), family="shared")
    found = unit(asked)
    kept = recall(asked.key)
    assert np.array_equal(kept.codes(), found.codes())
    assert np.array_equal(kept.core.codes(), found.core.codes())


def test_the_second_time_nothing_is_searched(folder, monkeypatch):
    asked = request("tanh", "Q4.8", "Q1.11")
    unit(asked)
    unit.cache_clear()
    monkeypatch.setattr("hwlstm.activation.search.cheapest", None)
    assert unit(asked).in_format == asked.in_format


def test_all_that_decides_a_unit_is_in_its_key():
    one = request("elu", "Q3.5", "Q3.7", ("dsp",))
    others = [
        request(function("elu", alpha=0.5), "Q3.5", "Q3.7", ("dsp",)),
        request("softplus", "Q3.5", "Q3.7", ("dsp",)),
        request("elu", "Q4.5", "Q3.7", ("dsp",)),
        request("elu", "UQ3.5", "Q3.7", ("dsp",)),
        request("elu", "Q3.5", "Q3.8", ("dsp",)),
        request("elu", "Q3.5", "Q3.7", ()),
        *(
            request("elu", "Q3.5", "Q3.7", ("dsp",), **change)
            for change in (
                {"max_ulp": 0.75},
                {"monotone": True},
                {"symmetric": False},
                {"family": "linear"},
            )
        ),
    ]
    assert len({one.key, *(other.key for other in others)}) == 1 + len(others)


def test_a_users_own_function_is_not_kept(folder):
    def tanh(x):
        return np.tanh(x) / 2

    Activation(tanh, "Q4.4", "Q1.7")
    assert not folder.exists()


def test_slopes_are_kept_apart_from_their_functions():
    slope = request(FUNCTIONS["sigmoid"].derivative, "Q4.4", "Q1.7")
    assert slope.key and slope.key != request("sigmoid", "Q4.4", "Q1.7").key


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[" * 100_000,
        lambda text: json.dumps({"sha256": "", "content": 1}),
        lambda text: json.dumps([1]),
        lambda text: json.dumps("text"),
        lambda text: text.replace("Direct", "object"),
        lambda text: text.replace(": [-", ": ["),
        lambda text: "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_damaged_file_is_as_if_it_were_not_there(folder, damage):
    asked = request("tanh", "Q4.4", "Q1.7")
    found = unit(asked)
    (path,) = folder.iterdir()
    path.write_text(damage(path.read_text()))
    assert recall(asked.key) is None
    unit.cache_clear()
    assert np.array_equal(unit(asked).codes(), found.codes())
    assert recall(asked.key) is not None  # written anew


def test_a_unit_of_something_else_is_not_believed(folder):
    wanted, other = request("tanh", "Q4.4", "Q1.7"), request("sigmoid", "Q4.4", "Q1.7")
    store(wanted.key, unit(other))
    found = unit(wanted)
    assert np.array_equal(found.codes(), Activation("tanh", "Q4.4", "Q1.7", resources=()).codes)


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HWLSTM_CACHE", str(tmp_path / "file"))
    unit.cache_clear()
    asked = request("tanh", "Q4.4", "Q1.7")
    assert unit(asked).in_format == asked.in_format
    assert recall(asked.key) is None


def test_off_leaves_nothing_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HWLSTM_CACHE", "off")
    unit.cache_clear()
    unit(request("tanh", "Q4.4", "Q1.7"))
    assert list(tmp_path.iterdir()) == []
    assert cache_folder("activations").is_dir()


def test_many_at_once_leave_one_whole_file(folder):
    asked = request("tanh", "Q4.8", "Q1.11")
    found = unit(asked)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store(asked.key, found), range(64)))
    assert len(list(folder.iterdir())) == 1
    assert np.array_equal(recall(asked.key).codes(), found.codes())
