"""python -m tests.fuzz.designs [--seconds N] [--seed S]: random designs against the golden model.

A seed decides everything: cells, sizes, formats, engines, sequences, stalls. The emitted Verilog
runs in the embedded simulator, without stalls in the predicted cycles, with stalls, after a reset
in the middle of a sequence, and with sequences that are cut off. Seeds are counted up from S; that
of a failure alone repeats it.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hwlstm import cells
from hwlstm.build.write import write
from hwlstm.cells import Cell
from hwlstm.errors import HwlstmError
from hwlstm.network import Network
from hwlstm.plan import LayerPlan, NetworkPlan
from hwlstm.quantize import quantize
from hwlstm.simulate.simulate import verify
from tests import invented
from tests.designs import a_time_gate, layer

__all__ = ["Design", "prove"]


def all_cells() -> dict[str, type[Cell]]:
    """Every cell of the library, and those that no paper has."""
    named = {name: vars(module)[name] for module in (cells, invented) for name in module.__all__}
    return {
        name: kind
        for name, kind in named.items()
        if isinstance(kind, type) and issubclass(kind, Cell) and kind is not Cell
    }


@dataclass(frozen=True)
class Engine:
    """One layer: its cell, and how it is built."""

    cell: str
    units: int
    parallel: int
    columns: int
    interval: int
    initial: bool
    reads: str
    gate: Mapping | None


@dataclass(frozen=True)
class Design:
    """What a seed stands for."""

    seed: int
    inputs: int
    engines: tuple[Engine, ...]
    classify: bool
    returns: str
    numbers: Mapping
    reach: float
    lengths: tuple[int, ...]
    keep: tuple[bool, ...]
    missing: tuple[int, ...]
    stalls: tuple[Mapping, ...]

    @classmethod
    def random(cls, seed: int) -> "Design":
        rng = np.random.default_rng(seed)
        engines: list[Engine] = []
        reads = "all"
        for k in range(pick(rng, [1, 1, 1, 2, 3])):
            engines.append(random_engine(rng, first=k == 0, reads=reads))
            reads = "last" if engines[-1].reads == "last" else "all"
        count = int(rng.integers(2, 7))
        return cls(
            seed=seed,
            inputs=pick(rng, [1, 2, 3, 4, 5, 7, 9, 17]),
            engines=tuple(engines),
            classify=pick(rng, [False, False, True]),
            returns=pick(rng, ["all", "all", "last"]),
            numbers=random_numbers(rng),
            reach=pick(rng, [1, 1, 1 / 16, 4]),
            lengths=tuple(rng.integers(1, 6, count).tolist()),
            keep=(False, *rng.choice([True, False], count - 1).tolist()),
            missing=tuple(rng.integers(0, 4, count).tolist()),
            stalls=tuple(random_stalls(rng) for _ in range(3)),
        )

    def network(self) -> Network:
        layers, inputs = [], self.inputs
        for k, engine in enumerate(self.engines):
            gate = engine.gate
            one = layer(
                all_cells()[engine.cell](),
                inputs,
                engine.units,
                seed=self.seed,
                name=f"layer{k}",
                initial=engine.initial,
                reads=engine.reads,
                time_gate=a_time_gate(engine.units, **gate) if gate is not None else None,
            )
            layers.append(one)
            inputs = engine.units
        return Network(tuple(layers), "net", classify=self.classify, returns=self.returns)

    def plan(self) -> NetworkPlan:
        """The quantised network, with the engines that the seed wants."""
        network = self.network()
        rng = np.random.default_rng(self.seed)
        x = self.reach * rng.uniform(-1, 1, (8, 10, self.inputs))
        stamped = network.layers[0].time_gate is not None and network.layers[0].time_gate.stamped
        times = np.sort(rng.uniform(0, 40, x.shape[:2]), axis=1) if stamped else None
        fixed = quantize(network, x, times, **self.numbers)
        pairs = zip(fixed.layers, self.engines, strict=True)
        layers = [LayerPlan(one, e.parallel, e.columns, e.interval) for one, e in pairs]
        return NetworkPlan(fixed, tuple(layers))


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def random_engine(rng, *, first: bool, reads: str) -> Engine:
    known = all_cells()
    # Behind a layer that reads last steps there is nothing to remember.
    name = pick(rng, sorted(known)) if reads == "all" else "Affine"
    cell = known[name]()
    may_read_last = not first and not cell.recurrent and not cell.timed
    units = pick(rng, [1, 2, 3, 4, 5, 6, 7, 9, 13])
    gate = None
    if cell.timed:
        gate = {"ratio": pick(rng, [0.05, 0.3, 0.9]), "stamped": first and pick(rng, [True, False])}
    return Engine(
        cell=name,
        units=units,
        parallel=int(rng.integers(1, units + 1)),
        columns=pick(rng, [1, 2, 4, 8]),
        interval=pick(rng, [1, 1, 2, 3, 4, 5, 8]),
        initial=pick(rng, [True, False]),
        reads=pick(rng, ["all", "last"]) if may_read_last else "all",
        gate=gate,
    )


def random_numbers(rng) -> dict:
    bits = pick(rng, [4, 6, 8, 8, 10, 12, 16, 18])
    return {
        "bits": bits,
        "weights": int(rng.integers(2, 19)),
        "resources": pick(rng, [[], [], ["bram"], ["dsp"], ["bram", "dsp"]]),
        "shared": pick(rng, [True, False]),
    }


def random_stalls(rng) -> dict:
    rates = [0.0, 0.1, 0.5, 0.9]
    return {
        "idle": pick(rng, rates),
        "backpressure": pick(rng, rates),
        "seed": int(rng.integers(1 << 31)),
        "apart": pick(rng, [False, False, True]),
    }


def prove(design: Design, folder: Path) -> int:
    """Build and simulate; how many integers were equal.

    Raises
    ------
    HwlstmError, ValueError
        From quantisation: nothing can be built of these numbers.
    AssertionError
        With what differs.
    """
    engines = design.plan()
    try:
        return simulated(design, engines, folder)
    except (HwlstmError, ValueError) as error:
        raise AssertionError(f"{type(error).__name__}: {error}") from error


def simulated(design: Design, engines: NetworkPlan, folder: Path) -> int:
    rng = np.random.default_rng(design.seed)
    x, size = engines.fixed.x, engines.elements
    shapes = [(steps, design.inputs) for steps in design.lengths]
    ends = [pick(rng, [[x.lo, x.hi], [x.lo, 0, x.hi], [*range(x.lo, x.hi + 1)]]) for _ in shapes]
    sequences = [rng.choice(e, shape) for e, shape in zip(ends, shapes, strict=True)]
    beats = engines.layers[0].beats["x"]
    missing = [min(lost, beats - 1) for lost in design.missing]
    for sequence, lost in zip(sequences, missing, strict=True):
        if lost:
            sequence[-1, (beats - lost) * size :] = 0
    build = write(engines, folder / "net", sequences=sequences, keep=[*design.keep], taps=True)
    flowing = verify(build)
    assert flowing.cycles_as_predicted
    vectors = json.loads((build / "vectors.json").read_text())
    for one, steps, lost in zip(vectors["sequences"], design.lengths, missing, strict=True):
        one["beats"] = steps * beats - lost
    cut = verify(build, sequences=vectors)
    assert cut.output_cycles == flowing.output_cycles, "cut sequences leave in other cycles"
    for stalls in design.stalls:
        assert verify(build, **stalls).compared == flowing.compared
        assert verify(build, sequences=vectors, **stalls).compared == flowing.compared
    return flowing.compared * (2 + 2 * len(design.stalls))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    asked = parser.parse_args()
    os.environ["CXXFLAGS"] = "-O0"
    start, seed = time.monotonic(), asked.seed
    proven = refused = failed = 0
    while time.monotonic() - start < asked.seconds:
        design = Design.random(seed)
        with tempfile.TemporaryDirectory() as folder:
            os.environ["HWLSTM_CACHE"] = folder
            try:
                compared = prove(design, Path(folder))
                proven += 1
                words = ", ".join(f"{e.cell} {e.units}" for e in design.engines)
                print(f"seed {seed}: {words}: {compared} integers equal", flush=True)
            except AssertionError as error:
                failed += 1
                print(f"seed {seed} FAILED: {error}\n{asdict(design)}", flush=True)
            except (HwlstmError, ValueError) as error:
                refused += 1
                print(f"seed {seed}: refused: {error}", flush=True)
        seed += 1
    print(f"seeds {asked.seed} to {seed - 1}: {proven} proven, {refused} refused, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
