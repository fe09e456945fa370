"""Choice of formats, and what it cost."""

import numpy as np
import pytest

from hwlstm.cells import Affine, Traditional, Vanilla
from hwlstm.fixed import quantise, real
from hwlstm.golden import run_float
from hwlstm.network import Layer, Network
from hwlstm.quantize import measure, quantize
from tests.designs import data, fixed, layer


def network(cell=None, inputs=3, units=5):
    return Network((layer(cell or Traditional(), inputs, units),), "net")


def test_defaults_are_8_bit_weights_and_16_bit_signals():
    formats = fixed(3, 5, cell=Vanilla()).layers[0].formats
    assert {formats[name].width for name in "WU"} == {8}
    assert 14 <= formats["x"].width <= 16
    assert {formats[name].width for name in ("h", "p", "g", "i", "f", "o", "squash_c")} == {16}
    assert {formats[name].width for name in ("c", "pre_g", "pre_i", "pre_f", "pre_o")} == {18}


def test_nothing_saturates_on_the_calibration_data():
    net = network(Vanilla())
    measured = measure(net, quantize(net, data(3)), data(3))
    assert {s.signal: s.saturated for s in measured.signals if s.saturated} == {}


def test_more_bits_give_less_noise():
    net = network()
    noise = []
    for weights, bits in ((4, 8), (8, 12), (12, 16)):
        fixed_net = quantize(net, data(3), weights=weights, bits=bits)
        ratios = {s.signal: s.sqnr_db for s in measure(net, fixed_net, data(3)).signals}
        noise.append(ratios["lstm.h"])
    assert noise[0] < noise[1] - 10 < noise[2] - 20


def test_weights_get_the_format_of_least_squared_error():
    net = network()
    chosen = quantize(net, data(3), weights=4).layers[0]
    values = np.concatenate([net.layers[0].weights[q]["h"] for q in "gifo"], axis=None)
    fmt = chosen.formats["U"]

    def error(frac):
        other = type(fmt)(4, frac)
        return np.square(real(quantise(values, other), other) - values).sum()

    assert error(fmt.frac) <= min(error(fmt.frac - 1), error(fmt.frac + 1))


def test_a_state_that_is_bounded_by_its_factors_needs_no_headroom():
    net = Network((layer(Traditional(), 3, 5, scale=4),), "net")
    measured = measure(net, quantize(net, data(3)), data(3))
    reached = next(s.quantiles for s in measured.signals if s.signal == "lstm.h")
    assert max(-reached[0], reached[-1]) > 0.95
    assert str(quantize(net, data(3), margin=4).layers[0].formats["h"]) == "Q1.15"


def test_x_gives_up_the_bits_that_would_widen_the_columns():
    net = network()
    weights = {q: {"x": m["x"] / 8, "h": m["h"]} for q, m in net.layers[0].weights.items()}
    finer = Layer("lstm", Traditional(), weights, net.layers[0].bias)
    chosen = quantize(Network((finer,), "net"), data(3)).layers[0]
    assert chosen.formats["x"].width < 16
    assert chosen.column_shifts["h"] < 2
    kept = quantize(Network((finer,), "net"), data(3), formats={"lstm.x": "Q2.14"}).layers[0]
    assert kept.column.width > 16


def test_a_format_by_hand_is_kept():
    formats = fixed(3, 5, formats={"lstm.c": "Q6.6", "lstm.W": "Q4.8"}).layers[0].formats
    assert (str(formats["c"]), str(formats["W"])) == ("Q6.6", "Q4.8")


def test_the_next_layer_reads_the_format_of_the_one_before():
    first, second = layer(Traditional(), 3, 5), layer(Affine(), 5, 2, name="dense")
    both = quantize(Network((first, second), "net"), data(3))
    assert both.layers[1].formats["x"] == both.layers[0].formats["h"]


def test_the_report_gives_range_saturation_noise_and_error_at_every_step():
    net = network()
    x = data(3)
    tight = quantize(net, x / 4)
    measured = measure(net, tight, x)
    signals = {s.signal: s for s in measured.signals}
    assert signals["lstm.x"].quantiles[0] == pytest.approx(x.min())
    assert signals["lstm.x"].quantiles[-1] == pytest.approx(x.max())
    lo, hi = tight.x.lo * tight.x.step, tight.x.hi * tight.x.step
    assert signals["lstm.x"].saturated == np.count_nonzero((x < lo - 1e-4) | (x > hi + 1e-4))
    assert signals["lstm.x"].saturated > 0
    assert len(measured.error["lstm.h"]) == x.shape[1]
    assert all(0 < rms <= worst for rms, worst in measured.error["lstm.h"])
    assert measured.accuracy is None


def test_exact_signals_have_no_noise():
    cell = Layer("dense", Affine(), {"y": {"x": [[0.5, -0.25]]}}, bias={"y": [0.125]})
    net = Network((cell,), "net")
    x = np.round(data(2) * 64) / 64
    ratios = {s.signal: s.sqnr_db for s in measure(net, quantize(net, x), x).signals}
    assert ratios["dense.W"] == ratios["dense.y"] == np.inf


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"weights": 1}, "quantize weights must be 2 to 18 bits, not 1"),
        ({"bits": 40}, "quantize bits must be 2 to 18 bits, not 40"),
        ({"bits": 8.5}, "quantize bits must be 2 to 18 bits, not 8.5"),
        ({"margin": 0.5}, "quantize margin must be at least 1, not 0.5"),
        ({"formats": {"gru.c": "Q4.12"}}, "Format 'gru.c' must name a layer of ['lstm']"),
        (
            {"formats": {"lstm.k": "Q4.12"}},
            "Format 'lstm.k' must name a signal of ['U', 'U_f', 'U_g', 'U_i', 'U_o', 'W', 'W_f', "
            "'W_g', 'W_i', 'W_o', 'b', 'c', 'f', 'g', 'h', 'i', 'o', 'pre_f', 'pre_g', 'pre_i', "
            "'pre_o', 'squash_c', 'x']",
        ),
        (
            {"formats": {"lstm.x": "Q0.8"}},
            "Format of lstm.x must hold -0.998979 to 0.998979, which Q0.8 saturates; "
            "Q2.6 would hold it",
        ),
        (
            {"formats": {"lstm.x": "UQ2.6"}},
            "Format of lstm.x must hold -0.998979 to 0.998979, which UQ2.6 saturates; "
            "Q2.6 would hold it",
        ),
    ],
)
def test_formats_that_cannot_be_are_refused_with_what_would(numbers, message):
    x = data(3)
    x.flat[:2] = -0.998979, 0.998979
    x = np.clip(x, -0.998979, 0.998979)
    with pytest.raises(ValueError) as caught:
        quantize(network(), x, **numbers)
    assert str(caught.value) == message


def test_a_gate_format_that_cannot_hold_the_gate_is_refused():
    with pytest.raises(
        ValueError, match=r"^Format of lstm\.i must hold 0\.\d+ to 0\.\d+, which Q-2"
    ):
        fixed(3, 5, formats={"lstm.i": "Q-2.10"})
    assert fixed(3, 5, formats={"lstm.i": "Q1.9"}).layers[0].formats["i"].frac == 9


def test_shared_gates_have_one_input_format_and_one_table():
    layer = fixed(3, 5, shared=True).layers[0]
    pre = {layer.formats[f"pre_{gate}"] for gate in "gifo"}
    assert len(pre) == 1
    assert {layer.tables[gate].unit.kind for gate in "gifo"} == {"shared"}
    assert len({layer.tables[gate].likeness for gate in "gifo"}) == 1
    assert layer.tables["squash_c"].unit.kind == "linear"


def test_activations_take_what_resources_allow_and_keep_the_bound():
    for resources in ((), ("bram",), ("dsp",), ("bram", "dsp")):
        layer = fixed(3, 5, bits=12, resources=resources, max_ulp=0.9).layers[0]
        for table in layer.tables.values():
            assert table.certificate.max_ulp <= 0.9
            assert bool(table.unit.factors) == ("dsp" in resources)
            assert table.unit.table.block_ram == ("bram" in resources)


def test_labels_of_the_wrong_shape_are_refused():
    net = network()
    with pytest.raises(ValueError, match=r"^Labels must be given for a network that classifies, t"):
        measure(net, quantize(net, data(3)), data(3), labels=[1] * 16)
    net = Network(net.layers, "net", classify=True)
    with pytest.raises(ValueError, match=r"^Labels must have shape \(16,\), not \(3,\)$"):
        measure(net, quantize(net, data(3)), data(3), labels=[1, 2, 3])
    classes = run_float(net, data(3)).output[:, -1, 0]
    assert measure(net, quantize(net, data(3)), data(3), labels=classes).accuracy[0] == 1
