"""Gradients in integers against equations written by hand in exact fractions, and beside floats.

What has a name in the derived graph (d.NAME, slope.NAME, and next.STATE on the way into a step) is
rounded; nothing else is.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from hwlstm.cells import Affine
from hwlstm.fixed import Format, quantise
from hwlstm.fixed_network import FixedBackward, FixedNetwork
from hwlstm.golden import Trace, gradients, integer_gradients, run_float, run_integer
from hwlstm.network import Network
from hwlstm.quantize import quantize, quantize_backward
from tests.designs import layer
from tests.golden.every_cell import CASES, changed

every_cell = pytest.mark.parametrize("name", CASES)


@dataclass
class Run:
    """A network forwards, in floats and in integers, and its backward half."""

    network: Network
    fixed: FixedNetwork
    backward: dict[str, FixedBackward]
    x: np.ndarray
    time: np.ndarray | None
    floats: Trace
    raw: np.ndarray
    trace: Trace
    d_output: np.ndarray

    @property
    def above(self) -> np.ndarray:
        """d_output, raw."""
        last = self.fixed.layers[-1]
        to = self.backward[last.name].formats[f"next.{last.output}"]
        return quantise(self.d_output, to)

    def gradients(self, *, above=None, backward=None, **options):
        """Of raw gradients of the outputs and by formats that may be others."""
        above = self.above if above is None else above
        half = backward or self.backward
        return integer_gradients(self.fixed, half, self.raw, self.trace, above, **options)


def run(network, x, time=None, *, bits=16, weights=16, back=16, formats=None) -> Run:
    fixed = quantize(network, x, time, bits=bits, weights=weights, formats=formats)
    floats = run_float(network, x, time)
    d_output = np.random.default_rng(1).normal(0, 1, floats.output.shape)
    backward = quantize_backward(network, fixed, x, floats, d_output, time=time, bits=back)
    raw = quantise(x, fixed.x)
    stamps = None if time is None else quantise(time, fixed.stamp)
    trace = run_integer(fixed, raw, stamps)
    return Run(network, fixed, backward, x, time, floats, raw, trace, d_output)


def run_case(name, inputs=3, units=4, *, behind=(), sequences=3, steps=9, **numbers) -> Run:
    x, time = CASES[name].data(inputs, sequences=sequences, steps=steps)
    return run(CASES[name].network(inputs, units, behind=behind), x, time, **numbers)


@cache
def calibrated(name) -> Run:
    return run_case(name, sequences=8, steps=12)


def worth(raw, frac: int) -> np.ndarray:
    """Raw integers as exact fractions."""
    unit = 1 / Fraction(2) ** frac
    return np.array([int(n) * unit for n in np.ravel(raw)], dtype=object).reshape(np.shape(raw))


class ByHand:
    """One layer backwards over sequences, in fractions.

    Attributes
    ----------
    saturation : dict
        Name to how many values its format could not hold.
    """

    def __init__(self, half: FixedBackward, trace, x):
        self.half, self.of, self.trace, self.x = half, half.layer, trace, x
        self.saturation: dict[str, int] = {}
        self.sequence = self.t = 0

    def put(self, name: str, values: np.ndarray) -> np.ndarray:
        """Into the format of a name: nearest, ties to even (Python's round), saturating."""
        to = self.half.formats[name]
        nearest = [round(v * Fraction(2) ** to.frac) for v in values]
        kept = [min(max(n, to.lo), to.hi) for n in nearest]
        clipped = sum(n != k for n, k in zip(nearest, kept, strict=True))
        self.saturation[name] = self.saturation.get(name, 0) + clipped
        return worth(kept, to.frac)

    def fwd(self, name: str) -> np.ndarray:
        """A value of this step."""
        raw = self.trace[name][self.sequence, self.t]
        return worth(raw, self.of.formats[name.removeprefix("time.")].frac)

    def prev(self, state: str) -> np.ndarray:
        """A state one step before."""
        initial = self.of.initial[state]
        raw = self.trace[state][self.sequence, self.t - 1] if self.t else initial
        return worth(raw, self.of.formats[state].frac)

    def constant(self, leaf: str) -> np.ndarray:
        kind, name = leaf.split(".")
        return worth(self.of.vectors[leaf], self.of.formats["p" if kind == "p" else name].frac)

    def sigmoid_slope(self, name: str) -> np.ndarray:
        return self.put(f"slope.{name}", self.fwd(name) * (1 - self.fwd(name)))

    def tanh_slope(self, name: str) -> np.ndarray:
        return self.put(f"slope.{name}", 1 - self.fwd(name) * self.fwd(name))

    def column(self, source: str) -> np.ndarray:
        if source != "x":
            return self.prev(source)
        return worth(self.x[self.sequence, self.t], self.of.formats["x"].frac)

    def run(self, step, above, *, truncate=None) -> dict[str, np.ndarray]:
        """Every gradient by its key, from those of the outputs (sequences, steps, units).

        `step` maps those of the states to those of the pre-activations, of the states before, and
        of what is constant.
        """
        found: dict[str, np.ndarray] = {}
        each_step = {"x": np.zeros((*above.shape[:2], self.of.inputs), dtype=object)}
        if self.of.cell.timed:
            each_step["time.phi"] = np.zeros(above.shape, dtype=object)
        zero = np.full(self.of.units, Fraction(0))

        def add(key, values):
            if key in each_step:
                each_step[key][self.sequence, self.t] += values
            else:
                found[key] = found.get(key, 0) + values

        for self.sequence in range(above.shape[0]):
            carried = dict.fromkeys(self.of.cell.states, zero)
            for self.t in reversed(range(above.shape[1])):
                carried[self.of.output] = carried[self.of.output] + above[self.sequence, self.t]
                of_states = {s: self.put(f"next.{s}", d) for s, d in carried.items()}
                dz, before, constants = step(self, of_states)
                carried = dict.fromkeys(carried, zero) | before
                for gate, d in dz.items():
                    add(f"bias.{gate}", d)
                    for source, matrix in self.of.weights[gate].items():
                        add(f"weights.{gate}.{source}", np.outer(d, self.column(source)))
                        d_column = d @ worth(matrix, self.of.matrix(gate, source).frac)
                        if source == "x":
                            add("x", d_column)
                        elif truncate != "1997":
                            carried[source] = carried[source] + d_column
                for key, d in constants.items():
                    add(key, d)
                if isinstance(truncate, int) and self.t % truncate == 0 and self.t > 0:
                    carried = dict.fromkeys(carried, zero)
            for s, d in carried.items():
                add(f"initial.{s}", d)
        return found | each_step


def vanilla(w: ByHand, of_states):
    """Greff 2017, section II. What the gates of FGR hand back is added before their slopes."""
    dh, dc = of_states["h"], of_states["c"]
    handed = {gate: of_states.get(gate, 0) for gate in "ifo"}
    p, before = w.constant, w.prev("c")
    do = w.put("d.o", dh * w.fwd("squash_c") + handed["o"])
    zo = w.put("d.pre_o", do * w.sigmoid_slope("o"))
    through_h = w.put("d.squash_c", dh * w.fwd("o")) * w.tanh_slope("squash_c")
    dc = w.put("d.c", through_h + p("p.o") * zo + dc)
    dg = w.put("d.g", dc * w.fwd("i"))
    di = w.put("d.i", dc * w.fwd("g") + handed["i"])
    df = w.put("d.f", dc * before + handed["f"])
    zg = w.put("d.pre_g", dg * w.tanh_slope("g"))
    zi = w.put("d.pre_i", di * w.sigmoid_slope("i"))
    zf = w.put("d.pre_f", df * w.sigmoid_slope("f"))
    return (
        {"g": zg, "i": zi, "f": zf, "o": zo},
        {"c": dc * w.fwd("f") + p("p.i") * zi + p("p.f") * zf},
        {"peepholes.i": zi * before, "peepholes.f": zf * before, "peepholes.o": zo * w.fwd("c")},
    )


def phased(w: ByHand, of_states):
    """Section 2 of Neil 2016: u and v are c~ and h~, k is how far the unit is open."""
    dh, dc = of_states["h"], of_states["c"]
    p, before, k, u = w.constant, w.prev("c"), w.fwd("k"), w.fwd("u")
    dv = w.put("d.v", k * dh)
    do = w.put("d.o", dv * w.fwd("squash_u"))
    zo = w.put("d.pre_o", do * w.sigmoid_slope("o"))
    through_v = w.put("d.squash_u", dv * w.fwd("o")) * w.tanh_slope("squash_u")
    du = w.put("d.u", k * dc + through_v + p("p.o") * zo)
    dg = w.put("d.g", du * w.fwd("i"))
    di = w.put("d.i", du * w.fwd("g"))
    df = w.put("d.f", du * before)
    zg = w.put("d.pre_g", dg * w.tanh_slope("g"))
    zi = w.put("d.pre_i", di * w.sigmoid_slope("i"))
    zf = w.put("d.pre_f", df * w.sigmoid_slope("f"))
    dk = w.put("d.k", dh * (w.fwd("v") - w.prev("h")) + dc * (u - before))
    phi, rate, leak = w.fwd("time.phi"), p("time.rate"), p("time.leak")
    rises = phi * rate < 1
    falls = ~rises & (phi * rate < 2)
    sign = np.where(rises, 1, np.where(falls, -1, 0))
    closed = np.where(rises | falls, 0, 1)
    return (
        {"g": zg, "i": zi, "f": zf, "o": zo},
        {
            "h": (1 - k) * dh,
            "c": (1 - k) * dc + du * w.fwd("f") + p("p.i") * zi + p("p.f") * zf,
        },
        {
            "peepholes.i": zi * before,
            "peepholes.f": zf * before,
            "peepholes.o": zo * u,
            "time.phi": dk * (sign * rate + closed * leak),
            "time.rate": dk * sign * phi,
            "time.leak": dk * closed * phi,
        },
    )


def gru(w: ByHand, of_states):
    """h = (1 - u) n + u h, n = tanh(z_n + r m)."""
    dh, r, u, n, m = of_states["h"], w.fwd("r"), w.fwd("u"), w.fwd("n"), w.fwd("m")
    zn = w.put("d.pre_n", w.put("d.n", dh * (1 - u)) * w.tanh_slope("n"))
    zm = w.put("d.m", zn * r)
    zr = w.put("d.pre_r", w.put("d.r", zn * m) * w.sigmoid_slope("r"))
    zu = w.put("d.pre_u", w.put("d.u", dh * (w.prev("h") - n)) * w.sigmoid_slope("u"))
    return {"r": zr, "u": zu, "n": zn, "m": zm}, {"h": dh * u}, {}


def linear(w: ByHand, of_states):
    return {"y": of_states["y"]}, {}, {}


STEPS = {
    "vanilla": vanilla,
    "fgr": vanilla,
    "gru": gru,
    "phased": phased,
    "phased, leaking": phased,
    "phased, stamped": phased,
}

by_hand = pytest.mark.parametrize("name", STEPS)


def by_name(name, done: Run, above, **options):
    """The gradients of a network of one layer by hand, and how many values saturated."""
    half = done.backward["lstm"]
    hand = ByHand(half, done.trace.layers["lstm"], done.raw)
    found = hand.run(STEPS[name], worth(above, half.formats["next.h"].frac), **options)
    if not half.layer.vectors.get("time.leak", np.ones(1)).any():
        del found["time.leak"]  # what closed units would have given was not computed
    return found, hand.saturation


def assert_equal(found, expected, prefix="lstm."):
    """Raw integers, and what they are worth."""
    assert set(found) == {key if key == "x" else f"{prefix}{key}" for key in expected}
    for key, values in expected.items():
        exact = found[key if key == "x" else f"{prefix}{key}"]
        assert exact.raw.shape == values.shape, key
        assert exact.raw.tolist() == (values * Fraction(2) ** exact.frac).tolist(), key


@by_hand
@pytest.mark.parametrize(
    "numbers",
    [{}, {"bits": 8, "weights": 4, "back": 8}, {"bits": 12, "weights": 8, "back": 24}],
    ids=["16 bits", "8 bits", "24 bits behind 12"],
)
def test_every_gradient_equals_the_equations_in_exact_fractions(name, numbers):
    done = run_case(name, 2, 3, sequences=2, steps=6, **numbers)
    expected, _ = by_name(name, done, done.above)
    assert_equal(done.gradients(), expected)


@by_hand
def test_what_saturates_saturates_as_in_exact_fractions_and_is_counted_by_name(name):
    done = run_case(name, 2, 3, sequences=2, steps=6)
    to = done.backward["lstm"].formats["next.h"]
    above = np.clip(8 * done.above, to.lo, to.hi)
    expected, clipped = by_name(name, done, above)
    counts: dict[str, int] = {}
    assert_equal(done.gradients(above=above, saturation=counts), expected)
    assert counts == {f"lstm.{of}": n for of, n in clipped.items()}
    assert sum(n > 0 for n in counts.values()) >= 3


@by_hand
@pytest.mark.parametrize("truncate", [1, 2, 4, "1997"])
def test_truncated_gradients_equal_the_equations_in_exact_fractions(name, truncate):
    done = run_case(name, 2, 3, sequences=1, steps=6)
    expected, _ = by_name(name, done, done.above, truncate=truncate)
    assert_equal(done.gradients(truncate=truncate), expected)


def test_between_layers_the_gradient_is_rounded_to_the_format_of_the_layer_before():
    behind = [
        layer(CASES["gru"].cell, 3, 3, seed=2, name="second", initial=True),
        layer(Affine(), 3, 2, seed=3, name="dense", reads="last"),
    ]
    done = run_case("vanilla", 2, 3, behind=behind, sequences=2, steps=5)
    halves, traces = done.backward, done.trace.layers
    dense = ByHand(halves["dense"], traces["dense"], traces["second"]["h"][:, -1:])
    output = worth(done.above, halves["dense"].formats["next.y"].frac)
    expected = {"dense": dense.run(linear, output[:, None])}

    second = ByHand(halves["second"], traces["second"], traces["lstm"]["h"])
    above = np.full((2, 5, 3), Fraction(0))
    for n, d in enumerate(expected["dense"].pop("x")[:, 0]):
        above[n, -1] = second.put("next.h", d)
    expected["second"] = second.run(gru, above)

    first = ByHand(halves["lstm"], traces["lstm"], done.raw)
    for row, d in enumerate(expected["second"].pop("x").reshape(-1, 3)):
        above[row // 5, row % 5] = first.put("next.h", d)
    expected["lstm"] = first.run(vanilla, above)

    found = done.gradients()
    for name in ("dense", "second"):
        own = {key: exact for key, exact in found.items() if key.startswith(f"{name}.")}
        assert_equal(own, expected[name], f"{name}.")
    rest = {key: exact for key, exact in found.items() if key.startswith(("lstm.", "x"))}
    assert_equal(rest, expected["lstm"])


def in_reals(done: Run) -> dict[str, np.ndarray]:
    """Integer gradients as floats, with the keys of the float ones."""
    found = {key: exact.real for key, exact in done.gradients().items()}
    gate = done.network.layers[0].time_gate
    if gate:
        d = {key: found.pop(f"lstm.{key}", 0.0) for key in ("time.phi", "time.rate", "time.leak")}
        own = gate.gradients(gate.times(*done.x.shape[:2], done.time), d)
        if not gate.leak.any():
            del own["leak"]
        found |= {f"lstm.time_gate.{name}": value for name, value in own.items()}
    return found


@every_cell
def test_integer_gradients_of_16_bits_point_where_the_float_ones_do(name):
    done = calibrated(name)
    expected = gradients(done.network, done.x, done.floats, done.d_output, time=done.time)
    found = in_reals(done)
    assert set(expected) - set(found) <= {"lstm.time_gate.leak"}
    for key, values in found.items():
        lengths = np.linalg.norm(values) * np.linalg.norm(expected[key])
        assert (values * expected[key]).sum() > (1 - 1e-4) * lengths > 0, key


@every_cell
def test_nothing_saturates_on_the_data_that_the_formats_were_chosen_for(name):
    counts: dict[str, int] = {}
    calibrated(name).gradients(saturation=counts)
    assert counts
    assert not any(counts.values())


@every_cell
def test_formats_too_narrow_are_counted_by_the_name_that_saturates(name):
    done = calibrated(name)
    half = done.backward["lstm"]
    for of in set(half.formats) - set(half.tables):
        to = half.formats[of]
        formats = {**half.formats, of: Format(to.width, to.frac + 8)}
        counts: dict[str, int] = {}
        done.gradients(
            above=done.above << 8 if of == "next.h" else None,
            backward={"lstm": replace(half, formats=formats)},
            saturation=counts,
        )
        assert counts[f"lstm.{of}"] > 0, of


def test_a_sum_over_steps_that_may_reach_62_bits_is_refused():
    wide = {"lstm.x": "Q4.32", "lstm.W": "Q4.20"}
    done = run_case("traditional", sequences=32, steps=16, back=24, formats=wide)
    with pytest.raises(
        ValueError, match=r"^Sums of gradients must stay below 2\*\*62, not reach \d+; use fewer"
    ):
        done.gradients()


def test_a_peephole_gradient_that_may_reach_62_bits_is_refused_and_never_wraps():
    network = CASES["noaf"].network()
    x, _ = CASES["noaf"].data(sequences=64, steps=50)
    done = run(network, x, back=24, formats={"lstm.c": "Q5.38"})
    with pytest.raises(ValueError, match=r"2\*\*62"):
        done.gradients()


def test_columns_that_may_reach_62_bits_are_refused_and_never_wrap():
    (of,) = CASES["gru"].network().layers
    for gate in "rum":
        of = changed(of, f"weights.{gate}.h", 3e-11 * of.weights[gate]["h"])
    x, _ = CASES["gru"].data()
    done = run(Network((of,), "net"), x, weights=8, back=24)
    with pytest.raises(ValueError, match=r"2\*\*62"):
        done.gradients()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bits": 3}, "quantize_backward bits must be 4 to 24, not 3"),
        ({"bits": 25}, "quantize_backward bits must be 4 to 24, not 25"),
        ({"bits": 8.0}, "quantize_backward bits must be 4 to 24, not 8.0"),
        ({"margin": 0.5}, "quantize_backward margin must be at least 1, not 0.5"),
        (
            {"truncate": 0},
            "truncate must be a number of steps, '1997' or None, not 0",
        ),
        (
            {"truncate": True},
            "truncate must be a number of steps, '1997' or None, not True",
        ),
        (
            {"truncate": "1998"},
            "truncate must be a number of steps, '1997' or None, not '1998'",
        ),
    ],
)
def test_numbers_of_the_backward_half_that_cannot_be_are_refused(options, message):
    done = run_case("rnn")
    with pytest.raises(ValueError) as caught:
        quantize_backward(done.network, done.fixed, done.x, done.floats, done.d_output, **options)
    assert str(caught.value) == message


def test_a_gradient_of_the_output_of_another_shape_is_refused():
    done = run_case("rnn")
    message = "Gradient of the output must have shape (3, 9, 4), not (3, 4)"
    with pytest.raises(ValueError) as caught:
        gradients(done.network, done.x, done.floats, done.d_output[:, -1])
    assert str(caught.value) == message
    with pytest.raises(ValueError) as caught:
        done.gradients(above=done.above[:, -1])
    assert str(caught.value) == message
