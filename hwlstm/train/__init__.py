"""Training in NumPy: the gradients of the derived graphs, and the integer forward pass if asked."""

from .initial import initial_layer
from .losses import LOSSES, cross_entropy, squared_error
from .optimisers import SGD, Adam, clipped, cosine
from .parameters import changed, parameters
from .trainer import Trained, train

__all__ = [
    "LOSSES",
    "SGD",
    "Adam",
    "Trained",
    "changed",
    "clipped",
    "cosine",
    "cross_entropy",
    "initial_layer",
    "parameters",
    "squared_error",
    "train",
]
