"""What the emitted Verilog must not hold: yosys 0.70 makes a wrong netlist of it."""

import re

import pytest

from hwlstm.cells import FGR, GRU, Phased
from hwlstm.plan import plan
from hwlstm.rtl import to_verilog
from tests.designs import classifier, fixed

SMALL = {"bits": 8, "weights": 6, "resources": []}
NETWORKS = {
    "classifier": lambda: classifier(**SMALL),
    "fgr": lambda: fixed(2, 3, cell=FGR(), **SMALL),
    "gru": lambda: fixed(2, 3, cell=GRU(), **SMALL),
    "phased": lambda: fixed(2, 3, cell=Phased(), **SMALL),
}


def shifts_by_a_product(text):
    products = set(re.findall(r"assign (\S+)\s+= [^;]*\* \d+'", text))
    return [amount for amount in re.findall(r">> (\\?\S+)", text) if amount in products]


@pytest.mark.parametrize("columns", [1, 4])
@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_is_chosen_by_a_shift_by_a_product(name, columns):
    text = to_verilog(plan(NETWORKS[name](), parallel=2, columns=columns), taps=True)
    assert not shifts_by_a_product(text)


def test_such_a_shift_is_found():
    text = "assign \\$38  = read_bank * 2'h2;\n  assign \\$4  = flags >> \\$38 ;"
    assert shifts_by_a_product(text) == ["\\$38"]
