"""A size that the graph leaves open decides nothing: what it would decide is refused by name."""

import numpy as np
import pytest

FEATURES, UNITS = 3, 4
ANY_SIZE = "what is the same at every size of the input is"
WHOLE = "the whole of it, as (steps, batch, inputs) or transposed, is"
IN_PART = f"LSTM 'lstm': X = \"input 'x' in part, or repeated\" is not supported; {WHOLE}"
STEPS = "all steps, or the last one, of every sequence in order are"


def depends(what):
    return f"{what}, which depends on the size of the input' is not supported; {ANY_SIZE}"


# Case: shape of x, bounds of a slice of x that enters the LSTM, message.
PARTS = {
    "four of six steps": ([6, 1, 3], (0, 4, 0), IN_PART),
    "all but the last step, one sequence": (
        [1, "t", 3],
        (0, -1, 1),
        IN_PART,
    ),
    "the first half, one step": ([1, 4, 3], (0, 2, 1), IN_PART),
    "every second step": ([6, 1, 3], (0, 6, 0, 2), IN_PART),
    "the last eight": (
        ["t", 1, 3],
        (-8, 2**63 - 1, 0),
        depends("Slice 'slice': starts = 't - 8 of t"),
    ),
    "the first eight": (["t", 1, 3], (0, 8, 0), depends("Slice 'slice': ends = '8 of t")),
    "the first hundred": (["t", 1, 3], (0, 100, 0), depends("Slice 'slice': ends = '100 of t")),
    "eight sequences": (["t", "b", 3], (0, 8, 1), depends("Slice 'slice': ends = '8 of b")),
    "every second of open length": (
        ["t", 1, 3],
        (0, 2**63 - 1, 0, 2),
        depends("Slice 'slice': ends = 't from 0 by 2"),
    ),
    "backwards": (
        ["t", 1, 3],
        (-1, -(2**63), 0, -1),
        f"LSTM 'lstm': X = \"input 'x' rearranged\" is not supported; {WHOLE}",
    ),
}


@pytest.mark.parametrize("case", PARTS)
def test_a_part_of_the_input_is_refused(graph, case):
    graph.shape, bounds, message = PARTS[case]
    for name, value in zip(("start", "end", "axis", "step"), (*bounds, 1)[:4], strict=True):
        graph.tensors[name] = np.array([value])
    graph.node("Slice", "x start end axis step", "part").lstm("part W R B")
    assert graph.refusal("Y") == f"model.onnx: {message}"


@pytest.mark.parametrize("shape", [[6, 1, 3], [1, 6, 3], [4, 2, 3]])
@pytest.mark.parametrize("axis", [0, 1])
def test_half_of_a_split_is_refused(graph, shape, axis):
    if shape[axis] % 2:
        pytest.skip("an odd length has no halves")
    graph.shape = shape
    graph.node("Split", "x", "one_half other_half", axis=axis).lstm("one_half W R B")
    assert graph.refusal("Y") == f"model.onnx: {IN_PART}"


@pytest.mark.parametrize("axis", [0, 1])
def test_both_halves_together_are_the_whole(graph, matches, axis):
    graph.shape = [6, 2, 3]
    graph.node("Split", "x", "former latter", axis=axis)
    graph.node("Concat", "former latter", "both", axis=axis).lstm("both W R B").head()
    matches(graph.save("y"), batch=2)


@pytest.mark.parametrize("bounds", [(0, 2**63 - 1), (0, 2**31 - 1), (-(2**63), 2**63 - 1)])
@pytest.mark.parametrize("axis", [0, 1])
def test_bounds_that_clamp_at_every_size_take_all(graph, matches, bounds, axis):
    for name, value in zip(("start", "end", "axis"), (*bounds, axis), strict=True):
        graph.tensors[name] = np.array([value])
    graph.node("Slice", "x start end axis", "all").lstm("all W R B").head()
    path = graph.save("y")
    for steps in (1, 2, 9):
        matches(path, steps=steps)


# Case: nodes behind the LSTM, giving "h" of the steps read; message, or None if it loads.
READ = {
    "the last eight": (
        [("Slice", "Y minus_eight end zero", "h", {})],
        depends("Slice 'slice': starts = 'steps - 8 of steps"),
    ),
    "the eighth at most": (
        [
            ("Shape", "Y", "sizes", {}),
            ("Gather", "sizes zero", "n", {}),
            ("Sub", "n one", "before", {}),
            ("Min", "before seven", "k", {}),
            ("Gather", "Y k", "h", {}),
        ],
        depends("Min 'min': minimum = 'steps - 1 against 7"),
    ),
    "one that the size modulo 3 says": (
        [
            ("Shape", "Y", "sizes", {}),
            ("Gather", "sizes zero", "n", {}),
            ("Mod", "n three", "k", {}),
            ("Gather", "Y k", "h", {}),
        ],
        depends("Mod 'mod': remainder = 'steps % 3"),
    ),
    "one half of the way": (
        [
            ("Shape", "Y", "sizes", {}),
            ("Gather", "sizes zero", "n", {}),
            ("Div", "n two", "k", {}),
            ("Gather", "Y k", "h", {}),
        ],
        depends("Div 'div': quotient = 'steps / 2"),
    ),
    "the last but one": (
        [("Gather", "Y minus_two", "h", {})],
        depends("Gather 'gather': indices = 'steps - 2 of steps"),
    ),
    "the last, by its number": (
        [
            ("Shape", "Y", "sizes", {}),
            ("Gather", "sizes zero", "n", {}),
            ("Sub", "n one", "before", {}),
            ("Gather", "Y before", "h", {}),
        ],
        None,
    ),
    "the last, by arithmetic that comes to it": (
        [
            ("Shape", "Y", "sizes", {}),
            ("Slice", "sizes zero one", "n", {}),
            ("Mul", "n three", "n3", {}),
            ("Sub", "n3 three", "m3", {}),
            ("Div", "m3 three", "before", {}),
            ("Max", "before zero", "k", {}),
            ("Slice", "Y k end zero", "h", {}),
        ],
        None,
    ),
    "backwards, and the first of those": (
        [
            ("Slice", "Y minus_one begin zero minus_one", "back", {}),
            ("Gather", "back zero", "h", {}),
        ],
        None,
    ),
}


@pytest.mark.parametrize("case", READ)
def test_steps_read_are_the_same_at_every_size(graph, matches, case):
    nodes, message = READ[case]
    small = {"two": 2, "three": 3, "seven": 7, "minus_one": -1, "minus_two": -2, "minus_eight": -8}
    for name, value in {**small, "end": 2**63 - 1, "begin": -(2**63)}.items():
        graph.tensors[name] = np.array([value])
    graph.lstm().build(nodes).node("Reshape", "h rows", "row").node(
        "Gemm", "row D d", "y", transB=1
    )
    graph.tensors["rows"] = np.array([-1, UNITS])
    if message:
        assert graph.refusal("y") == f"model.onnx: {message}"
        return
    path = graph.save("y")
    for steps in (1, 2, 9, 17):
        assert matches(path, steps=steps).many_to_one


def test_a_squeeze_that_could_drop_the_steps_is_refused_where_an_operator_follows(graph):
    graph.shape = ["t", 1, 3]
    graph.lstm().node("Squeeze", "Y", "h").node("Identity", "h", "y")
    assert graph.refusal("y") == "model.onnx: " + depends("Squeeze 'squeeze': axes = 't against 1")


def test_an_axis_cut_by_another_size_is_refused(graph):
    graph.shape = ["t", "b", 3]
    graph.node("Shape", "x", "sizes").node("Transpose", "x", "xt", perm=[1, 0, 2])
    graph.node("Reshape", "xt sizes", "x2").lstm("x2 W R B")
    assert graph.refusal("Y") == "model.onnx: " + depends(
        "Reshape 'reshape': shape = 't cut into b"
    )
