"""The option --data: the sequences that a network is calibrated with, or that it runs on."""

from pathlib import Path

__all__ = ["DATA"]

DATA = {
    "type": Path,
    "metavar": "FILE",
    "help": ".npy with x (sequences, steps, inputs); .npz with x, and y (what should come out) or "
    "time (sequences, steps) where there are any; .csv with one row a step, a blank row between "
    "sequences, and, if its first row holds names, columns y, time and sequence",
}
