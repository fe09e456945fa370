"""The derived graphs: what they cost, what they may multiply, and the slopes that they look up."""

import inspect

import mpmath
import numpy as np
import pytest

from hwlstm.activation import FUNCTIONS, function
from hwlstm.cells import (
    CIFG,
    FGR,
    GRU,
    NFG,
    NIAF,
    NIG,
    NOAF,
    NOG,
    RNN,
    SQUASHINGS_1997,
    Affine,
    Cell,
    CellError,
    CoupledForget,
    Phased,
    State,
    Traditional,
    Vanilla,
    apply,
    narrow,
    select,
    tanh,
)
from hwlstm.cells.differentiate import differentiate
from hwlstm.golden.cell import float_values

CELLS = {
    "Traditional": Traditional(),
    "Vanilla": Vanilla(),
    "NIG": NIG(),
    "NFG": NFG(),
    "NOG": NOG(),
    "NIAF": NIAF(),
    "NOAF": NOAF(),
    "CIFG": CIFG(),
    "CoupledForget": CoupledForget(),
    "FGR": FGR(),
    "RNN": RNN(),
    "GRU": GRU(),
    "Phased": Phased(),
    "NFG of 1997": NFG(peepholes="", activations=SQUASHINGS_1997),
    "Affine": Affine(),
}

MULTIPLICATIONS = {
    "Traditional": 16,
    "Vanilla": 22,
    "NFG": 16,
    "CIFG": 18,
    "FGR": 22,
    "GRU": 10,
    "Phased": 35,
    "RNN": 2,
    "Affine": 0,
}

every_cell = pytest.mark.parametrize("name", CELLS)


def derived(cell):
    return differentiate(cell.graph)


def gradients_of(cell, **leaves):
    """Gradient of each leaf in floats, from the leaves of the derived graph."""
    graph = derived(cell)
    given = {name.replace("__", "."): np.array(value) for name, value in leaves.items()}
    values = float_values(graph, given)
    return {leaf: float(values[node]) for leaf, node in graph.outputs.items()}


@pytest.mark.parametrize("name", MULTIPLICATIONS)
def test_a_step_backwards_takes_so_many_multiplications(name):
    nodes = derived(CELLS[name]).live()
    assert sum(node.op == "mul" for node in nodes) == MULTIPLICATIONS[name]


@every_cell
def test_every_factor_is_a_leaf_a_named_value_or_a_sum_or_selection_of_those(name):
    graph = derived(CELLS[name])

    def bounded(node):
        if node.op in ("read", "const") or node in graph.names:
            return True
        parts = {"add": node.args, "sub": node.args, "select": node.args[1:]}
        return node.op in parts and all(map(bounded, parts[node.op]))

    products = [node for node in graph.live() if node.op == "mul"]
    assert all(bounded(factor) for product in products for factor in product.args)


@every_cell
def test_every_leaf_of_the_step_gets_a_gradient_and_nothing_else_does(name):
    forward = CELLS[name].graph
    assert set(derived(CELLS[name]).outputs) == set(forward.leaves)


@every_cell
def test_what_a_step_backwards_reads_is_stored_constant_or_handed_back(name):
    cell = CELLS[name]
    stored = {f"fwd.{value}" for value in cell.graph.names.values()}
    handed = {f"next.{state}" for state in cell.states}
    own = {leaf for leaf in cell.graph.leaves if not leaf.startswith("z.")}
    assert set(derived(cell).leaves) <= stored | handed | own


@every_cell
def test_names_are_those_of_values_of_the_step(name):
    cell = CELLS[name]
    values = {*cell.graph.names.values(), *(f"z.{gate}" for gate in cell.gate_names)}
    for found in derived(cell).names.values():
        kind, of = found.split(".", 1)
        assert kind in ("d", "slope")
        assert of in values


def test_the_rounding_points_of_vanilla_are_its_gates_their_slopes_and_c():
    graph = derived(Vanilla())
    gates = ("g", "i", "f", "o")
    expected = {f"d.{gate}" for gate in gates} | {f"d.pre_{gate}" for gate in gates}
    expected |= {f"slope.{name}" for name in (*gates, "squash_c")} | {"d.squash_c", "d.c"}
    assert {graph.names[node] for node in graph.live() if node in graph.names} == expected


class Chosen(Cell):
    """a where it is below d, else twice d."""

    gates = "a d"

    def step(self, z, p, prev):
        a, d = apply("identity", z.a), apply("identity", z.d)
        return State(h=select(a < d, a * prev.h, 2 * d))


@pytest.mark.parametrize(
    ("a", "expected"),
    [
        (1.0, {"z.a": 3 * 7.0, "z.d": 0.0, "prev.h": 3.0}),
        (5.0, {"z.a": 0, "z.d": 6.0, "prev.h": 0}),
    ],
)
def test_a_selection_passes_its_gradient_to_the_chosen_branch_and_a_comparison_none(a, expected):
    found = gradients_of(Chosen(), fwd__a=a, fwd__d=2.0, prev__h=7.0, next__h=3.0)
    assert found == expected


class Compared(Cell):
    """d is compared and nothing else."""

    gates = "a d"

    def step(self, z, p, prev):
        return State(h=select(apply("identity", z.d) < 0, tanh(z.a), 0.5))


def test_a_leaf_that_is_only_compared_has_a_gradient_of_0():
    found = gradients_of(Compared(), fwd__a=0.5, fwd__d=-1.0, next__h=2.0)
    assert found == {"z.a": 2 * 0.75, "z.d": 0.0}


class Shared(Cell):
    """u leaves the step, squared, and as what another state is made of."""

    gates = "a"

    def step(self, z, p, prev):
        u = narrow("u", apply("identity", z.a) - prev.c)
        return State(h=u * u, c=3 - u)


def test_a_value_that_is_read_often_gets_the_sum_of_what_its_readers_give():
    found = gradients_of(Shared(), fwd__u=5.0, next__h=2.0, next__c=7.0)
    assert found == {"z.a": 2 * 2 * 5.0 - 7.0, "prev.c": -(2 * 2 * 5.0 - 7.0)}


def wobble(x):
    return np.sin(x)


class Wobbling(Cell):
    gates = "a"

    def step(self, z, p, prev):
        return State(h=apply(wobble, z.a))


def line_with(step, text):
    lines, first = inspect.getsourcelines(step)
    (offset,) = (k for k, line in enumerate(lines) if text in line)
    return f"; in line {first + offset}: {lines[offset].strip()}"


@pytest.mark.parametrize(
    ("cell", "which", "text"),
    [
        (Wobbling(), "h", "apply(wobble, z.a)"),
        (Traditional(activations={"g": wobble}), "g", "g = tanh(z.g)"),
        (Traditional(activations={"squash_c": wobble}), "squash_c", "tanh(c)"),
    ],
    ids=["in the equations", "in the place of a gate's", "in the place of that of c"],
)
def test_an_activation_without_slope_is_refused_with_the_line_of_the_equation(cell, which, text):
    with pytest.raises(CellError) as caught:
        differentiate(cell.graph)
    assert str(caught.value) == (
        f"the activation function of {which}, wobble, has no slope; give it one as "
        f"Function(name, floats, slope=...){line_with(type(cell).step, text)}"
    )


POINTS = np.array([-20.0, -6.3, -2.9, -1.7, -0.8, -0.3, -1e-4, 1e-4, 0.3, 0.8, 1.7, 2.9, 6.3, 20.0])
"""None of them is a kink of a function below."""

CHOSEN = [
    *FUNCTIONS.values(),
    function("affine", alpha=-0.5, beta=0.25),
    function("leakyrelu", alpha=0.3),
    function("thresholdedrelu", alpha=-1.0),
    function("hardsigmoid", alpha=1 / 6, beta=0.4),
    function("elu", alpha=2.5),
    *SQUASHINGS_1997.values(),
]

every_function = pytest.mark.parametrize("of", CHOSEN, ids=str)


def exact_slope(of, x) -> float:
    with mpmath.workdps(30):
        return float(mpmath.diff(lambda at: of.precise(at, digits=100), mpmath.mpf(float(x))))


@every_function
def test_a_slope_is_the_derivative_of_the_50_digit_function(of):
    exact = np.array([exact_slope(of, x) for x in POINTS])
    np.testing.assert_allclose(of.derivative(POINTS), exact, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "identity"])
def test_a_slope_from_the_result_is_the_derivative_too(name):
    of = FUNCTIONS[name]
    exact = np.array([exact_slope(of, x) for x in POINTS])
    found = of.slope_of_result(of(POINTS)) + 0 * POINTS
    np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-15)


def test_slopes_from_the_result_are_those_that_need_no_table():
    short = {name for name, of in FUNCTIONS.items() if of.slope_of_result}
    assert short == {"sigmoid", "tanh", "identity"}


@every_function
def test_a_slope_is_finite_wherever_an_input_can_be(of):
    far = np.array([-(2.0**32), -1e4, -710.0, 0.0, 710.0, 1e4, 2.0**32])
    assert np.isfinite(of.derivative(far)).all()


def test_the_derivative_of_a_function_known_in_floats_only_is_refused():
    with pytest.raises(ValueError) as caught:
        _ = function(wobble).derivative
    assert str(caught.value) == (
        "Activation function wobble must have a slope to be differentiated"
    )
