"""Optimisers: what a gradient does to the numbers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["SGD", "Adam", "clipped", "cosine"]

Rate = float | Callable[[float], float]
"""Learning rate, or a function of the part of the training that is done (0 to 1)."""

Numbers = Mapping[str, np.ndarray]


def clipped(gradients: Numbers, norm: float) -> dict[str, np.ndarray]:
    """Gradients scaled down together so that their joint Euclidean norm is at most `norm`."""
    total = math.sqrt(sum(float(np.square(g).sum()) for g in gradients.values()))
    scale = min(1.0, norm / total) if total else 1.0
    return {name: scale * g for name, g in gradients.items()}


def cosine(rate: float, *, warmup: float = 0.1) -> Callable[[float], float]:
    """A rate that rises over the first `warmup` of the training and falls to 0 as a cosine."""

    def at(done: float) -> float:
        if done < warmup:
            return rate * (done + 1e-3) / warmup
        return rate * 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))

    return at


def at(rate: Rate, done: float) -> float:
    return rate(done) if callable(rate) else rate


@dataclass
class SGD:
    """Stochastic gradient descent with momentum: v = momentum v + g; w = w - rate v."""

    rate: Rate = 0.1
    momentum: float = 0.0
    velocity: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def step(self, numbers: Numbers, gradients: Numbers, done: float = 0.0):
        """The numbers after one step; those without a gradient stay as they are."""
        moved = dict(numbers)
        for name, g in gradients.items():
            self.velocity[name] = self.momentum * self.velocity.get(name, 0.0) + g
            moved[name] = numbers[name] - at(self.rate, done) * self.velocity[name]
        return moved


@dataclass
class Adam:
    """Adam (Kingma & Ba 2015), with the weight decay of AdamW (Loshchilov & Hutter 2019)."""

    rate: Rate = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.0
    count: int = field(default=0, repr=False)
    mean: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    square: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def step(self, numbers: Numbers, gradients: Numbers, done: float = 0.0):
        """The numbers after one step; those without a gradient stay as they are."""
        moved, rate = dict(numbers), at(self.rate, done)
        self.count += 1
        for name, g in gradients.items():
            self.mean[name] = self.beta1 * self.mean.get(name, 0.0) + (1 - self.beta1) * g
            self.square[name] = self.beta2 * self.square.get(name, 0.0) + (1 - self.beta2) * g * g
            mean = self.mean[name] / (1 - self.beta1**self.count)
            square = self.square[name] / (1 - self.beta2**self.count)
            kept = numbers[name] * (1 - rate * self.decay)
            moved[name] = kept - rate * mean / (np.sqrt(square) + self.epsilon)
        return moved
