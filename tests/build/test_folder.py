"""What may stand in the place of a build, and what happens to it."""

import json
import os

import pytest

from hwlstm.build import rename
from hwlstm.build.folder import replacing
from hwlstm.build.seal import changed, is_build, sealed
from hwlstm.errors import HwlstmError
from tests.build.kills import build, kind


@pytest.fixture(params=["renameat2", "plain renames"])
def renames(request, monkeypatch):
    if request.param == "plain renames":
        monkeypatch.setattr(rename, "system_call", lambda: None)


def refused(out, **options) -> str:
    with pytest.raises(HwlstmError) as caught:
        build(out, "new", **options)
    return str(caught.value)


def listing(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.usefixtures("renames")
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_appears_meanwhile_stays(tmp_path, overwrite):
    out = tmp_path / "net"

    def meanwhile():
        out.mkdir()
        (out / "thesis.txt").write_text("years of work")

    said = refused(out, overwrite=overwrite, meanwhile=meanwhile)

    why = "is no build folder" if overwrite else "appeared while it was being built"
    assert said == f"{out} {why} and will not be replaced"
    assert listing(tmp_path) == ["net", "net/thesis.txt"]


@pytest.mark.usefixtures("renames")
def test_a_build_that_is_swapped_for_another_folder_at_the_last_moment_is_put_back(
    tmp_path, monkeypatch
):
    out, other = tmp_path / "net", tmp_path / "other"
    build(out, "old", overwrite=False)
    build(other, "other", overwrite=False)
    exchange = rename.exchange

    def late(new, place):
        if other.exists():
            out.rename(tmp_path / "moved")
            other.rename(out)
        exchange(new, place)

    monkeypatch.setattr("hwlstm.build.folder.exchange", late)

    assert refused(out, overwrite=True) == (
        f"{out} changed while it was being built and will not be replaced"
    )
    assert (kind(out), kind(tmp_path / "moved")) == ("other", "old")


@pytest.mark.usefixtures("renames")
def test_an_empty_folder_is_filled_only_when_overwriting_is_allowed(tmp_path):
    out = tmp_path / "net"
    out.mkdir()

    assert refused(out, overwrite=False).startswith(f"{out} exists; choose another folder")
    build(out, "new", overwrite=True)

    assert kind(out) == "new"


FOREIGN = {
    "another generator": {"manifest.json": '{"generator": "webpack"}'},
    "another format": {"manifest.json": '{"format": "hwlstm build 9", "files": {}}'},
    "no files": {"manifest.json": '{"format": "hwlstm build 1"}'},
    "a file outside": {"manifest.json": '{"format": "hwlstm build 1", "files": {"../x": ""}}'},
    "no object": {"manifest.json": "[]"},
    "no JSON": {"manifest.json": "x"},
    "too deep": {"manifest.json": "[" * 100_000},
    "no manifest": {"a.txt": "mine"},
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_folder_of_somebody_else_is_never_replaced(tmp_path, name):
    out = tmp_path / "net"
    out.mkdir()
    for file, text in FOREIGN[name].items():
        (out / file).write_text(text)

    said = refused(out, overwrite=True)

    assert said == f"{out} is no build folder and will not be replaced"
    assert listing(out) == list(FOREIGN[name])


def test_a_file_is_never_replaced(tmp_path):
    out = tmp_path / "net"
    out.write_text("mine")
    assert refused(out, overwrite=True) == f"{out} is no build folder and will not be replaced"


def test_changed_files_are_named_and_stay(tmp_path):
    out = tmp_path / "net"
    build(out, "old", overwrite=False)
    (out / "a.v").write_text("improved by hand")

    said = refused(out, overwrite=True)

    assert said == (
        f"{out} was changed since it was built (a.v) and will not be replaced; "
        "move it away, or remove it"
    )
    assert (out / "a.v").read_text() == "improved by hand"


def test_what_is_added_later_or_missing_is_no_change(tmp_path):
    out = tmp_path / "net"
    build(out, "old", overwrite=False)
    (out / "report.html").write_text("")
    (out / "synth").mkdir()
    (out / "b.json").unlink()

    assert changed(out) == []
    build(out, "new", overwrite=True)

    assert kind(out) == "new"


def test_a_changed_manifest_is_a_change(tmp_path):
    out = tmp_path / "net"
    build(out, "old", overwrite=False)
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(manifest | {"what": "other"}))

    assert is_build(out)
    assert changed(out) == ["manifest.json"]


def test_the_hash_covers_every_file_and_folder(tmp_path):
    (tmp_path / "memories").mkdir()
    (tmp_path / "memories" / "w.hex").write_text("00\n")
    manifest = sealed({"name": "net"}, tmp_path)
    assert list(manifest["files"]) == ["memories/w.hex"]

    (tmp_path / "memories" / "w.hex").write_text("01\n")

    assert sealed({"name": "net"}, tmp_path)["hash"] != manifest["hash"]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    build(tmp_path / "real" / "net", "old", overwrite=False)
    (tmp_path / "net").symlink_to(tmp_path / "real" / "net")

    build(tmp_path / "net", "new", overwrite=True)

    assert (tmp_path / "net").is_symlink()
    assert kind(tmp_path / "real" / "net") == "new"
    assert listing(tmp_path / "real")[0] == "net"


def test_a_link_to_nothing_and_a_link_to_itself_are_not_followed(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("none")
    for name in ("loop", "dangling"):
        for overwrite in (False, True):
            assert str(tmp_path / name) in refused(tmp_path / name, overwrite=overwrite)
    assert listing(tmp_path) == ["dangling", "loop"]


def test_a_hidden_link_in_the_way_is_not_followed(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "new").write_text("mine")
    (tmp_path / ".net.building").symlink_to("precious")

    said = refused(tmp_path / "net", overwrite=False)

    link = tmp_path / ".net.building"
    assert said == f"{tmp_path / 'net'} cannot be built: {link} is a link"
    assert (tmp_path / "precious" / "new").read_text() == "mine"


def test_the_work_directory_itself_can_be_named(tmp_path, monkeypatch):
    home = tmp_path / "net"
    build(home, "old", overwrite=False)
    monkeypatch.chdir(home)

    build(type(home)("."), "new", overwrite=True)

    assert kind(home) == "new"


@pytest.mark.parametrize("name", ["n" * 5000, "n" * 250])
def test_a_name_that_is_too_long_is_refused(tmp_path, name):
    said = refused(tmp_path / name, overwrite=False)
    assert said == f"{tmp_path / name} cannot be written: File name too long"


def test_folders_that_were_made_for_nothing_go_again(tmp_path):
    with (
        pytest.raises(RuntimeError),
        replacing(tmp_path / "a" / "b" / "net", overwrite=False),
    ):
        raise RuntimeError
    assert listing(tmp_path) == []
    build(tmp_path / "a" / "b" / "net", "new", overwrite=False)
    assert kind(tmp_path / "a" / "b" / "net") == "new"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    said = refused(tmp_path / "net", overwrite=False)
    assert said == f"{tmp_path / 'net'} cannot be written: {tmp_path} is no folder to write in"
