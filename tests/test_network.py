"""Layer and Network refuse what they could not mean."""

import numpy as np
import pytest

from hwlstm.cells import Affine, Traditional
from hwlstm.network import Layer, Network
from tests.designs import layer

IDENTIFIER = "must be an identifier that is no Verilog keyword"


def dense(**changes):
    return Layer(**{"name": "d", "cell": Affine(), "weights": {"y": {"x": np.eye(2)}}, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "1st"}, f"Layer name {IDENTIFIER}, not '1st'"),
        ({"name": "wire"}, f"Layer name {IDENTIFIER}, not 'wire'"),
        ({"reads": "first"}, "Layer reads must be 'all' or 'last', not 'first'"),
        ({"weights": {}}, "d: weights of Affine must be given for ['y'], not []"),
        (
            {"weights": {"y": {"h": np.eye(2)}}},
            "d: weights['y'] of Affine must be given for ['x'], not ['h']",
        ),
        (
            {"weights": {"y": {"x": np.zeros((0, 3))}}},
            "d: W must have shape (units, inputs), not (0, 3)",
        ),
        (
            {"weights": {"y": {"x": [[np.inf]]}}},
            "d: weights y.x must be finite; it holds NaN or infinity",
        ),
        ({"bias": {"y": [1, 2, 3]}}, "d: bias y must have shape (2,), not (3,)"),
        ({"bias": {"z": [1, 2]}}, "d: bias names 'z', which the cell has not"),
        ({"peepholes": {"i": [1, 2]}}, "d: peepholes of Affine must be given for [], not ['i']"),
    ],
)
def test_a_layer_that_is_none_is_refused(changes, message):
    with pytest.raises(ValueError) as caught:
        dense(**changes)
    assert str(caught.value) == message


def recurrent(name="lstm", **options):
    return layer(Traditional(), 2, 2, name=name, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network(()), "Network must have at least one layer, not none"),
        (
            lambda: Network((dense(),), "clk"),
            "Network name must not be that of a port, 'clk'",
        ),
        (
            lambda: Network((dense(),), "error"),
            "Network name must not be that of a port, 'error'",
        ),
        (
            lambda: Network((recurrent(), dense(reads="last"), recurrent(name="behind"))),
            "behind: a recurrent layer must not stand behind one that reads last steps",
        ),
        (
            lambda: Network((dense(),), "a b"),
            "Network name must be an identifier that is no Verilog keyword, not 'a b'",
        ),
        (
            lambda: Network((dense(), dense()), "net"),
            "Names of network and layers must differ, not ['net', 'd', 'd']",
        ),
        (
            lambda: Network((dense(reads="last"),)),
            "The first layer must read all steps of its input, not the last one",
        ),
        (
            lambda: Network((recurrent(), dense(weights={"y": {"x": np.ones((2, 3))}}))),
            "d: inputs must be 2, the units of lstm, not 3",
        ),
        (
            lambda: Network((dense(),), returns="x"),
            "Network returns must be 'all' or 'last', not 'x'",
        ),
        (
            lambda: recurrent(reads="last"),
            "lstm: a recurrent layer must read all steps, not the last",
        ),
    ],
)
def test_a_network_that_is_none_is_refused(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message


def test_a_layer_counts_its_numbers():
    lstm = layer(Traditional(), 3, 5)
    assert (lstm.inputs, lstm.units) == (3, 5)
    assert lstm.parameter_count == 4 * 5 * (3 + 5 + 1)
    assert lstm.macs == 4 * 5 * (3 + 5)
