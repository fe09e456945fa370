"""The page of measurements: what is printed, with what it was measured."""

import sys

import numpy as np
import pytest

from benchmarks import __main__ as benchmarks


def rows() -> list[dict]:
    """What the figures are."""
    return benchmarks.table("A title", ["a", "b"], [(1, 2)])


def test_page_is_what_was_printed_with_commit_and_versions(tmp_path, monkeypatch, capsys):
    page = tmp_path / "measured.md"
    monkeypatch.setattr(benchmarks, "TABLES", {"some": rows})
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--out", str(page)])

    benchmarks.main()

    text = page.read_text()
    assert text.startswith("# Measured\n")
    assert text.endswith(capsys.readouterr().out.rstrip() + "\n")
    assert "## Some\n\nWhat the figures are.\n\n### A title\n\n| a | b |\n|---|---|\n" in text
    assert f"numpy {np.__version__}" in text
    assert "ommit" in text


def test_page_of_a_run_that_failed_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks, "TABLES", {"some": lambda: 1 / 0})
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--out", str(tmp_path / "measured.md")])
    with pytest.raises(ZeroDivisionError):
        benchmarks.main()
    assert list(tmp_path.iterdir()) == []
