"""Golden model: floats against PyTorch and the literature, integers against plain int64."""

import numpy as np
import pytest

from hwlstm.cells import Affine, Traditional
from hwlstm.fixed import narrow, quantise
from hwlstm.golden import evaluate, run_float, run_integer, run_sequences
from hwlstm.golden.engine import IntegerEngine
from hwlstm.network import Layer, Network
from hwlstm.quantize import quantize
from tests.designs import data, fixed, layer

GOMEZ = {
    "W": {"g": [0.45, 0.25], "i": [0.95, 0.80], "f": [0.70, 0.45], "o": [0.60, 0.40]},
    "U": {"g": 0.15, "i": 0.80, "f": 0.10, "o": 0.25},
    "b": {"g": 0.20, "i": 0.65, "f": 0.15, "o": 0.10},
    "table": {
        "g": [0.81775408, 0.84980402],
        "i": [0.96083428, 0.98118397],
        "f": [0.85195280, 0.87030197],
        "o": [0.81757448, 0.84993334],
        "c": [0.78572615, 1.51763310],
        "h": [0.53631340, 0.77198111],
    },
}


def test_the_numerical_example_of_gomez_2016_is_reproduced():
    cell = Layer(
        "lstm",
        Traditional(),
        weights={q: {"x": [GOMEZ["W"][q]], "h": [[GOMEZ["U"][q]]]} for q in "gifo"},
        bias={q: [GOMEZ["b"][q]] for q in "gifo"},
    )
    trace = run_float(Network((cell,), "gomez"), [[[1, 2], [0.5, 3]]])
    for name, expected in GOMEZ["table"].items():
        assert trace.layers["lstm"][name][0, :, 0] == pytest.approx(expected, abs=5e-9)


def test_the_float_model_equals_torch():
    torch = pytest.importorskip("torch")
    ours = layer(Traditional(), 5, 7, initial=True)
    theirs = torch.nn.LSTM(5, 7, batch_first=True).double()

    def rows(parts):
        return torch.tensor(np.concatenate([parts[gate] for gate in "ifgo"]))

    with torch.no_grad():
        theirs.weight_ih_l0.copy_(rows({q: m["x"] for q, m in ours.weights.items()}))
        theirs.weight_hh_l0.copy_(rows({q: m["h"] for q, m in ours.weights.items()}))
        theirs.bias_ih_l0.copy_(rows(ours.bias))
        theirs.bias_hh_l0.zero_()
        x = data(5)
        state = [torch.tensor(np.tile(ours.initial[s], (1, len(x), 1))) for s in "hc"]
        expected, _ = theirs(torch.tensor(x), tuple(state))
    trace = run_float(Network((ours,), "net"), x)
    np.testing.assert_allclose(trace.output, expected.numpy(), atol=1e-13)


def plain_run(engine: IntegerEngine, x):
    """The same loop with int64 matrix products: slow, and exact without a proof."""
    fixed_layer = engine.layer
    h, c = (np.tile(fixed_layer.initial[s], (len(x), 1)) for s in "hc")
    fracs = {gate: span.frac for gate, span in fixed_layer.accumulators.items()}
    b = fixed_layer.formats["b"].frac
    out = []
    for t in range(x.shape[1]):
        z = {}
        for gate, matrices in fixed_layer.weights.items():
            shifts = fixed_layer.column_shifts
            total = x[:, t] @ matrices["x"].T << shifts["x"]
            total = total + (h @ matrices["h"].T << shifts["h"])
            most = max(fracs[gate], b)
            z[gate] = (total << most - fracs[gate]) + (fixed_layer.bias[gate] << most - b)
        lookups = {}
        for gate in "gifo":
            table = fixed_layer.tables[gate]
            pre = narrow(z[gate], max(fracs[gate], b), table.in_format)
            lookups[gate] = table.codes[pre - table.in_format.lo]
        formats = fixed_layer.formats
        left, right = formats["f"].frac + formats["c"].frac, formats["i"].frac + formats["g"].frac
        most = max(left, right)
        total = (lookups["f"] * c << most - left) + (lookups["i"] * lookups["g"] << most - right)
        c = narrow(total, most, formats["c"])
        table = fixed_layer.tables["squash_c"]
        squashed = table.codes[c - table.in_format.lo]
        h = narrow(lookups["o"] * squashed, formats["o"].frac + 15, formats["h"])
        out.append(h)
    return np.stack(out, axis=1)


@pytest.mark.parametrize(("inputs", "units"), [(1, 1), (3, 8), (16, 40)])
def test_integers_through_blas_equal_plain_int64(inputs, units):
    (fixed_layer,) = fixed(inputs, units, initial=True).layers
    engine = IntegerEngine(fixed_layer)
    assert engine.dtype is np.float64
    fmt = fixed_layer.formats["x"]
    x = np.random.default_rng(1).integers(fmt.lo, fmt.hi, (6, 20, inputs), endpoint=True)
    np.testing.assert_array_equal(engine.run(x)["h"], plain_run(engine, x))


def test_wide_formats_go_through_int64_and_give_the_same_integers():
    (fixed_layer,) = fixed(3, 8, formats={"lstm.x": "Q4.32", "lstm.W": "Q4.20"}).layers
    engine = IntegerEngine(fixed_layer)
    assert engine.dtype is np.int64
    x = quantise(data(3), fixed_layer.formats["x"])
    np.testing.assert_array_equal(engine.run(x)["h"], plain_run(engine, x))


def test_formats_that_overflow_64_bits_are_refused():
    wide = {"lstm.x": "Q4.38", "lstm.W": "Q4.22"}
    with pytest.raises(
        ValueError, match=r"^lstm: values must stay below 2\*\*62, not reach \d+; use"
    ):
        IntegerEngine(fixed(2, 2, formats=wide).layers[0])


def test_sequences_that_continue_equal_one_long_sequence():
    network = fixed(3, 5, initial=True)
    x = quantise(data(3, sequences=1, steps=9), network.x)[0]
    whole = run_integer(network, x[None]).output[0]
    parts = run_sequences(network, [x[:4], x[4:5], x[5:]], [False, True, True])
    np.testing.assert_array_equal(np.concatenate([part.output[0] for part in parts]), whole)
    apart = run_sequences(network, [x[:4], x[4:]])
    assert not np.array_equal(apart[1].output[0], whole[4:])


def test_saturation_is_counted_by_name():
    network = fixed(3, 5)
    x = np.full((2, 6, 3), network.x.hi)
    plain = run_integer(network, x, count=True)
    assert set(plain.saturation) == {
        f"lstm.{name}" for name in ("pre_g", "pre_i", "pre_f", "pre_o", "c", "h")
    }
    exact = IntegerEngine(network.layers[0])
    seen = {}
    exact.run(x, saturation=seen)
    assert {f"lstm.{name}": n for name, n in seen.items()} == plain.saturation


def test_a_tie_of_two_classes_goes_to_the_first():
    recurrent = layer(Traditional(), 3, 5)
    rows = np.array([[0.1] * 5, [0.5] * 5, [0.5] * 5, [0.2] * 5])
    bias = {"y": [0, 3, 3, 0]}
    dense = Layer("dense", Affine(), {"y": {"x": rows}}, bias=bias, reads="last")
    network = quantize(Network((recurrent, dense), "net", classify=True), data(3))
    traces = run_integer(network, quantise(data(3), network.x))
    scores = traces.layers["dense"]["y"][:, -1]
    assert ((scores == scores.max(axis=1, keepdims=True)).sum(axis=1) == 2).all()
    assert (traces.output == 1).all()


def test_a_value_that_overflows_on_its_way_into_a_finer_format_is_refused():
    dense = Layer("dense", Affine(), {"y": {"x": [[1.0]]}})
    formats = {"dense.y": "Q2.62", "dense.x": "Q4.32", "dense.W": "Q4.20"}
    network = quantize(Network((dense,), "net"), np.ones((1, 1, 1)), formats=formats)
    with pytest.raises(ValueError, match=r"^dense: values must stay below 2\*\*62, not reach"):
        run_integer(network, np.ones((1, 1, 1), dtype=np.int64))


def test_results_of_real_data_come_back_as_floats_near_the_reference():
    recurrent = layer(Traditional(), 4, 6)
    network = Network((recurrent,), "net")
    quantised = fixed(4, 6, weights=14)
    error = np.abs(evaluate(network, data(4)) - evaluate(quantised, data(4))).max()
    assert 0 < error < 2e-3


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 3)), "Data must have shape (sequences, steps, 3), not (2, 3)"),
        (np.zeros((2, 3, 4)), "Data must have shape (sequences, steps, 3), not (2, 3, 4)"),
        (np.zeros((0, 3, 3)), "Data must not be empty; its shape is (0, 3, 3)"),
        (np.full((1, 1, 3), np.nan), "Data must be finite; it holds NaN or infinity"),
        (np.full((1, 1, 3), np.inf), "Data must be finite; it holds NaN or infinity"),
    ],
)
def test_wrong_data_are_refused(x, message):
    with pytest.raises(ValueError) as caught:
        evaluate(fixed(3, 2), x)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "x", [np.zeros((1, 1, 3), complex), [[["a", "b", "c"]]], np.zeros((1, 1, 3), "M8[s]")]
)
def test_data_that_are_no_real_numbers_are_refused(x):
    with pytest.raises(TypeError, match=r"^Data must be real numbers, not "):
        evaluate(fixed(3, 2), x)


def test_sequences_of_different_lengths_are_no_data():
    with pytest.raises(ValueError, match=r"^Data must be one array: all sequences of the same"):
        evaluate(fixed(3, 2), [[[1, 2, 3]], [[1, 2]]])
