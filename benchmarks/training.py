"""Training in NumPy: the digits from nothing, and weights of few bits won back."""

import time

import hwlstm
from hwlstm.cells import GRU, RNN, Affine, Traditional
from hwlstm.digits import MODEL, load_data
from hwlstm.train import Adam, cosine, initial_layer, train

__all__ = ["FINE_TUNING_COLUMNS", "TRAINING_COLUMNS", "fine_tuning_rows", "training_rows"]

TRAINING_COLUMNS = ["cell", "parameters", "epochs", "seconds", "accuracy, float", "8-bit weights"]
FINE_TUNING_COLUMNS = ["bits a weight", "rounded", "fine-tuned", "epochs", "seconds"]
EPOCHS, TUNING = 60, 20
BLUR = 0.08


def blurred(x, rng):
    """Noise on the pixels: 1347 digits are few."""
    return x + BLUR * rng.normal(size=x.shape)


def accuracy(network) -> float:
    _, _, x, y = load_data()
    return float((hwlstm.evaluate(network, x).ravel() == y).mean())


def training_rows():
    """Cells of 32 units on the digits, without a framework."""
    x, y, _, _ = load_data()
    for cell in (Traditional(), GRU(), RNN()):
        layers = (
            initial_layer("recurrent", cell, 8, 32),
            initial_layer("dense", Affine(), 32, 10, reads="last"),
        )
        network = hwlstm.Network(layers, "digits_net", classify=True)
        start = time.perf_counter()
        optimiser = Adam(cosine(6e-3), decay=2e-3)
        trained = train(network, x, y, epochs=EPOCHS, optimiser=optimiser, augment=blurred).network
        seconds = time.perf_counter() - start
        count = sum(layer.parameter_count for layer in network.layers)
        rounded = accuracy(hwlstm.quantize(trained, x))
        yield (
            cell.name,
            count,
            EPOCHS,
            f"{seconds:.0f}",
            f"{accuracy(trained):.2%}",
            f"{rounded:.2%}",
        )


def fine_tuning_rows():
    """The bundled model with fewer and fewer bits a weight, before and after."""
    x, y, _, _ = load_data()
    network = hwlstm.load(MODEL)
    for bits in (8, 5, 4, 3, 2):
        fixed = hwlstm.quantize(network, x, weights=bits)
        start = time.perf_counter()
        optimiser = Adam(cosine(3e-3))
        tuned = train(
            network, x, y, fixed=fixed, epochs=TUNING, optimiser=optimiser, augment=blurred
        )
        seconds = time.perf_counter() - start
        yield (
            bits,
            f"{accuracy(fixed):.2%}",
            f"{accuracy(tuned.fixed):.2%}",
            TUNING,
            f"{seconds:.0f}",
        )
