"""README and docs: every block runs, every link leads somewhere, what is generated is current."""

import re
import shutil

import numpy as np
import pytest

import hwlstm.cells
from docs.__main__ import HERE, command_line, example, put, python_reference
from hwlstm.build.interface import header
from hwlstm.cli.main import COMMANDS
from hwlstm.digits import MODEL
from hwlstm.report.markdown import fenced
from tests.docs.blocks import ROOT, Page, blocks

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUNNING = [path for path in PAGES if any(it.kind in ("python", "sh") for it in blocks(path))]
KINDS = {"python", "sh", "console", "text", "verilog"}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A reader's folder, with a model and data for it."""
    pytest.importorskip("onnx")
    pytest.importorskip("torch")
    shutil.copy(MODEL, tmp_path / "model.onnx")
    np.save(tmp_path / "calibration.npy", np.random.default_rng(0).uniform(0, 1, (16, 8, 8)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CXXFLAGS", "-O0")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    names = {name: getattr(hwlstm.cells, name) for name in hwlstm.cells.__all__}
    return Page(tmp_path, {"__name__": "reader", **names})


@pytest.mark.parametrize("path", RUNNING, ids=lambda path: path.stem)
def test_every_block_runs(path, page):
    for block in blocks(path):
        if not block.slow:
            page.run(block)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [it for it in RUNNING if any(b.slow for b in blocks(it))], ids=lambda path: path.stem
)
def test_every_block_runs_to_the_routed_core(path, page):
    for block in blocks(path):
        page.run(block)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_fence_is_a_block_of_a_known_kind(path):
    text = path.read_text(encoding="utf-8")

    assert {it.kind for it in blocks(path)} <= KINDS
    assert len(re.findall(r"^```", text, re.M)) == 2 * len(blocks(path))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_link_leads_to_a_file(path):
    for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


def test_readme_is_short():
    assert (ROOT / "README.md").stat().st_size <= 10_000


def test_command_line_page_has_every_command_and_option():
    page = (HERE / "command-line.md").read_text(encoding="utf-8")

    for name in COMMANDS:
        assert f"\n## hwlstm {name}\n" in page
    assert set(re.findall(r"--[a-z][a-z-]*", command_line())) <= set(re.findall(r"--[\w-]+", page))


def test_interface_of_the_page_is_that_of_the_code():
    page = (HERE / "talk-to-the-core.md").read_text(encoding="utf-8")

    assert put(page, "header", fenced(header(example()), "verilog")) == page


def test_python_reference_has_every_public_name(tmp_path):
    pytest.importorskip("pdoc")
    python_reference(tmp_path)
    page = (tmp_path / "hwlstm.html").read_text(encoding="utf-8")

    assert [name for name in hwlstm.__all__ if f'id="{name}"' not in page] == []
    assert not (tmp_path / "hwlstm" / "rtl.html").exists()


def test_proof_names_tests_that_exist():
    page = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")

    for target in re.findall(r"`(tests/[^`]*)`", page):
        assert (ROOT / target).exists(), target
