"""Every cell in floats against its equations written again in torch, gradients by autograd."""

import numpy as np
import pytest

from hwlstm.cells import GRU, RNN, Affine, Traditional
from hwlstm.golden import gradients, run_float
from hwlstm.network import Layer, Network
from tests.designs import layer
from tests.golden.every_cell import CASES, numbers

torch = pytest.importorskip("torch")

sigmoid, tanh = torch.sigmoid, torch.tanh


def hard_sigmoid(a):
    return (0.2 * a + 0.5).clamp(0, 1)


class Oracle:
    """The numbers of a layer as leaves of autograd.

    `truncated` cuts what flows back through the columns of h (Hochreiter & Schmidhuber 1997).
    """

    def __init__(self, of: Layer, *, truncated=False):
        self.of, self.truncated = of, truncated
        self.numbers = {
            key: torch.tensor(value, requires_grad=True) for key, value in numbers(of).items()
        }

    def z(self, gate, *, x=None, **states):
        """W x + U h + b, of exactly the sources that an equation names."""
        given = {} if x is None else {"x": x}
        given |= {name: s.detach() if self.truncated else s for name, s in states.items()}
        assert sorted(given) == sorted(self.of.weights[gate])
        products = [v @ self.numbers[f"weights.{gate}.{name}"].T for name, v in given.items()]
        return sum(products) + self.numbers[f"bias.{gate}"]

    def p(self, gate):
        return self.numbers[f"peepholes.{gate}"]

    def run(self, step, x, time=None, *, chunk=None):
        """The output of every step, as (sequences, steps, units)."""
        state = {
            name: self.numbers[f"initial.{name}"].expand(len(x), -1) for name in self.of.initial
        }
        outputs = []
        for k in range(x.shape[1]):
            if chunk and k % chunk == 0 and k > 0:
                state = {name: value.detach() for name, value in state.items()}
            t = None if time is None else time[:, k, None]
            state = step(self, x[:, k], state, t)
            outputs.append(next(iter(state.values())))
        return torch.stack(outputs, dim=1)


def lstm(
    *,
    absent="",
    peepholes=True,
    block_input=tanh,
    input_gate=sigmoid,
    forget_gate=sigmoid,
    output_gate=sigmoid,
    output=tanh,
):
    """Section II of Greff 2017; gates that are absent are 1."""

    def step(w, x, s, t):
        h, c = s["h"], s["c"]

        def gate(q, function, seen):
            if q in absent:
                return 1.0
            return function(w.z(q, x=x, h=h) + (w.p(q) * seen if peepholes else 0))

        g = block_input(w.z("g", x=x, h=h))
        new = gate("f", forget_gate, c) * c + gate("i", input_gate, c) * g
        return {"h": gate("o", output_gate, new) * output(new), "c": new}

    return step


def cifg(w, x, s, t):
    h, c = s["h"], s["c"]
    g = tanh(w.z("g", x=x, h=h))
    i = sigmoid(w.z("i", x=x, h=h) + w.p("i") * c)
    f = 1 - i
    new = f * c + i * g
    return {"h": sigmoid(w.z("o", x=x, h=h) + w.p("o") * new) * tanh(new), "c": new}


def coupled_forget(w, x, s, t):
    h, c = s["h"], s["c"]
    g = tanh(w.z("g", x=x, h=h))
    f = sigmoid(w.z("f", x=x, h=h) + w.p("f") * c)
    i = 1 - f
    new = f * c + i * g
    return {"h": sigmoid(w.z("o", x=x, h=h) + w.p("o") * new) * tanh(new), "c": new}


def fgr(w, x, s, t):
    h, c = s["h"], s["c"]
    gates = {"i": s["i"], "f": s["f"], "o": s["o"]}
    g = tanh(w.z("g", x=x, h=h))
    i = sigmoid(w.z("i", x=x, h=h, **gates) + w.p("i") * c)
    f = sigmoid(w.z("f", x=x, h=h, **gates) + w.p("f") * c)
    new = f * c + i * g
    o = sigmoid(w.z("o", x=x, h=h, **gates) + w.p("o") * new)
    return {"h": o * tanh(new), "c": new, "i": i, "f": f, "o": o}


def rnn(w, x, s, t):
    return {"h": tanh(w.z("h", x=x, h=s["h"]))}


def gru(w, x, s, t):
    h = s["h"]
    r = sigmoid(w.z("r", x=x, h=h))
    u = sigmoid(w.z("u", x=x, h=h))
    n = tanh(w.z("n", x=x) + r * w.z("m", h=h))
    return {"h": (1 - u) * n + u * h}


def phased(w, x, s, t):
    h, c = s["h"], s["c"]
    period, shift, ratio, leak = (
        w.numbers[f"time_gate.{name}"] for name in ("period", "shift", "ratio", "leak")
    )
    phi = torch.remainder(t - shift, period) / period
    falling = torch.where(phi < ratio, 2 - 2 * phi / ratio, leak * phi)
    k = torch.where(phi < ratio / 2, 2 * phi / ratio, falling)
    new = lstm()(w, x, s, t)
    return {name: k * new[name] + (1 - k) * was for name, was in (("h", h), ("c", c))}


STEPS = {
    "traditional": lstm(peepholes=False),
    "vanilla": lstm(),
    "nig": lstm(absent="i"),
    "nfg": lstm(absent="f"),
    "nog": lstm(absent="o"),
    "niaf": lstm(block_input=lambda a: a),
    "noaf": lstm(output=lambda a: a),
    "np": lstm(peepholes=False),
    "cifg": cifg,
    "coupled forget": coupled_forget,
    "fgr": fgr,
    "rnn": rnn,
    "gru": gru,
    "phased": phased,
    "phased, leaking": phased,
    "phased, stamped": phased,
    "phased, stamped, leaking": phased,
    "nfg of 1997": lstm(
        absent="f",
        peepholes=False,
        block_input=lambda a: 4 * sigmoid(a) - 2,
        output=lambda a: 2 * sigmoid(a) - 1,
    ),
    "softsign and hardsigmoid": lstm(
        peepholes=False, block_input=torch.nn.functional.softsign, input_gate=hard_sigmoid
    ),
}

every_cell = pytest.mark.parametrize("name", CASES)


def equal(found, expected, key=""):
    """To 1e-10 of the largest number; what is 0 must be 0."""
    assert found.shape == expected.shape, key
    largest = np.abs(expected).max()
    assert np.abs(found - expected).max() <= 1e-10 * largest, (key, found, expected)


def times(case, of, x, time):
    """Of every step; the first step of a layer that is sampled regularly is at 0."""
    if not case.cell.timed:
        return None
    if time is None:
        time = np.tile(of.time_gate.interval * np.arange(x.shape[1]), (len(x), 1))
    return torch.tensor(time)


def compare(name, network, x, time, *, truncate=None, behind=None):
    """Outputs and every gradient, ours and torch's. `behind` is a linear layer on the last step."""
    case, first = CASES[name], network.layers[0]
    oracle = Oracle(first, truncated=truncate == "1997")
    given = torch.tensor(x, requires_grad=True)
    chunk = truncate if isinstance(truncate, int) else None
    theirs = oracle.run(STEPS[name], given, times(case, first, x, time), chunk=chunk)
    leaves = {f"lstm.{key}": leaf for key, leaf in oracle.numbers.items()} | {"x": given}
    if network.many_to_one:
        theirs = theirs[:, -1]
    if behind:
        dense = Oracle(behind)
        numbers_behind = {key: leaf for key, leaf in dense.numbers.items() if "initial" not in key}
        leaves |= {f"{behind.name}.{key}": leaf for key, leaf in numbers_behind.items()}
        theirs = dense.z("y", x=theirs)
    trace = run_float(network, x, time)
    equal(trace.output, theirs.detach().numpy())
    importance = np.random.default_rng(7).normal(0, 1, trace.output.shape)
    found = gradients(network, x, trace, importance, time=time, truncate=truncate)
    (theirs * torch.tensor(importance)).sum().backward()
    for key, leaf in leaves.items():
        expected = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        equal(found[key], expected.numpy(), key)
    surplus = {key for key in set(found) - set(leaves) if np.any(found[key])}
    assert not surplus


def linear(units):
    return layer(Affine(), units, 2, seed=3, name="dense", reads="last")


@every_cell
def test_many_to_many_outputs_and_gradients_equal_autograd(name):
    compare(name, CASES[name].network(), *CASES[name].data())


@every_cell
def test_many_to_one_outputs_and_gradients_equal_autograd(name):
    compare(name, CASES[name].network(returns="last"), *CASES[name].data())


@every_cell
def test_many_to_one_behind_a_linear_layer_equals_autograd(name):
    dense = linear(4)
    compare(name, CASES[name].network(behind=[dense]), *CASES[name].data(), behind=dense)


@every_cell
def test_one_to_one_outputs_and_gradients_equal_autograd(name):
    compare(name, CASES[name].network(), *CASES[name].data(steps=1, sequences=5))


@every_cell
@pytest.mark.parametrize("steps", [1, 3, 4])
def test_truncation_to_so_many_steps_equals_detached_states(name, steps):
    compare(name, CASES[name].network(), *CASES[name].data(), truncate=steps)


@every_cell
def test_truncation_of_1997_equals_detached_columns(name):
    compare(name, CASES[name].network(), *CASES[name].data(), truncate="1997")


@every_cell
def test_truncation_to_all_steps_is_no_truncation(name):
    network = CASES[name].network()
    x, time = CASES[name].data()
    trace = run_float(network, x, time)
    above = np.ones_like(trace.output)
    full = gradients(network, x, trace, above, time=time)
    chunk = gradients(network, x, trace, above, time=time, truncate=x.shape[1])
    for key, value in full.items():
        np.testing.assert_array_equal(chunk[key], value, key)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.cell.timed])
def test_the_data_meet_every_branch_of_the_time_gate(name):
    network = CASES[name].network()
    (of,) = network.layers
    x, time = CASES[name].data()
    phi = run_float(network, x, time).layers["lstm"]["time.phi"]
    ratio = of.time_gate.ratio
    for branch in (phi < ratio / 2, (phi >= ratio / 2) & (phi < ratio), phi >= ratio):
        assert branch.any()


FUNCTIONS = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": torch.relu,
    "affine": lambda a: a,
    "leakyrelu": lambda a: torch.nn.functional.leaky_relu(a, 0.01),
    "thresholdedrelu": lambda a: torch.nn.functional.threshold(a, 1.0, 0.0),
    "scaledtanh": tanh,
    "hardsigmoid": hard_sigmoid,
    "elu": torch.nn.functional.elu,
    "softsign": torch.nn.functional.softsign,
    "softplus": torch.nn.functional.softplus,
    "hardtanh": torch.nn.functional.hardtanh,
    "identity": lambda a: a,
}


@pytest.mark.parametrize(
    "place", [("g", "block_input"), ("i", "input_gate"), ("squash_c", "output")], ids=lambda p: p[0]
)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_another_activation_in_the_place_of_one_equals_autograd(function, place, monkeypatch):
    ours, theirs = place
    monkeypatch.setitem(STEPS, "np", lstm(peepholes=False, **{theirs: FUNCTIONS[function]}))
    cell = Traditional(activations={ours: function})
    recurrent = layer(cell, 3, 4, scale=0.9, initial=True)
    x, time = CASES["np"].data(sequences=5)
    compare("np", Network((recurrent,), "net"), x, time)


def rows(parts, gates):
    return torch.tensor(np.concatenate([parts[gate] for gate in gates]))


def fill(module, k, of, gates, recurrent_gates):
    """Numbers of a layer into layer k of a torch module, which has two biases where we have one."""
    from_x = {q: m["x"] for q, m in of.weights.items() if "x" in m}
    from_h = {q: m["h"] for q, m in of.weights.items() if "h" in m}
    own = {q: np.zeros(of.units) if q in gates else of.bias[q] for q in recurrent_gates}
    with torch.no_grad():
        getattr(module, f"weight_ih_l{k}").copy_(rows(from_x, gates))
        getattr(module, f"weight_hh_l{k}").copy_(rows(from_h, recurrent_gates))
        getattr(module, f"bias_ih_l{k}").copy_(rows(of.bias, gates))
        getattr(module, f"bias_hh_l{k}").copy_(rows(own, recurrent_gates))


MODULES = {
    "LSTM": (Traditional(), torch.nn.LSTM, {}, "ifgo", "ifgo"),
    "GRU": (GRU(), torch.nn.GRU, {}, "run", "rum"),
    "RNN with tanh": (RNN(), torch.nn.RNN, {}, "h", "h"),
    "RNN with relu": (
        RNN(activations={"h": "relu"}),
        torch.nn.RNN,
        {"nonlinearity": "relu"},
        "h",
        "h",
    ),
}


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("name", MODULES)
def test_outputs_and_gradients_equal_the_module_of_torch(name, depth):
    cell, module, options, gates, recurrent_gates = MODULES[name]
    sizes = [3, 5, 5]
    layers = [
        layer(cell, sizes[k], sizes[k + 1], seed=k, name=f"l{k}", initial=True)
        for k in range(depth)
    ]
    theirs = module(3, 5, depth, batch_first=True, **options).double()
    for k, of in enumerate(layers):
        fill(theirs, k, of, gates, recurrent_gates)
    x, _ = CASES["np"].data()
    given = torch.tensor(x, requires_grad=True)
    start = {
        s: torch.tensor(np.stack([of.initial[s] for of in layers]), requires_grad=True)
        for s in cell.states
    }
    wide = [start[s][:, None].expand(-1, len(x), -1).contiguous() for s in cell.states]
    expected, _ = theirs(given, tuple(wide) if len(wide) > 1 else wide[0])
    network = Network(layers, "net")
    trace = run_float(network, x)
    equal(trace.output, expected.detach().numpy())
    importance = np.random.default_rng(7).normal(0, 1, trace.output.shape)
    (expected * torch.tensor(importance)).sum().backward()
    found = gradients(network, x, trace, importance)
    equal(found["x"], given.grad.numpy())
    for k in range(depth):
        for s in cell.states:
            equal(found[f"l{k}.initial.{s}"], start[s].grad[k].numpy(), s)
        for part, source, order in (
            ("weight_ih", "weights.{}.x", gates),
            ("weight_hh", "weights.{}.h", recurrent_gates),
            ("bias_ih", "bias.{}", gates),
            ("bias_hh", "bias.{}", recurrent_gates),
        ):
            ours = [found[f"l{k}.{source.format(gate)}"] for gate in order]
            equal(np.concatenate(ours), getattr(theirs, f"{part}_l{k}").grad.numpy(), part)
