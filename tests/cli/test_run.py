"""hwlstm run: data of every kind go in, outputs and their worth come out."""

import json

import numpy as np
import pytest

from hwlstm.build.network import load_network
from hwlstm.cli import main
from hwlstm.golden import evaluate
from hwlstm.load.data import read_data


def made(folder, name, *options, dense=()):
    """A build of a small network of two inputs, and its golden model."""
    rng = np.random.default_rng(0)
    arrays = {"W_h": rng.normal(size=(3, 2)), "U_h": rng.normal(size=(3, 3)) / 3, **dict(dense)}
    np.savez(folder / f"{name}.npz", **arrays)
    words = ["build", f"{folder / name}.npz", "--cell", "rnn", "--range", "-1", "1", "--bits", "10"]
    words += ["--parallel", "1", "--out", str(folder / name), "--quiet", *options]
    assert main(words) == 0
    return folder / name, load_network(folder / name)


@pytest.fixture(scope="module")
def every_step(tmp_path_factory):
    return made(tmp_path_factory.mktemp("run"), "steps")


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    dense = {"dense_W": np.random.default_rng(1).normal(size=(4, 3))}
    return made(tmp_path_factory.mktemp("run"), "classes", "--classify", dense=dense)


@pytest.fixture
def x():
    return np.random.default_rng(2).uniform(-0.9, 0.9, (12, 3, 2))


def lines(capsys, *words) -> list[str]:
    capsys.readouterr()
    assert main(["run", *map(str, words), "--quiet"]) == 0
    return capsys.readouterr().out.splitlines()


def test_classes_are_printed_with_their_accuracy(classes, x, tmp_path, capsys):
    build, network = classes
    y = evaluate(network, x)[:, 0]
    np.savez(tmp_path / "x.npz", x=x, y=np.where(np.arange(12) < 3, (y + 1) % 4, y))

    said = lines(capsys, build, "--data", tmp_path / "x.npz")

    assert said == [
        f"{build}: 12 sequences through the golden model",
        *(f"  {k}: {y[k]}" for k in range(10)),
        "  and 2 more (--out FILE writes all)",
        "accuracy 75.00%",
    ]


def test_numbers_are_printed_with_their_error(every_step, x, tmp_path, capsys):
    build, network = every_step
    y = evaluate(network, x[:2])
    np.savez(tmp_path / "x.npz", x=x[:2], y=y + 0.25)

    said = lines(capsys, build, "--data", tmp_path / "x.npz")

    shown = [", ".join(f"{value:g}" for value in one[-1]) for one in y]
    assert said[1:] == [f"  {k}: last step {shown[k]}" for k in range(2)] + ["rms error 0.25"]


def test_data_that_are_scaled_otherwise_are_noticed(every_step, x, tmp_path, capsys):
    np.save(tmp_path / "x.npy", x * 1000)
    said = lines(capsys, every_step[0], "--data", tmp_path / "x.npy")
    assert said[-1] == (
        "72 of 72 inputs lie outside the format of x and were clipped: is the data scaled as in "
        "training?"
    )


def test_a_table_goes_in_and_a_table_comes_out(every_step, x, tmp_path, capsys):
    build, network = every_step
    rows = [f"{k},{a!r},{b!r}" for k in (0, 1) for a, b in x[k][: 3 - k].tolist()]
    (tmp_path / "x.csv").write_text("\n".join(["sequence,a,b", *rows]))

    for suffix in (".csv", ".npz"):
        lines(capsys, build, "--data", tmp_path / "x.csv", "--out", tmp_path / f"y{suffix}")

    expected = [evaluate(network, x[k][None, : 3 - k])[0] for k in (0, 1)]
    for one, other in zip(read_data(tmp_path / "y.csv").x, expected, strict=True):
        assert np.array_equal(one, other)
    found = np.load(tmp_path / "y.npz")
    assert np.array_equal(found["y"], np.concatenate(expected))
    assert found["sequence"].tolist() == [0, 0, 0, 1, 1]
    assert main(["run", str(build), "--data", str(tmp_path / "x.csv"), "--out", "y.npy"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "hwlstm run: Sequences must be of one length to be one array"


def test_one_array_comes_out_in_its_shape(every_step, classes, x, tmp_path, capsys):
    np.save(tmp_path / "x.npy", x)
    for (build, network), shape in ((every_step, (12, 3, 3)), (classes, (12, 1))):
        lines(capsys, build, "--data", tmp_path / "x.npy", "--out", tmp_path / "y.npy")
        y = np.load(tmp_path / "y.npy")
        assert y.shape == shape
        assert np.array_equal(y, evaluate(network, x))


def test_the_result_is_json_too(classes, x, tmp_path, capsys):
    build, network = classes
    np.savez(tmp_path / "x.npz", x=x, y=evaluate(network, x)[:, 0])
    capsys.readouterr()

    assert main(["run", str(build), "--data", str(tmp_path / "x.npz"), "--json", "-"]) == 0

    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert np.array_equal(np.array(found.pop("outputs"))[:, 0], evaluate(network, x))
    assert found == {
        "build": str(build),
        "simulator": "golden model",
        "compared": None,
        "saturated": 0,
        "values": 72,
        "accuracy": 1.0,
    }
    assert printed.err.splitlines()[:2] == [
        "reading the data",
        "computing the golden model's outputs",
    ]


def test_the_label_of_the_last_step_counts_for_one_result(classes, x, tmp_path, capsys):
    build, network = classes
    y = evaluate(network, x)[:, 0]
    rows = []
    for k in range(2):
        for t, (a, b) in enumerate(x[k].tolist()):
            rows.append(f"{a!r},{b!r},{y[k] if t == 2 else 9}")
        rows.append("")
    (tmp_path / "x.csv").write_text("\n".join(["a,b,y", *rows]))

    assert lines(capsys, build, "--data", tmp_path / "x.csv")[-1] == "accuracy 100.00%"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.arange(12) % 4 + 1, "y must be class indices 0 to 3"),
        (np.eye(4)[np.arange(12) % 4], "y of a sequence must have shape (1, 1) or (1,), not (4,)"),
    ],
    ids=["counted from 1", "one-hot"],
)
def test_labels_that_are_no_classes_are_refused(classes, x, tmp_path, capsys, labels, message):
    np.savez(tmp_path / "x.npz", x=x, y=labels)
    assert main(["run", str(classes[0]), "--data", str(tmp_path / "x.npz"), "--quiet"]) == 2
    assert capsys.readouterr().err == f"hwlstm run: {message}\n"


WRONG = {
    "(5,)": (np.zeros(5), "y must be of 12 sequences, not 5"),
    "(12, 2)": (np.zeros((12, 2)), "y of a sequence must have shape (3, 3) or (3,), not (2,)"),
    "(12,)": (
        np.zeros(12),
        "y of a sequence must have shape (3, 3) or (3,), not (); for classes build with --classify",
    ),
    "nan": (np.full((12, 3), np.nan), "y must be finite numbers"),
    "text": (np.full((12, 3), "a"), "y must be finite numbers"),
}


@pytest.mark.parametrize("name", WRONG)
def test_another_y_is_refused(name, every_step, x, tmp_path, capsys):
    y, message = WRONG[name]
    np.savez(tmp_path / "x.npz", x=x, y=y)
    words = ["run", str(every_step[0]), "--data", str(tmp_path / "x.npz"), "--quiet"]
    capsys.readouterr()

    assert main([*words, "--out", str(tmp_path / "y.csv")]) == 2

    printed = capsys.readouterr()
    assert (printed.err, printed.out) == (f"hwlstm run: {message}\n", "")
    assert not (tmp_path / "y.csv").exists()
