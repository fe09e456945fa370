"""Tracing: names, folding, and the refusals that keep a graph buildable."""

import inspect

import pytest

from hwlstm.cells import (
    Affine,
    Cell,
    CellError,
    State,
    Traditional,
    Vanilla,
    identity,
    narrow,
    select,
    sigmoid,
    tanh,
)


def names(cell):
    return set(cell.graph.names.values())


def test_every_gate_pre_activation_and_state_has_a_name():
    expected = {"g", "i", "f", "o", "pre_g", "pre_i", "pre_f", "pre_o", "c", "squash_c", "h"}
    assert names(Traditional()) == expected
    assert names(Vanilla()) == expected


def test_the_leaves_of_vanilla_are_those_of_its_equations():
    assert set(Vanilla().graph.leaves) == {
        *("z.g", "z.i", "z.f", "z.o"),
        *("p.i", "p.f", "p.o"),
        "prev.c",
    }
    assert set(Traditional().graph.leaves) == {"z.g", "z.i", "z.f", "z.o", "prev.c"}


def test_traditional_is_vanilla_without_peepholes_node_for_node():
    assert repr(Traditional().graph.outputs) == repr(Vanilla(peepholes="").graph.outputs)


def test_vanilla_with_one_peephole_reads_only_that_one():
    leaves = Vanilla(peepholes="o").graph.leaves
    assert [leaf for leaf in leaves if leaf.startswith("p.")] == ["p.o"]


def test_an_activation_names_the_function_and_the_format_of_its_operand():
    functions = {k: (f.name, operand) for k, (f, operand) in Vanilla().graph.activations.items()}
    assert functions == {
        "g": ("tanh", "pre_g"),
        "i": ("sigmoid", "pre_i"),
        "f": ("sigmoid", "pre_f"),
        "o": ("sigmoid", "pre_o"),
        "squash_c": ("tanh", "c"),
    }


def test_affine_reads_x_only_and_names_its_output():
    cell = Affine()
    assert cell.source_names == ["x"]
    assert cell.states == ["y"]
    assert names(cell) == {"y"}


def test_equal_expressions_are_one_node():
    class Twice(Cell):
        gates = "a"

        def step(self, z, p, prev):
            a, b = tanh(z.a), tanh(z.a)
            assert a is b
            return State(h=a * prev.h + prev.h * b)

    assert len([n for n in Twice().graph.live() if n.op == "mul"]) == 1


def test_zero_and_one_fold_away():
    class Folding(Cell):
        gates = "a"

        def step(self, z, p, prev):
            a = tanh(z.a)
            return State(h=sum([a * 1, 0 * prev.h, prev.h - 0]))

    assert [node.op for node in Folding().graph.live() if node.op == "const"] == []


def test_a_value_may_be_named_and_selected():
    class Named(Cell):
        gates = "a d"

        def step(self, z, p, prev):
            a, d = sigmoid(z.a), identity(z.d)
            u = narrow("u", a * prev.h)
            return State(h=select(a < 0.5, u, 1 - u) * d)

    assert names(Named()) == {"a", "pre_a", "d", "u", "h"}


def test_the_activation_of_a_state_may_read_several_gates():
    cell = broken(lambda self, z, p, prev: State(h=tanh(z.a + z.d)))
    assert names(cell) == {"h", "pre_h"}


class Broken(Cell):
    gates = "a d"


def broken(step):
    return type("Broken", (Broken,), {"step": step})()


def two_gates(z):
    return tanh(z.a), tanh(z.d)


REFUSALS = [
    (
        lambda self, z, p, prev: State(h=two_gates(z)[0] * two_gates(z)[1] * prev.h),
        "a factor of mul(mul(tanh(z.a), tanh(z.d)), prev.h) is an unnamed product; "
        "give it a name with narrow(...)",
    ),
    (
        lambda self, z, p, prev: State(h=tanh(z.a) * z.d),
        "a factor of mul(tanh(z.a), z.d) is a raw accumulator; give it a name with narrow(...)",
    ),
    (
        lambda self, z, p, prev: State(h=tanh(z.a)),
        "gate d is declared and never read; in gates = 'a d'",
    ),
    (
        lambda self, z, p, prev: State(h=tanh(z.a) + tanh(z.d) * prev.s),
        "state s is read and not returned by State(s=...)",
    ),
    (
        lambda self, z, p, prev: State(h=tanh(z.a + z.d) * prev.h),
        "tanh(add(z.a, z.d)) reads 2 gates (a, d); an activation is named after its one gate: "
        "name this one with narrow(...)",
    ),
    (
        lambda self, z, p, prev: State(h=tanh(z.a) * sigmoid(z.a) + tanh(z.d)),
        "'a' names two values; name one of them with narrow(...)",
    ),
    (
        lambda self, z, p, prev: State(**dict.fromkeys("hc", tanh(z.a) * tanh(z.d))),
        "mul(tanh(z.a), tanh(z.d)) has two names, 'h' and 'c'; it needs one",
    ),
    (
        lambda self, z, p, prev: State(h=narrow("u", tanh(z.a) + tanh(z.d))),
        "u(add(tanh(z.a), tanh(z.d))) has two names, 'h' and 'u'; it needs one",
    ),
    (
        lambda self, z, p, prev: State(W=tanh(z.a) + tanh(z.d)),
        "'W' is the name of another signal of every layer; choose another",
    ),
    (
        lambda self, z, p, prev: State(h=narrow("U_a", tanh(z.a)) + tanh(z.d)),
        "'U_a' is the name of a matrix of the cell; choose another",
    ),
    (lambda self, z, p, prev: State(h=prev.h), "State h must be computed, not prev.h"),
    (lambda self, z, p, prev: State(h=1), "State h must be computed, not 1"),
    (
        lambda self, z, p, prev: State(h=tanh(z.a) < tanh(z.d)),
        "State h must be computed, not lt(tanh(z.a), tanh(z.d))",
    ),
]


@pytest.mark.parametrize(("step", "message"), REFUSALS)
def test_ill_formed_equations_are_refused_by_what_is_wrong(step, message):
    cell = broken(step)
    with pytest.raises(CellError) as caught:
        _ = cell.graph
    lines, first = inspect.getsourcelines(step)
    pointers = [f"; in line {first + k}: {line.strip()}" for k, line in enumerate(lines)]
    assert str(caught.value) in [f"Broken: {message}{end}" for end in ("", *pointers)]
    assert "; in " in str(caught.value) or "h must" in message


class Unknown(Cell):
    gates = "a"

    def step(self, z, p, prev):
        a = tanh(z.a)
        return State(h=a * z.k)


class Truth(Cell):
    gates = "a"

    def step(self, z, p, prev):
        a = tanh(z.a)
        return State(h=a if a else prev.h)


class Odd(Cell):
    gates = "a"

    def step(self, z, p, prev):
        return State(h=-tanh(z.a) / 2)


class Inexact(Cell):
    gates = "a"

    def step(self, z, p, prev):
        return State(h=0.3 * tanh(z.a))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (Unknown(), "z.k is not declared; declared are: a; in line {}: return State(h=a * z.k)"),
        (
            Truth(),
            "A value of a cell has no truth; write select(a < b, x, y); in line {}: "
            "return State(h=a if a else prev.h)",
        ),
        (
            Odd(),
            "TypeError: unsupported operand type(s) for /: 'Node' and 'int'; in line {}: "
            "return State(h=-tanh(z.a) / 2)",
        ),
        (
            Inexact(),
            "0.3 has no exact binary form; make it a parameter; in line {}: "
            "return State(h=0.3 * tanh(z.a))",
        ),
    ],
)
def test_a_refusal_inside_an_equation_points_at_its_line(cell, message):
    with pytest.raises(CellError) as caught:
        _ = cell.graph
    found = str(caught.value)
    line = type(cell).step.__code__.co_firstlineno
    candidates = [message.format(line + offset) for offset in (1, 2)]
    assert found.removeprefix(f"{cell.name}: ") in candidates


def test_what_a_cell_does_not_offer_or_return_is_refused():
    with pytest.raises(
        CellError, match=r"^Vanilla has no peephole 'g'; it offers \['i', 'f', 'o'\]"
    ):
        Vanilla(peepholes="g")
    with pytest.raises(CellError, match=r"^Cell must declare its gates$"):
        _ = Cell().graph
    with pytest.raises(CellError, match=r"^Broken: Broken must define step\(self, z, p, prev\)"):
        _ = Broken().graph
    with pytest.raises(CellError, match=r"^Twins: gates must be different names, not 'a a'$"):
        _ = type("Twins", (Cell,), {"gates": "a a"})().graph
    with pytest.raises(CellError, match=r"^Broken: step must return State\(h=\.\.\.\), not 3"):
        _ = broken(lambda self, z, p, prev: 3).graph
