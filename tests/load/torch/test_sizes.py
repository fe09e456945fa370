"""A forward that depends on the number of steps or sequences is refused by what does."""

import pytest

from hwlstm.errors import UnsupportedModel
from hwlstm.load import load
from tests.load.torch.nets import INPUTS, LINE, UNITS, Net, last

torch = pytest.importorskip("torch")
nn = torch.nn
SAME = "what is the same at every size of the input is"


def at(net, x, step):
    return net.fc(net.lstm(x)[0][:, step])


def refusal(then) -> str:
    with pytest.raises(UnsupportedModel) as refused:
        load(Net(then))
    return str(refused.value)


CASES = {
    "last 8 steps": (
        lambda net, x: last(net, x[:, -8:]),
        "slice",
        "starts = 'x.shape[1] - 8 of x.shape[1]",
    ),
    "first 100 steps": (
        lambda net, x: last(net, x[:, :100]),
        "slice",
        "ends = '100 of x.shape[1]",
    ),
    "first 2000 sequences": (
        lambda net, x: last(net, x[:2000]),
        "slice",
        "ends = '2000 of x.shape[0]",
    ),
    "every other step": (
        lambda net, x: last(net, x[:, ::2]),
        "slice",
        "ends = 'x.shape[1] from 0 by 2",
    ),
    "at most step 9": (
        lambda net, x: at(net, x, min(x.shape[1] - 1, 9)),
        "select",
        "index = 'Min(9, x.shape[1] - 1)",
    ),
    "step by remainder": (
        lambda net, x: at(net, x, x.shape[1] % 3),
        "select",
        "index = 'Mod(x.shape[1], 3)",
    ),
    "step in the middle": (
        lambda net, x: at(net, x, x.shape[1] // 2),
        "select",
        "index = '(x.shape[1]//2)",
    ),
    "last but one": (lambda net, x: at(net, x, -2), "select", "index = 'x.shape[1] - 2 of"),
    "step 3": (lambda net, x: at(net, x, 3), "select", "index = '3 of x.shape[1]"),
    "steps and sequences exchanged": (
        lambda net, x: last(net, x.reshape(x.shape[1], x.shape[0], INPUTS)),
        "reshape",
        "shape = 'x.shape[1] cut into x.shape[0]",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_depends_on_the_size_is_refused(case):
    then, operation, what = CASES[case]
    message = refusal(then)
    assert message.startswith(f"Net: aten.{operation} ({LINE}): {what}")
    assert message.endswith(f", which depends on the size of the input' is not supported; {SAME}")


def test_the_number_of_steps_as_a_factor_is_refused():
    assert refusal(lambda net, x: last(net, x) * x.shape[1]) == (
        f"Net: aten.mul ({LINE}): operand = x.shape[1] is not supported; a constant is"
    )


@pytest.mark.parametrize(
    ("then", "condition"),
    [
        (lambda net, x: last(net, x) * (2 if x.shape[1] == 9 else 1), "Ne(x.shape[1], 9)"),
        (lambda net, x: last(net, x) * (2 if x.shape[1] > 99 else 1), "x.shape[1] <= 99"),
        (
            lambda net, x: last(net, x) * (2 if x.shape[0] > x.shape[1] else 1),
            "x.shape[0] <= x.shape[1]",
        ),
    ],
)
def test_a_branch_on_the_size_is_refused(then, condition):
    assert refusal(then) == (
        f"Net: forward = 'something else unless {condition}' is not supported; "
        "a forward that does the same at every size is"
    )


@pytest.mark.parametrize("axis", [0, 1])
def test_a_branch_on_a_single_step_or_sequence_is_found_by_running_it(axis):
    assert refusal(lambda net, x: last(net, x) * (2 if x.shape[axis] == 1 else 1)) == (
        "Net: forward = 'something else for 1 sequence of 1 step' is not supported; "
        "the same at every size and call is"
    )


def test_a_branch_on_the_numbers_is_refused_in_the_exporters_words():
    assert refusal(lambda net, x: last(net, x) if x.mean() > 1 else at(net, x, 0)) == (
        "Net: forward = 'Could not guard on data-dependent expression Eq(u0, 1) (unhinted: "
        "Eq(u0, 1)).  (Size-like symbols: none)' is not supported; "
        "a forward that torch.export follows at any size is"
    )


@pytest.mark.parametrize(
    "then",
    [
        lambda net, x: torch.stack([at(net, x, t) for t in range(x.shape[1])], 1),
        lambda net, x: torch.stack([last(net, x[:, : t + 1]) for t in range(x.shape[1])], 1),
    ],
)
def test_a_loop_over_the_steps_is_refused_in_the_exporters_words(then):
    assert refusal(then) == (
        "Net: forward = 'Constraints violated (x.shape[1])!' is not supported; "
        "a forward that torch.export follows at any size is"
    )


def test_a_fixed_number_of_sequences_hides_no_window():
    def then(net, x):
        zero = torch.zeros(1, len(x), UNITS)
        return net.fc(net.lstm(x, (zero, zero))[0][:100, -1])

    assert refusal(then).startswith(
        "Net: the output of fc, which reads aten.select of aten.slice of the output of lstm: "
        "steps read = [x.shape[1] - 1, 1009*x.shape[1] - 1008, "
    )


def test_a_forward_that_remembers_its_last_call_is_refused():
    def then(net, x):
        y, net.state = net.lstm(x, net.state)
        return net.fc(y)

    module = Net(then)
    module.state = None
    with pytest.raises(UnsupportedModel) as refused:
        load(module)
    assert str(refused.value) == (
        "Net: forward = 'something else for 1 sequence of 1 step at a second call' is not "
        "supported; the same at every size and call is"
    )


def test_a_buffer_that_every_call_changes_is_refused_where_it_is_used():
    def then(net, x):
        net.calls += 1
        return last(net, x) * net.calls

    module = Net(then)
    module.register_buffer("calls", torch.zeros(1))
    with pytest.raises(UnsupportedModel) as refused:
        load(module)
    assert str(refused.value) == (
        "Net: buffer = 'calls' is not supported; one that no call changes is; call eval() first"
    )
