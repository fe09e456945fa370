"""The page of the cells: fresh in docs, true of the equations, readable on a terminal."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hwlstm.activation import FUNCTIONS, function
from hwlstm.cells import GRU, Cell, State, Traditional, Vanilla, apply, narrow, select, tanh
from hwlstm.golden.cell import float_step
from hwlstm.load.cell import BUNDLED
from hwlstm.report.cell_cost import INPUTS, UNITS, CellCost
from hwlstm.report.cells import IMAGES, cells_files, cells_text
from hwlstm.report.equations import equations, parameter_formula, source
from hwlstm.report.markdown import table
from hwlstm.report.pipeline import pipeline_text
from hwlstm.report.words import CELLS

DOCS = Path(__file__).parents[2] / "docs"


class Everything(Cell):
    """Every operation, brackets of every kind."""

    gates = "a d"
    peepholes = "a"
    parameters = "r"

    def step(self, z, p, prev):
        a = apply("hardsigmoid", z.a + p.a * prev.h, alpha=0.25)
        u = narrow("u", (a - p.r) * (prev.h - (p.r - 0.5)) - (a + p.r))
        d = tanh(z.d)
        v = narrow("v", (1 - a) * u)
        return State(h=select(u < d, v, -d) * p.r, s=prev.s - (u - (d - prev.s)))


class Sloping(Cell):
    gates = "a"

    def step(self, z, p, prev):
        return State(h=apply(np.arctan, z.a) * 0.5)


@pytest.fixture(scope="module")
def costs():
    """Of every cell of the page in docs."""
    return [CellCost(name, make()) for name, make in BUNDLED.items() if make().recurrent]


def by_name(costs, name):
    return next(cost for cost in costs if cost.name == name)


def test_docs_are_what_the_code_makes_of_them(costs):
    files = cells_files(costs, DOCS / "cells.md")
    stale = [path.name for path, text in files.items() if path.read_bytes() != text.encode()]

    assert stale == [], "run make docs"
    assert set((DOCS / IMAGES).iterdir()) == set(files) - {DOCS / "cells.md"}


@pytest.mark.parametrize("name", BUNDLED)
def test_formula_counts_the_parameters(name):
    cost = CellCost(name, BUNDLED[name]())
    formula = re.sub(r"(\d)H", r"\1*H", parameter_formula(cost.cell)).replace("H(", "H*(")

    assert eval(formula, {"H": UNITS, "I": INPUTS}) == cost.parameters == cost.layer.parameter_count


@pytest.mark.parametrize(
    ("cell", "formula"),
    [
        (Vanilla(), "4H(I + H + 1) + 3H"),
        (Traditional(), "4H(I + H + 1)"),
        (GRU(), "2H(I + H + 1) + H(I + 1) + H(H + 1)"),
        (BUNDLED["FGR"](), "H(I + H + 1) + 3H(I + 4H + 1) + 3H"),
        (BUNDLED["Phased"](), "4H(I + H + 1) + 6H"),
        (Everything(), "2H(I + H + 1) + 2H"),
    ],
)
def test_formula_is_short(cell, formula):
    assert parameter_formula(cell) == formula


def leaves(cell, rng):
    """Random numbers for every input of a step, and as the operands of equations."""
    values = {leaf: rng.uniform(-1, 1, 50) for leaf in cell.graph.leaves}
    operands = {kind: SimpleNamespace() for kind in ("z", "p", "prev", "time")}
    for leaf, value in values.items():
        kind, name = leaf.split(".")
        setattr(operands[{"parameter": "p"}.get(kind, kind)], name, value)
    return values, operands


def floats(name):
    return lambda x, **given: function(FUNCTIONS[name], **given)(x)


@pytest.mark.parametrize("cell", [*(make() for make in BUNDLED.values()), Everything()])
def test_traced_equations_compute_what_the_graph_does(cell):
    values, operands = leaves(cell, np.random.default_rng(0))
    known = {name: floats(name) for name in FUNCTIONS} | {"select": np.where} | operands
    exec("\n".join(equations(cell.graph)), known)

    for name, expected in float_step(cell.graph, values).items():
        if name in known:
            np.testing.assert_allclose(known[name], expected, rtol=1e-12, atol=1e-15)
    assert set(cell.states) <= set(known)


def test_traced_equations_fold_away_what_is_absent():
    assert equations(Traditional().graph)[:4] == [
        "g = tanh(z.g)",
        "i = sigmoid(z.i)",
        "f = sigmoid(z.f)",
        "c = f * prev.c + g * i",
    ]
    assert "g = scaledtanh(z.g, alpha=2, beta=0.5)" in equations(BUNDLED["NFG-1997"]().graph)


def test_source_is_the_class_without_docstrings():
    (body,) = ast.parse(source(Everything())).body

    assert body.name == "Everything"
    assert source(Everything()).splitlines()[:2] == ["class Everything(Cell):", '    gates = "a d"']
    assert '"""' not in source(Everything())
    assert source(type("Made", (Vanilla,), {})()) == ""


def test_a_gate_less_is_a_lane_less(costs):
    whole = by_name(costs, "Vanilla")
    quarter = whole.weight_bits // 4
    for name in ("NIG", "NFG", "NOG", "CIFG", "CoupledForget"):
        less = by_name(costs, name)
        assert (whole.lanes - less.lanes, whole.weight_bits - less.weight_bits) == (1, quarter)
        assert less.engine.multipliers < whole.engine.multipliers
    for name, dropped in (("NIAF", "g"), ("NOAF", "squash_c")):
        less = by_name(costs, name)
        functions = set(whole.cell.graph.activations) - set(less.cell.graph.activations)
        assert (whole.lanes - less.lanes, functions) == (0, {dropped})


def test_numbers_counted_by_hand(costs):
    vanilla = by_name(costs, "Vanilla")
    rnn = by_name(costs, "RNN")

    # p_i c, p_f c, p_o c, f c, i g, o tanh(c)
    assert (vanilla.products, vanilla.activations, vanilla.lanes) == (6, 5, 4)
    # 1 - y * y, times the gradient
    assert (rnn.products, rnn.backward_products, rnn.activations, rnn.lanes) == (0, 2, 1, 1)
    assert vanilla.weight_bits == 8 * 4 * 32 * (8 + 32)


def test_overview_repeats_the_numbers_of_each_cell(costs):
    lines = cells_text(costs).splitlines()
    for cost in costs:
        row = next(line for line in lines if line.startswith(f"| {cost.name} "))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[3:9] == [
            str(value)
            for value in (
                cost.lanes,
                cost.engine.multipliers,
                cost.activations,
                cost.products,
                cost.backward_products,
                cost.engine.latency,
            )
        ]


def test_cell_without_a_slope_has_no_backward_step():
    cost = CellCost("Sloping", Sloping())

    assert cost.backward_products is None
    assert "No backward step: the activation function of a, arctan, has no slope" in " ".join(
        cells_text([cost]).split()
    )


def test_sources_are_those_that_are_named(costs):
    text = cells_text([by_name(costs, "Phased")])

    assert re.findall(r"^- (.* \d{4}): ", text, re.MULTILINE) == ["Neil, Pfeiffer & Liu 2016"]


def test_letters_draw_every_operation():
    pipeline = [
        {"operation": "mul", "value": "c", "unit": "mul_0", "start": -2, "end": 0},
        {"operation": "mul", "value": "c", "unit": "mul_0", "start": -1, "end": 1},
        {"operation": "add", "value": "c", "unit": "add_4", "start": 1, "end": 2},
    ]
    assert pipeline_text({"pipeline": pipeline, "tables": {}}) == [
        "       cycle    0",
        "multiplier 0  #=",
        "               #=",
        "   add for c     #",
    ]
    assert pipeline_text({"pipeline": [], "tables": {}}) == []


def test_pictures_of_two_cells_need_two_files():
    costs = [CellCost("RNN", BUNDLED["RNN"]()), CellCost("rnn", BUNDLED["RNN"]())]
    message = "Cells of a page must have different names, not RNN, rnn"
    with pytest.raises(ValueError, match=f"^{message}$"):
        cells_files(costs, Path("cells.md"))


def test_tables_are_aligned():
    assert table(("a", "b"), [("long", 1), ("x", 23456)], numbers="lr").splitlines() == [
        "| a    |     b |",
        "| ---- | ----: |",
        "| long |     1 |",
        "| x    | 23456 |",
    ]


def test_every_bundled_cell_has_words():
    assert {make().name for make in BUNDLED.values()} == set(CELLS)
