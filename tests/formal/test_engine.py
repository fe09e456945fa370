"""The credits of engines of all kinds, proven for runs of any length; broken ones refuted."""

import pytest

from hwlstm.cells import FGR, RNN, Affine, Phased, Traditional
from hwlstm.plan import LayerPlan
from hwlstm.rtl import engine as original
from tests.designs import fixed
from tests.formal.engine import EngineProof
from tests.formal.prover import mutated, proven, refuted, write_smt2
from tests.invented import Late, OwnPast

NUMBERS = {"bits": 4, "weights": 3, "resources": []}

# Cell, inputs, units, units in parallel, interval.
ENGINES = {
    "affine": (Affine(), 2, 3, 2, 1),
    "affine of one unit": (Affine(), 1, 1, 1, 1),
    "affine at interval 2": (Affine(), 1, 3, 3, 2),
    "rnn": (RNN(), 2, 3, 2, 1),
    "rnn of one unit": (RNN(), 1, 1, 1, 1),
    "rnn at interval 3": (RNN(), 3, 4, 2, 3),
    "own past": (OwnPast(), 2, 3, 2, 1),
    "late of one unit": (Late(), 1, 1, 1, 1),
    "phased": (Phased(), 2, 3, 2, 1),
    "rnn in one group": (RNN(), 2, 3, 3, 1),
    "traditional": (Traditional(), 3, 4, 3, 1),
    "traditional unit by unit": (Traditional(), 1, 3, 1, 2),
    "late": (Late(), 2, 3, 2, 1),
    "fgr": (FGR(), 2, 3, 2, 1),
}
SLOW = list(ENGINES)[9:]

# Engine, text, what stands there instead, cycles in which it must show.
BROKEN = [
    ("affine", "room + (self.o.valid & self.o.ready) - taken", "room - taken", 16),
    ("affine", "queue.r_en.eq(self.o.ready)", "queue.r_en.eq(1)", 16),
    ("affine", "Mux(sequencer.step_end, plan.last_group, plan.parallel)", "plan.parallel", 8),
    ("affine at interval 2", "drain.ready & room & settled", "room & settled", 8),
    ("rnn of one unit", "x.release.eq(sequencer.release)", "x.release.eq(0)", 8),
    ("rnn of one unit", "buffer.write.eq(now.valid)", "buffer.write.eq(0)", 20),
    ("late of one unit", "flying + size <= plan.layer.units", "1", 16),
    ("affine of one unit", "room >= plan.parallel", "1", 30),
    ("late of one unit", "Mux(sequencer.group_end, size, 0) - landed", "size", 30),
]
SLOWLY_BROKEN = range(7, len(BROKEN))


def engine(name, module=original):
    cell, inputs, units, parallel, interval = ENGINES[name]
    layer = fixed(inputs, units, cell=cell, **NUMBERS).layers[0]
    return EngineProof(LayerPlan(layer, parallel, 1, interval), module.Engine)


def slow_behind(known, slow):
    return [pytest.param(one, marks=pytest.mark.slow if one in slow else ()) for one in known]


@pytest.fixture(autouse=True)
def solver():
    pytest.importorskip("z3", reason="proofs need pip install -e '.[test]'")


@pytest.mark.parametrize("name", slow_behind(ENGINES, SLOW))
def test_no_credit_of_an_engine_leaves_its_bounds(name, tmp_path):
    write_smt2({"sound": engine(name)}, tmp_path)
    assert proven("sound", tmp_path, depth=1)


@pytest.mark.parametrize("number", slow_behind(range(len(BROKEN)), SLOWLY_BROKEN))
def test_a_broken_engine_is_refuted(number, tmp_path):
    name, before, after, cycles = BROKEN[number]
    write_smt2({"broken": engine(name, mutated("engine", before, after))}, tmp_path)
    assert refuted("broken", tmp_path, depth=cycles)
