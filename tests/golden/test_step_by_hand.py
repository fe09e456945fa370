"""The golden model against arithmetic written by hand: what cosimulation cannot see.

Golden model and hardware read the same graph, so an error in the equations, in a name or in the
tracing would pass every cosimulation. Here the step is written out again, in exact fractions.
"""

from fractions import Fraction

import numpy as np
import pytest

from hwlstm.cells import Traditional, Vanilla
from hwlstm.fixed import Format
from hwlstm.golden.engine import IntegerEngine
from tests.designs import fixed

FORMATS = {
    "lstm.x": "Q3.7",
    "lstm.W": "Q3.5",
    "lstm.U": "Q4.6",
    "lstm.pre_i": "Q6.6",
    "lstm.pre_f": "Q6.9",
    "lstm.i": "Q1.9",
    "lstm.f": "Q1.12",
    "lstm.g": "Q1.8",
    "lstm.c": "Q5.9",
    "lstm.h": "Q2.10",
}

OF_GATES = {"lstm.W_f": "Q2.6", "lstm.U_o": "Q6.3", "lstm.W_o": "Q6.2", "lstm.b": "Q4.20"}
"""Finer and coarser gates, and a bias finer than every product."""


def put(value: Fraction, to: Format) -> Fraction:
    """Into a format: nearest, ties to even (Python's round), saturating."""
    raw = min(max(round(value * Fraction(2) ** to.frac), to.lo), to.hi)
    return raw / Fraction(2) ** to.frac


class ByHand:
    """One unit of a vanilla LSTM, equation by equation (Greff 2017, section II)."""

    def __init__(self, layer):
        self.layer = layer
        self.number = {
            "p": lambda gate, n: self.worth(layer.vectors.get(f"p.{gate}"), n, "p"),
            "b": lambda gate, n: self.worth(layer.bias[gate], n, "b"),
        }

    def worth(self, raw, index, signal) -> Fraction:
        if raw is None:
            return Fraction(0)
        return int(raw[index]) / Fraction(2) ** self.layer.formats[signal].frac

    def squash(self, name: str, value: Fraction) -> Fraction:
        """Look the value up in the table; whether the table is right is tested elsewhere."""
        table = self.layer.tables[name]
        raw = value * Fraction(2) ** table.in_format.frac
        assert raw.denominator == 1
        y = int(table.codes[int(raw) - table.in_format.lo])
        return y / Fraction(2) ** table.out_format.frac

    def z(self, gate, n, x, h) -> Fraction:
        weights = self.layer.weights[gate]
        total = self.number["b"](gate, n)
        for k, value in enumerate(x):
            total += self.worth(weights["x"][n], k, self.own("W", gate)) * value
        for k, value in enumerate(h):
            total += self.worth(weights["h"][n], k, self.own("U", gate)) * value
        return total

    def own(self, matrix: str, gate: str) -> str:
        """The format of a gate's matrix: its own, if it has one."""
        name = f"{matrix}_{gate}"
        return name if name in self.layer.formats else matrix

    def step(self, n, x, h, c) -> dict[str, Fraction]:
        fmt, p = self.layer.formats, self.number["p"]
        v = {}
        v["pre_g"] = put(self.z("g", n, x, h), fmt["pre_g"])
        v["pre_i"] = put(self.z("i", n, x, h) + p("i", n) * c, fmt["pre_i"])
        v["pre_f"] = put(self.z("f", n, x, h) + p("f", n) * c, fmt["pre_f"])
        v["g"], v["i"], v["f"] = (self.squash(q, v[f"pre_{q}"]) for q in "gif")
        v["c"] = put(v["f"] * c + v["i"] * v["g"], fmt["c"])
        v["pre_o"] = put(self.z("o", n, x, h) + p("o", n) * v["c"], fmt["pre_o"])
        v["o"], v["squash_c"] = self.squash("o", v["pre_o"]), self.squash("squash_c", v["c"])
        v["h"] = put(v["o"] * v["squash_c"], fmt["h"])
        return v


@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {"formats": FORMATS, "max_ulp": 4},
        {"bits": 8, "weights": 4},
        {"formats": FORMATS | OF_GATES, "max_ulp": 4},
    ],
)
@pytest.mark.parametrize("cell", [Vanilla(), Traditional()], ids=["vanilla", "traditional"])
def test_every_value_of_a_sequence_equals_the_equations_in_exact_fractions(cell, numbers):
    (layer,) = fixed(3, 4, cell=cell, initial=True, seed=3, **numbers).layers
    rng = np.random.default_rng(5)
    fmt = layer.formats
    x = rng.integers(fmt["x"].lo, fmt["x"].hi, (1, 30, 3), endpoint=True)
    x[0, 3:5], x[0, 5:7] = fmt["x"].hi, fmt["x"].lo
    trace = IntegerEngine(layer).run(x)
    hand = ByHand(layer)
    state = {
        s: [hand.worth(layer.initial[s], n, s) for n in range(layer.units)] for s in ("h", "c")
    }
    for t in range(30):
        inputs = [hand.worth(x[0, t], k, "x") for k in range(3)]
        steps = [hand.step(n, inputs, state["h"], state["c"][n]) for n in range(layer.units)]
        for name in steps[0]:
            raw = [int(step[name] * Fraction(2) ** fmt[name].frac) for step in steps]
            assert trace[name][0, t].tolist() == raw, (name, t)
        state = {s: [step[s] for step in steps] for s in ("h", "c")}
