"""Losses: a number, and its gradient with respect to the outputs."""

import numpy as np

__all__ = ["LOSSES", "cross_entropy", "squared_error"]


def squared_error(output: np.ndarray, target) -> tuple[float, np.ndarray]:
    """Half the squared distance, summed over outputs and steps, averaged over sequences.

    Parameters
    ----------
    output, target : arrays (sequences, ..., outputs)
    """
    target = np.asarray(target, dtype=np.float64)
    if target.shape != output.shape:
        raise ValueError(f"Targets must have shape {output.shape}, not {target.shape}")
    difference = output - target
    return float(np.square(difference).sum()) / 2 / len(output), difference / len(output)


def cross_entropy(output: np.ndarray, target) -> tuple[float, np.ndarray]:
    """Softmax cross entropy, averaged over everything but the classes.

    Parameters
    ----------
    output : array (sequences, ..., classes)
        Logits.
    target : integer array (sequences, ...)
        Classes.
    """
    labels = np.asarray(target)
    if labels.shape != output.shape[:-1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"Targets must be integers of shape {output.shape[:-1]}, "
            f"not {labels.dtype} of shape {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= output.shape[-1]:
        raise ValueError(f"Targets must be classes 0 to {output.shape[-1] - 1}")
    shifted = output - output.max(axis=-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    wanted = np.eye(output.shape[-1])[labels]
    return -float((wanted * logs).sum()) / labels.size, (np.exp(logs) - wanted) / labels.size


LOSSES = {"squared_error": squared_error, "cross_entropy": cross_entropy}
