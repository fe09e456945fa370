"""python -m benchmarks.models.train: train the nets beside this file anew, with the seed."""

from pathlib import Path

import numpy as np

import hwlstm
from hwlstm.cells import Affine, Traditional
from hwlstm.train import Adam, cosine, initial_layer, train

from .data import ALPHABET, characters, sine, sunspots

__all__ = ["CHARACTERS", "SINE", "SUNSPOTS"]

FOLDER = Path(__file__).parent
SINE, SUNSPOTS, CHARACTERS = (FOLDER / f"{name}.npz" for name in ("sine", "sunspots", "characters"))


def main() -> None:
    for path, data, epochs in ((SINE, sine, 60), (SUNSPOTS, sunspots, 200)):
        x, y, _, _ = data()
        net, rate = network(1, 16, 1, reads="last"), Adam(cosine(1e-2))
        done = train(net, x, y, loss="squared_error", epochs=epochs, optimiser=rate, quiet=False)
        save(path, done)
    x, y, _, _ = characters()
    net = network(len(ALPHABET), 64, len(ALPHABET), reads="all")
    save(CHARACTERS, train(net, x, y, epochs=12, optimiser=Adam(cosine(8e-3)), quiet=False))


def network(inputs: int, units: int, outputs: int, *, reads: str) -> hwlstm.Network:
    """An LSTM and a linear layer behind it."""
    lstm = initial_layer("lstm", Traditional(), inputs, units)
    return hwlstm.Network((lstm, initial_layer("dense", Affine(), units, outputs, reads=reads)))


def save(path: Path, trained) -> None:
    """As `hwlstm.load(path, cell="Traditional")` reads it."""
    lstm, dense = trained.network.layers
    arrays = {"dense_W": dense.weights["y"]["x"], "dense_b": dense.bias["y"]}
    for gate, parts in lstm.weights.items():
        arrays |= {f"W_{gate}": parts["x"], f"U_{gate}": parts["h"], f"b_{gate}": lstm.bias[gate]}
    single = {name: values.astype(np.float32) for name, values in arrays.items()}
    np.savez_compressed(path, **single)
    print(f"{path}: loss {trained.losses[-1]:.4f}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
