"""What the emitted Verilog must not hold: yosys 0.70 makes a wrong netlist of it."""

import re

import pytest

from hwlstm.cells import FGR, GRU, Phased
from hwlstm.plan import plan
from hwlstm.rtl import to_rtlil, to_verilog
from hwlstm.rtl.verilog import named_apart
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


def names_like_bits(text):
    return re.findall(r"\\\S*\[\d+\]\S*", text)


@pytest.mark.parametrize("columns", [1, 4])
@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_is_chosen_by_a_shift_by_a_product(name, columns):
    text = to_verilog(plan(NETWORKS[name](), parallel=2, columns=columns), taps=True)
    assert not shifts_by_a_product(text)


def test_such_a_shift_is_found():
    text = "assign \\$38  = read_bank * 2'h2;\n  assign \\$4  = flags >> \\$38 ;"
    assert shifts_by_a_product(text) == ["\\$38"]


@pytest.mark.parametrize("convert", [to_verilog, to_rtlil])
@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_is_named_like_a_bit_of_something_else(name, convert):
    text = convert(plan(NETWORKS[name](), parallel=2, columns=2), taps=True)
    assert re.search(r"\\w\.1\s", text)
    assert not names_like_bits(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assign \\w[1]  = w[15:8];", "assign \\w.1  = w[15:8];"),
        ("connect \\w[1] \\w [15:8]", "connect \\w.1 \\w [15:8]"),
        ("connect \\weights[0][1] \\weights$7 [3]", "connect \\weights.0.1 \\weights$7 [3]"),
        ("assign \\acc[0].y  = \\acc$2 [7];", "assign \\acc.0.y  = \\acc$2 [7];"),
    ],
)
def test_an_element_is_named_apart_and_a_slice_stays(before, after):
    assert len(names_like_bits(before)) == 1
    assert named_apart(before) == after
