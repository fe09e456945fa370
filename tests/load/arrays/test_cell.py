"""Any cell from named arrays, and from an .npz file."""

import numpy as np
import pytest

from hwlstm.cells import FGR, GRU, Phased, Traditional, Vanilla
from hwlstm.errors import HwlstmError
from hwlstm.load import from_arrays, from_cell, load

INPUTS, UNITS = 3, 4


def arrays(cell, **more):
    """Random arrays of every name that a cell needs."""
    rng = np.random.default_rng(0)
    keys = {"x": "W_{}", "h": "U_{}"}
    found = {
        keys.get(source, f"R_{source}_{{}}").format(gate): rng.normal(
            size=(UNITS, INPUTS if source == "x" else UNITS)
        )
        for gate in cell.gate_names
        for source in cell.sources(gate)
    }
    found |= {f"p_{gate}": rng.normal(size=UNITS) for gate in cell.peephole_names}
    if cell.timed:
        found |= {"period": np.full(UNITS, 5.0), "shift": np.arange(UNITS), "ratio": np.ones(UNITS)}
    return found | more


def test_an_lstm_of_named_arrays_is_that_of_stacked_ones():
    given = arrays(Vanilla(), b_f=np.ones(UNITS), initial_c=np.full(UNITS, 0.5))
    network = from_cell(Vanilla(), given, name="net")
    stacked = from_arrays(
        W=np.concatenate([given[f"W_{q}"] for q in "gifo"]),
        U=np.concatenate([given[f"U_{q}"] for q in "gifo"]),
        b=np.repeat([0, 0, 1, 0], UNITS).astype(float),
        p=[given[f"p_{q}"] for q in "ifo"],
        initial={"c": given["initial_c"]},
    )
    one, other = network.layers[0], stacked.layers[0]
    for gate in "gifo":
        np.testing.assert_array_equal(one.weights[gate]["x"], other.weights[gate]["x"])
        np.testing.assert_array_equal(one.weights[gate]["h"], other.weights[gate]["h"])
        np.testing.assert_array_equal(one.bias[gate], other.bias[gate])
    np.testing.assert_array_equal(one.initial["c"], other.initial["c"])
    assert network.name == "net"


def test_recurrent_gates_and_split_candidates_take_what_their_rows_multiply():
    layer = from_cell(FGR(), arrays(FGR())).layers[0]
    assert set(layer.weights["i"]) == {"x", "h", "i", "f", "o"}
    layer = from_cell(GRU(), arrays(GRU())).layers[0]
    assert (set(layer.weights["n"]), set(layer.weights["m"])) == ({"x"}, {"h"})


def test_a_timed_cell_takes_its_time_gate():
    given = arrays(Phased(), leak=0.25, interval=0.5)
    gate = from_cell(Phased(), given).layers[0].time_gate
    assert (gate.interval, gate.stamped, gate.leak.tolist()) == (0.5, False, [0.25] * UNITS)
    assert from_cell(Phased(), arrays(Phased(), stamped=True)).stamped


def test_a_linear_layer_may_stand_behind():
    more = {"dense_W": np.ones((2, UNITS)), "dense_b": np.arange(2)}
    network = from_cell(GRU(), arrays(GRU(), **more), classify=True)
    assert [layer.name for layer in network.layers] == ["layer", "dense"]
    assert network.layers[1].reads == "last"
    assert network.classify
    assert from_cell(GRU(), arrays(GRU()), steps="last").returns == "last"


def test_an_npz_file_is_read_with_the_name_of_its_cell(tmp_path):
    path = tmp_path / "weights-1.npz"
    np.savez(path, **arrays(GRU()))
    assert load(path, cell="gru").name == "weights_1"
    own = tmp_path / "own.py"
    own.write_text(
        "from hwlstm.cells import Cell, State, tanh\n"
        "class Mine(Cell):\n"
        "    gates = 'a'\n"
        "    def step(self, z, p, prev):\n"
        "        return State(h=tanh(z.a) + 0.5 * prev.h)\n"
    )
    class_arrays = {"W_a": np.ones((UNITS, INPUTS)), "U_a": np.ones((UNITS, UNITS))}
    np.savez(path, **class_arrays)
    assert load(path, cell=f"{own}:Mine").layers[0].cell.name == "Mine"


@pytest.mark.parametrize(
    ("cell", "given", "message"),
    [
        (GRU(), {"W_r": None}, r"^GRU needs an array W_r; there are \['U_m'"),
        (GRU(), {"W_z": np.ones(3)}, r"^GRU has no array 'W_z'; it takes \['U_m'"),
        (GRU(), {"U_m": np.ones((3, 3))}, r"^layer: weights m\.h must have shape \(4, 4\)"),
        (GRU(), {"b_r": np.full(UNITS, np.nan)}, "^layer: bias r must be finite"),
        (Traditional(), {"p_i": np.ones(UNITS)}, "^Traditional has no array 'p_i'"),
        (GRU(), {"dense_b": np.ones(2)}, "^GRU takes dense_b with dense_W only"),
        (Phased(), {"period": None}, "^Phased needs an array period"),
        (Phased(), {"ratio": np.zeros(UNITS)}, "^TimeGate ratio must be above 0"),
        (Phased(), {"interval": np.ones(2)}, "^interval must be one number"),
        (Phased(), {"period": np.ones(3)}, "^TimeGate shift must have shape"),
    ],
)
def test_what_does_not_fit_the_cell_is_named(cell, given, message):
    wanted = {k: v for k, v in {**arrays(cell), **given}.items() if v is not None}
    with pytest.raises(ValueError, match=message):
        from_cell(cell, wanted)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("w.npz", {}, "holds arrays: say of which cell"),
        ("none.npz", {"cell": "GRU"}, "does not exist"),
        ("text.npz", {"cell": "GRU"}, "must be an .npz file"),
        ("one.npz", {"cell": "GRU"}, "must hold named arrays"),
        ("m.onnx", {"cell": "GRU"}, "has its own cell"),
    ],
)
def test_a_file_that_is_no_npz_is_refused(name, options, message, tmp_path):
    np.savez(tmp_path / "w.npz", **arrays(GRU()))
    (tmp_path / "text.npz").write_text("PK no zip")
    np.save(tmp_path / "one.npy", np.ones(3))
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")
    with pytest.raises(HwlstmError, match=message):
        load(tmp_path / name, **options)
