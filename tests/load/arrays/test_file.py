"""Array files that somebody damaged, encrypted or blew up: one line, and little memory."""

import os
import resource
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import hwlstm
from hwlstm.errors import HwlstmError
from hwlstm.load import file as of_files
from hwlstm.load.arrays import file as of_arrays
from hwlstm.load.arrays import identifier, read_array_file, read_arrays


def npy(header: str, content: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    size = 2 if version[:1] == b"\x01" else 4
    return b"\x93NUMPY" + version + len(header).to_bytes(size, "little") + header.encode() + content


def describing(shape, kind="<f8") -> str:
    return f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape!r}}}"


PROMISES = "its header promises float64 of shape"
DAMAGED = {
    "empty": (b"", "EOF: reading magic string, expected 8 bytes got 0"),
    "pickle": (b"\x80\x04\x95", "EOF: reading magic string, expected 8 bytes got 3"),
    "text": (b"1,2,3\n4,5,6\n", "the magic string is not correct"),
    "too deep": (npy("(" * 9000), "its header cannot be read"),
    "deep tuple": (npy("[" * 4000 + "]" * 4000), "its header cannot be read"),
    "long header": (npy("{" + " " * 60_000 + "}"), "its header cannot be read (ValueError)"),
    "no dictionary": (npy("7"), "its header cannot be read (ValueError)"),
    "code": (npy("__import__('os').abort()"), "its header cannot be read (ValueError)"),
    "objects": (npy(describing((1,), "|O"), b"x" * 8), "it holds Python objects, not numbers"),
    "cut off": (npy(describing((3,)), b"x" * 16), f"{PROMISES} (3,), but 16 bytes follow"),
    "huge": (npy(describing((1 << 60, 8))), f"{PROMISES} ({1 << 60}, 8), but 0 bytes follow"),
    "overflow": (npy(describing((1 << 62, 1 << 62))), PROMISES),
    "negative": (npy(describing((-1, 8)), b"x" * 64), f"{PROMISES} (-1, 8), but 64 bytes follow"),
    "huge without numbers": (npy(describing((0, 1 << 62))), "array is too big"),
    "version 3": (npy("{}", version=b"\x03\x00"), "it is of version (3, 0), which no array"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_an_array_that_is_not_what_it_says_is_refused(name, tmp_path):
    content, message = DAMAGED[name]
    path = tmp_path / "x.npy"
    path.write_bytes(content)

    with pytest.raises(HwlstmError) as caught:
        read_array_file(path)

    said = str(caught.value)
    assert said.startswith(f"{path} must be a .npy or .npz file: {message}")
    assert "\n" not in said


def test_arrays_come_back_as_they_were_saved(tmp_path):
    arrays = {
        "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big": np.arange(3, dtype=">i2"),
        "scalar": np.array(2.5),
        "none": np.zeros((0, 3)),
        "text": np.array(["a", "bc"]),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "x.npz", **arrays)
        found = read_arrays(tmp_path / "x.npz")
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype
            assert np.array_equal(found[name], array), name


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_may_be_packed_in_every_way_that_python_knows(packing, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", packing) as archive:
        archive.writestr("x.npy", npy(describing((2,)), np.ones(2).tobytes()))
    assert read_arrays(tmp_path / "x.npz")["x"].tolist() == [1, 1]


@pytest.mark.parametrize(
    "packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_damaged_archive_is_refused_wherever_it_is_damaged(packing, tmp_path):
    path = tmp_path / "x.npz"
    values = np.random.default_rng(0).normal(size=40)
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("x.npy", npy(describing((40,)), values.tobytes()))
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        for content in (whole[:place], whole[:place] + b"\xff\xff\xff" + whole[place + 3 :]):
            path.write_bytes(content)
            try:
                read_arrays(path)
            except HwlstmError as error:
                assert str(error).startswith(f"{path} must be an .npz file: "), place
                assert "\n" not in str(error)


def test_an_encrypted_archive_is_named_so(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.ones(2))
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    path.write_bytes(content)

    with pytest.raises(HwlstmError) as caught:
        read_arrays(path)

    assert str(caught.value) == f"{path} must be an .npz file: x.npy is encrypted"


def test_a_member_that_is_no_array_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("README", "hello, this is text")
    with pytest.raises(HwlstmError) as caught:
        read_arrays(tmp_path / "x.npz")
    message = f"{tmp_path / 'x.npz'} must be an .npz file: README: the magic string is not correct"
    assert str(caught.value).startswith(message)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    for module in (of_files, of_arrays):
        monkeypatch.setattr(module, "MOST_BYTES", 1 << 20)
    np.savez_compressed(tmp_path / "x.npz", a=np.zeros(1 << 16), b=np.zeros(1 << 17))

    with pytest.raises(HwlstmError) as caught:
        read_arrays(tmp_path / "x.npz")

    message = "its arrays must take at most 1 MiB, not 1 MiB"
    assert str(caught.value) == f"{tmp_path / 'x.npz'} must be an .npz file: {message}"


@pytest.fixture
def kinds(tmp_path):
    """Everything but files."""
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "loop.npz").symlink_to("loop.npz")
    (tmp_path / "zero.npz").symlink_to("/dev/zero")
    with (tmp_path / "endless.npz").open("wb") as file:
        file.truncate(1 << 40)
    return tmp_path


KINDS = {
    "pipe.npz": "must be a file, not a pipe",
    "folder.npz": "must be a file, not a folder",
    "loop.npz": "cannot be read: Too many levels of symbolic links",
    "zero.npz": "must be a file, not a device",
    "endless.npz": "must have at most 512 MiB, not 1048576 MiB",
    "none.npz": "does not exist",
    "folder.npz/x.npz": "does not exist",
    "n" * 5000 + ".npz": "cannot be read: File name too long",
    "null\0.npz": "cannot be read: embedded null byte",
}


@pytest.mark.parametrize("name", KINDS, ids=lambda name: repr(name[:20]))
def test_what_is_no_file_is_refused_without_opening_it(kinds, name):
    for read in (read_arrays, lambda path: hwlstm.load(path, cell="gru")):
        with pytest.raises(HwlstmError) as caught:
            read(kinds / name)
        assert str(caught.value) == f"{kinds / name} {KINDS[name]}"


@pytest.mark.parametrize("kind", [".onnx", ".npz"])
def test_a_model_that_is_no_file_does_not_hang(tmp_path, kind):
    os.mkfifo(tmp_path / f"pipe{kind}")
    with pytest.raises(HwlstmError) as caught:
        hwlstm.load(tmp_path / f"pipe{kind}", **({"cell": "gru"} if kind == ".npz" else {}))
    assert str(caught.value) == f"{tmp_path / f'pipe{kind}'} must be a file, not a pipe"


def test_nothing_that_a_header_promises_is_allocated(tmp_path):
    """In a process that may have no more than 1 GiB."""
    bombs = {"header.npy": npy(describing((1 << 36,)))}
    for name, content in bombs.items():
        (tmp_path / name).write_bytes(content)
    with (
        zipfile.ZipFile(tmp_path / "zip.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as member,
    ):
        member.write(npy(describing((1 << 36,))))
        for _ in range(700):
            member.write(bytes(1 << 20))
    script = (
        "import sys, pathlib\n"
        "from hwlstm.load.arrays import read_array_file\n"
        "for name in sys.argv[1:]:\n"
        "    try: read_array_file(pathlib.Path(name))\n"
        "    except Exception as error: print(type(error).__name__, error)\n"
    )
    names = [str(tmp_path / name) for name in (*bombs, "zip.npz")]
    done = subprocess.run(
        [sys.executable, "-c", script, *names],
        env={**os.environ, "PYTHONPATH": ".", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
    )
    assert done.stdout.splitlines() == [
        f"HwlstmError {names[0]} must be a .npy or .npz file: its header promises float64 of "
        f"shape ({1 << 36},), but 0 bytes follow",
        f"HwlstmError {names[1]} must be a .npy or .npz file: its arrays must take at most "
        "512 MiB, not 700 MiB",
    ]


NAMES = {
    "clk": "net_clk",
    "rst": "net_rst",
    "s_axis_x": "net_s_axis_x",
    "tap_water": "net_tap_water",
    "layer": "layer_net",
    "lstm": "lstm_net",
    "module": "module_net",
    "my model-2": "my_model_2",
    "2nd": "n2nd",
    "": "n_",
}


@pytest.mark.parametrize("stem", NAMES)
def test_every_file_name_gives_a_design_its_name(stem):
    assert identifier(stem) == NAMES[stem]
