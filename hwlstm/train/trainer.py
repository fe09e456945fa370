"""The training loop: batches, gradients, clipping, one step after the other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from ..fixed import real
from ..fixed_network import FixedNetwork
from ..golden import Trace, gradients, run_float, run_integer
from ..golden.network import raw_time, sequences
from ..network import Network, rebased
from ..quantize import requantize
from .losses import LOSSES
from .optimisers import SGD, Adam, clipped
from .parameters import changed, parameters

__all__ = ["Trained", "train"]


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training gave.

    Attributes
    ----------
    network : Network
        Its numbers in floats; with `fixed`, those behind the integers.
    fixed : FixedNetwork or None
        The same in integers, if it was trained in integers.
    losses : list of float
        Mean loss of each epoch.
    """

    network: Network
    fixed: FixedNetwork | None
    losses: list[float]


def train(
    network: Network,
    x,
    target,
    *,
    fixed: FixedNetwork | None = None,
    loss: str | Callable = "cross_entropy",
    optimiser: SGD | Adam | None = None,
    epochs: int = 10,
    batch: int = 32,
    clip: float | None = 1.0,
    truncate: int | str | None = None,
    time=None,
    frozen: Iterable[str] = ("initial", "time_gate.leak"),
    augment: Callable | None = None,
    seed: int = 0,
    quiet: bool = True,
) -> Trained:
    """Train a network by back-propagation through time.

    Parameters
    ----------
    x : array (sequences, steps, inputs)
    target : array
        What `loss` compares the outputs of the last layer (before an argmax) with.
    fixed : FixedNetwork
        What `quantize` made of the network: the forward pass runs in its formats, gradients pass
        the roundings straight through, and floats behind the weights are moved. Each of them is
        rounded to nearest, whatever `quantize` did: training takes the place of its rounding.
    loss : "cross_entropy", "squared_error", or callable
        (outputs, targets) to (loss, gradient of the outputs).
    optimiser : SGD or Adam
        Adam() if not given. It keeps its momentum: give each training its own.
    clip : float or None
        Most that the joint norm of the gradients may be.
    truncate : int, "1997" or None
        See `gradients`.
    time : array (sequences, steps)
        Of every step, if the first layer reads time stamps.
    frozen : iterable of str
        Beginnings of names (behind the layer's) whose numbers stay.
    augment : callable
        (batch of x, Generator) to what the network sees of it.
    seed : int
        Of the order of the sequences; the same seed gives the same numbers.
    quiet : bool
        No progress bar.

    Raises
    ------
    ValueError
        Data of another shape, or a loss that is not finite.
    """
    if isinstance(loss, str) and loss not in LOSSES:
        raise ValueError(f"Loss must be one of {', '.join(LOSSES)}, not {loss!r}")
    measure = LOSSES[loss] if isinstance(loss, str) else loss
    x, target = sequences(x, network.inputs), np.asarray(target)
    if len(target) != len(x):
        raise ValueError(f"Targets must be given for {len(x)} sequences, not {len(target)}")
    time = None if time is None else np.asarray(time, dtype=np.float64)
    optimiser = optimiser or Adam()
    rng = np.random.default_rng(seed)
    kept = tuple(frozen)
    losses, done = [], 0
    total = epochs * -(-len(x) // batch)
    with tqdm(total=total, disable=quiet, unit="batch", leave=False) as bar:
        for _ in range(epochs):
            summed = 0.0
            order = rng.permutation(len(x))
            for start in range(0, len(x), batch):
                chosen = order[start : start + batch]
                seen = augment(x[chosen], rng) if augment else x[chosen]
                stamps = None if time is None else time[chosen]
                trace, through, seen = forward(network, fixed, seen, stamps)
                value, d_output = measure(outputs(network, trace), target[chosen])
                if not np.isfinite(value):
                    raise ValueError(f"Loss must stay finite, not become {value}; lower the rate")
                found = gradients(through, seen, trace, d_output, time=stamps, truncate=truncate)
                del found["x"]
                moving = {
                    name: g
                    for name, g in found.items()
                    if not name.split(".", 1)[1].startswith(kept)
                }
                if clip is not None:
                    moving = clipped(moving, clip)
                moved = optimiser.step(parameters(network), moving, done / total)
                network = changed(network, {name: valid(name, moved[name]) for name in moving})
                summed, done = summed + value * len(chosen), done + 1
                bar.update()
                bar.set_postfix_str(f"loss {value:.4f}", refresh=False)
            losses.append(summed / len(x))
    return Trained(network, fixed and requantize(network, fixed), losses)


def forward(network: Network, fixed: FixedNetwork | None, x: np.ndarray, time):
    """The trace in floats, the network that its gradients are those of, and the input it saw."""
    if fixed is None:
        return run_float(network, x, time), network, x
    now = requantize(network, fixed)
    raw = now.raw(x)
    stamps = None if time is None else raw_time(time, *x.shape[:2], now.stamp)
    trace = run_integer(now, raw, stamps)
    layers = {
        layer.name: {
            name: real(values, layer.formats["phi" if name == "time.phi" else name])
            for name, values in trace.layers[layer.name].items()
        }
        for layer in now.layers
    }
    return Trace(trace.output, layers), in_floats(network, now), now.real(raw)


def in_floats(network: Network, fixed: FixedNetwork) -> Network:
    """The numbers that the integers are worth."""
    values = {}
    for layer in fixed.layers:
        for q, parts in layer.weights.items():
            for s, m in parts.items():
                values[f"{layer.name}.weights.{q}.{s}"] = real(m, layer.matrix(q, s))
        for q, v in layer.bias.items():
            values[f"{layer.name}.bias.{q}"] = real(v, layer.formats["b"])
        for s, v in layer.initial.items():
            values[f"{layer.name}.initial.{s}"] = real(v, layer.formats[s])
        for leaf, v in layer.vectors.items():
            kind, name = leaf.split(".")
            if kind == "p":
                values[f"{layer.name}.peepholes.{name}"] = real(v, layer.formats["p"])
            elif kind == "parameter":
                values[f"{layer.name}.parameters.{name}"] = real(v, layer.formats[name])
    seen = replace(changed(network, values), conversion=fixed.conversion)
    return replace(rebased(seen, network.conversion), conversion=network.conversion)


def outputs(network: Network, trace: Trace) -> np.ndarray:
    """Of the last layer, before an argmax."""
    last = network.layers[-1]
    y = trace.layers[last.name][last.cell.states[0]]
    return y[:, -1] if network.many_to_one else y


def valid(name: str, values: np.ndarray) -> np.ndarray:
    """A number of a time gate stays one that a time gate can have."""
    limits = {"period": (1e-3, np.inf), "ratio": (1e-3, 1.0), "leak": (0.0, np.inf)}
    kind = name.rpartition(".")[2]
    return np.clip(values, *limits[kind]) if "time_gate" in name and kind in limits else values
