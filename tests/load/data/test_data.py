"""Sequences from files: what is read, and what is refused with its line."""

import io

import numpy as np
import pytest

from hwlstm.errors import HwlstmError
from hwlstm.load.data import csv as of_csv
from hwlstm.load.data import read_data


def read(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode(encoding))
    return read_data(path)


def test_a_row_is_a_step_and_a_blank_row_begins_a_sequence(tmp_path):
    data = read(tmp_path, "1,2\n3,4\n\n5,6\n7,8e-1\n")

    assert data.x.tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 0.8]]]
    assert (data.y, data.time, data.labels) == (None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "\n\n1\n2\n\n\n3\n4\n\n",
        "1\r\n2\r\n\r\n3\r\n4",
        "\ufeff1\n2\n ,\n3\n4\n".replace(" ,", "  "),
        '"1"\n"2"\n\n3 \n 4\n',
        "a\n1\n2\n\n3\n4\n",
        "Sequence,a\nx,1\nx,2\ny,3\ny,4\n",
        "a,sequence\n1,7\n2,7\n\n3,8\n4,8\n",
    ],
)
def test_every_way_of_writing_two_sequences(tmp_path, text):
    assert read(tmp_path, text).x.tolist() == [[[1], [2]], [[3], [4]]]


def test_a_row_of_commas_is_blank(tmp_path):
    assert read(tmp_path, "1,2\n,\n3,4\n").x.tolist() == [[[1, 2]], [[3, 4]]]


def test_columns_are_named_in_any_order(tmp_path):
    data = read(tmp_path, "y,b,TIME,a\n0,1,0.5,2\n0,3,1.5,4\n\n1,5,0,6\n2,7,2,8\n")

    assert data.x.tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    assert data.y.tolist() == [[[0], [0]], [[1], [2]]]
    assert data.labels.tolist() == [0, 2]
    assert data.time.tolist() == [[0.5, 1.5], [0, 2]]


def test_sequences_of_different_lengths_stay_apart(tmp_path):
    data = read(tmp_path, "a,y\n1,0\n2,0\n\n3,1\n")

    assert [x.tolist() for x in data.x] == [[[1], [2]], [[3]]]
    assert [y.tolist() for y in data.y] == [[[0], [0]], [[1]]]
    assert data.labels.tolist() == [0, 1]


WRONG = {
    "1,2\n3\n": ", line 2: a row must have 2 columns, not 1",
    "1,2\n\n3,4,\n": ", line 3: a row must have 2 columns, not 3",
    "1,2\n3,nan\n": ", line 2: column 2 must be a finite number, not 'nan'",
    "nan,2\n3,4\n": ", line 1: column 1 must be a finite number, not 'nan'",
    "inf\n": ", line 1: column 1 must be a finite number, not 'inf'",
    "1e999\n": ", line 1: column 1 must be a finite number, not '1e999'",
    "1,\n": ", line 1: column 2 must be a finite number, not ''",
    "1,two\n": ", line 1: column 2 must be a finite number, not 'two'",
    "a,b\n1,1_0\n": ", line 2: column 2 must be a finite number, not '1_0'",
    "1;2\n3;4\n": (
        ", line 2: column 1 must be a finite number, not '3;4'; columns are separated by commas"
    ),
    "a,y\n1,cat\n": ", line 2: column 2 must be a finite number, not 'cat'",
    ",a\n0,1\n": ", line 1: columns must have names of their own, not ''",
    "a,A\n0,1\n": ", line 1: columns must have names of their own, not 'a'",
    "sequence,a\n1,1\n2,2\n1,3\n": (", line 4: sequence '1' must be in one piece; it ended before"),
    "y,time\n1,2\n": " must have a column of inputs, not only y, time",
    "": " must hold a row for every step; it is empty",
    "\n \n": " must hold a row for every step; it is empty",
    "a,b\n": " must hold a row for every step; it holds none",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_table_of_numbers_is_refused_with_its_line(tmp_path, text):
    with pytest.raises(HwlstmError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == f"{tmp_path / 'x.csv'}{WRONG[text]}"


def test_what_is_no_text_is_refused(tmp_path):
    with pytest.raises(HwlstmError) as caught:
        read(tmp_path, "1,é\n", encoding="latin-1")
    assert str(caught.value) == f"{tmp_path / 'x.csv'} must be text in UTF-8"


def test_a_cell_without_end_is_refused(tmp_path):
    with pytest.raises(HwlstmError) as caught:
        read(tmp_path, "1" * 200_000)
    said = f"{tmp_path / 'x.csv'} cannot be read: field larger than field limit (131072)"
    assert str(caught.value) == said


def test_text_that_is_too_long_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(of_csv, "MOST_BYTES", 1 << 20)
    with pytest.raises(HwlstmError) as caught:
        read(tmp_path, "1\n" * (1 << 20))
    assert str(caught.value) == f"{tmp_path / 'x.csv'} must have at most 1 MiB, not 2 MiB"


def test_arrays_are_found_by_their_content_not_by_the_name(tmp_path):
    x, buffer = np.arange(6.0).reshape(1, 3, 2), io.BytesIO()
    np.savez(buffer, x=x, y=[1])
    (tmp_path / "x.npy").write_bytes(buffer.getvalue())
    np.save(tmp_path / "y.npy", x)

    named, plain = read_data(tmp_path / "x.npy"), read_data(tmp_path / "y.npy")

    assert np.array_equal(named.x, x)
    assert named.labels.tolist() == [1]
    assert np.array_equal(plain.x, x)
    assert plain.y is None


def test_an_npz_without_x_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", a=[1])
    with pytest.raises(HwlstmError) as caught:
        read_data(tmp_path / "x.npz")
    assert str(caught.value) == f"{tmp_path / 'x.npz'} must hold an array x, not ['a']"
