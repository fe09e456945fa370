"""Constants that enter a state: held by its format, or refused, and counted."""

import numpy as np
import pytest

from hwlstm.cells import GRU, RNN, Traditional
from hwlstm.fixed import real
from hwlstm.golden import evaluate
from hwlstm.network import Layer, Network
from hwlstm.quantize import measure, quantize, requantize
from tests.designs import data, layer


def started(cell, **initial) -> Network:
    like = layer(cell, 3, 5)
    states = {name: np.full(5, value) for name, value in initial.items()}
    return Network((Layer("lstm", cell, like.weights, like.bias, initial=states),), "net")


@pytest.mark.parametrize(
    ("cell", "initial"),
    [
        (Traditional(), {"h": 1.64}),
        (Traditional(), {"h": -1.64, "c": 3.2}),
        (Traditional(), {"c": -70.0}),
        (GRU(), {"h": 1.64}),
        (RNN(), {"h": -1.64}),
        (RNN(), {"h": 1.0}),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
@pytest.mark.parametrize("bits", [8, 16])
def test_a_format_holds_the_initial_state_beyond_what_is_computed(cell, initial, bits):
    network = started(cell, **initial)
    fixed = quantize(network, data(3), weights=16, bits=bits)
    formats = fixed.layers[0].formats
    for name, value in initial.items():
        held = real(fixed.layers[0].initial[name], formats[name])
        assert np.abs(held - value).max() <= formats[name].step / 2
    assert all(s.saturated == 0 for s in measure(network, fixed, data(3)).signals if s.operand)
    off = np.abs(evaluate(fixed, data(3)) - evaluate(network, data(3))).max()
    coarsest = max(formats[name].step for name in network.layers[0].cell.states)
    assert off < max(2.0 ** (5 - bits), coarsest)


def test_a_format_by_hand_that_saturates_the_initial_state_is_refused():
    message = (
        r"^Format of lstm\.h must hold -0\.\d+ to 1\.64, which Q1\.15 saturates; "
        r"Q2\.14 would hold it$"
    )
    with pytest.raises(ValueError, match=message):
        quantize(started(Traditional(), h=1.64), data(3), formats={"lstm.h": "Q1.15"})
    with pytest.raises(ValueError, match=r"^Format of lstm\.h must hold .* to 1, which Q1\.15"):
        quantize(started(RNN(), h=1.0), data(3), formats={"lstm.h": "Q1.15"})


def test_an_initial_state_that_training_moves_out_of_its_format_is_counted():
    fixed = quantize(started(Traditional(), h=0.5), data(3))
    moved = started(Traditional(), h=1.64)
    signals = measure(moved, requantize(moved, fixed), data(3)).signals
    (h,) = (s for s in signals if s.signal == "lstm.h")
    assert (h.saturated, h.harmless) == (5 * 16, 0)
    assert h.values == 16 * 12 * 5 + 16 * 5
