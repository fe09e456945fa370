"""Every cell as a small random network: what the tests of the equations run over."""

from dataclasses import dataclass, replace

import numpy as np

from hwlstm.cells import (
    CIFG,
    FGR,
    GRU,
    NFG,
    NIAF,
    NIG,
    NOAF,
    NOG,
    NP,
    RNN,
    SQUASHINGS_1997,
    Cell,
    CoupledForget,
    Phased,
    Traditional,
    Vanilla,
)
from hwlstm.network import Layer, Network
from hwlstm.time_gate import TimeGate
from tests.designs import layer

TIME_GATE = ("period", "shift", "ratio", "leak")


@dataclass(frozen=True)
class Case:
    """A cell, and how its time gate is sampled if it has one."""

    cell: Cell
    leak: tuple[float, float] = (0.0, 0.0)
    stamped: bool = False

    def layer(self, inputs=3, units=4, *, seed=0, name="lstm") -> Layer:
        """Random weights, vectors, initial states, and a time gate that opens and closes."""
        gate = self.time_gate(units, seed=seed) if self.cell.timed else None
        return layer(self.cell, inputs, units, seed=seed, name=name, initial=True, time_gate=gate)

    def time_gate(self, units, *, seed=0) -> TimeGate:
        rng = np.random.default_rng([seed, units])
        return TimeGate(
            period=rng.uniform(3, 9, units),
            shift=rng.uniform(0, 3, units),
            ratio=rng.uniform(0.4, 0.9, units),
            leak=np.linspace(*self.leak, units),
            interval=0.7,
            stamped=self.stamped,
        )

    def network(self, inputs=3, units=4, *, seed=0, behind=(), **options) -> Network:
        return Network((self.layer(inputs, units, seed=seed), *behind), "net", **options)

    def data(self, inputs=3, *, sequences=3, steps=9, seed=0):
        """x, and the time of every step if the case is stamped."""
        rng = np.random.default_rng([seed, sequences, steps])
        x = rng.uniform(-1, 1, (sequences, steps, inputs))
        time = np.cumsum(rng.uniform(0.1, 2, (sequences, steps)), axis=1)
        return x, time if self.stamped else None


OTHERS = Traditional(activations={"g": "softsign", "i": "hardsigmoid"})

CASES = {
    "traditional": Case(Traditional()),
    "vanilla": Case(Vanilla()),
    "nig": Case(NIG()),
    "nfg": Case(NFG()),
    "nog": Case(NOG()),
    "niaf": Case(NIAF()),
    "noaf": Case(NOAF()),
    "np": Case(NP()),
    "cifg": Case(CIFG()),
    "coupled forget": Case(CoupledForget()),
    "fgr": Case(FGR()),
    "rnn": Case(RNN()),
    "gru": Case(GRU()),
    "phased": Case(Phased()),
    "phased, leaking": Case(Phased(), leak=(0.05, 0.2)),
    "phased, stamped": Case(Phased(), stamped=True),
    "phased, stamped, leaking": Case(Phased(), leak=(0.05, 0.2), stamped=True),
    "nfg of 1997": Case(NFG(peepholes="", activations=SQUASHINGS_1997)),
    "softsign and hardsigmoid": Case(OTHERS),
}


def numbers(of: Layer) -> dict[str, np.ndarray]:
    """Every number of a layer, by the key of its gradient."""
    found = {
        f"weights.{gate}.{source}": matrix
        for gate, parts in of.weights.items()
        for source, matrix in parts.items()
    }
    for kind in ("bias", "peepholes", "parameters", "initial"):
        found |= {f"{kind}.{name}": values for name, values in getattr(of, kind).items()}
    if of.time_gate:
        found |= {f"time_gate.{name}": getattr(of.time_gate, name) for name in TIME_GATE}
    return found


def changed(of: Layer, key: str, value: np.ndarray) -> Layer:
    """The same layer with other numbers under one key."""
    kind, *name = key.split(".")
    if kind == "weights":
        parts = {gate: dict(own) for gate, own in of.weights.items()}
        parts[name[0]][name[1]] = value
        return replace(of, weights=parts)
    if kind == "time_gate":
        return replace(of, time_gate=of.time_gate.changed(**{name[0]: value}))
    return replace(of, **{kind: {**getattr(of, kind), name[0]: value}})
