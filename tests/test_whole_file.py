"""Files that are replaced whole, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hwlstm.whole_file import write_whole


def test_text_replaces_what_was_there_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "page.html"
    for text in ("long, and older", "µ\n"):
        write_whole(path, text)
    assert path.read_bytes() == "µ\n".encode()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_write_that_ends_early_leaves_the_old_text_and_nothing_beside_it(
    tmp_path, monkeypatch, step, error
):
    path = tmp_path / "page.html"
    write_whole(path, "old")

    def ends(*_):
        raise error

    monkeypatch.setattr(Path, step, ends)
    with pytest.raises(error):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_that_write_at_once_one_is_there_whole(tmp_path):
    path = tmp_path / "page.html"
    texts = [str(k) * 10_000 for k in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_whole(path, text), texts))
    assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]
