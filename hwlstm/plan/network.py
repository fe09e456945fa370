"""NetworkPlan: the engines of a network, and the search that chooses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from numbers import Integral, Number

import numpy as np

from ..devices import MULTIPLIER_BITS, Device, device
from ..errors import HwlstmError
from ..fixed import Format
from ..fixed_network import FixedLayer, FixedNetwork
from .estimate import estimated_cycles
from .layer import LayerPlan
from .schedule import schedule
from .timing import EngineTimes, StepTimes, cycles_per_step, open_groups

__all__ = ["NetworkPlan", "network_times", "plan"]

INTERVALS = (1, 2, 3, 4, 6, 8)
COLUMNS = (1, 2, 4)
DEFAULT_DEVICE = "ecp5-25f"


@dataclass(frozen=True, eq=False)
class NetworkPlan:
    """One engine for each layer, in series.

    Attributes
    ----------
    fixed : FixedNetwork
    layers : tuple of LayerPlan
        In the order of the network's layers.
    device : Device or None
        What it was planned for.
    """

    fixed: FixedNetwork
    layers: tuple[LayerPlan, ...]
    device: Device | None = None

    @property
    def name(self) -> str:
        return self.fixed.name

    @property
    def elements(self) -> int:
        """Numbers of x in a beat of the input stream."""
        return self.layers[0].columns

    @property
    def multipliers(self) -> int:
        """Multiplier blocks of the device (of MULTIPLIER_BITS if there is none)."""
        bits = self.device.multiplier_bits if self.device else MULTIPLIER_BITS
        return sum(layer.blocks(bits) for layer in self.layers)

    @property
    def latency(self) -> int:
        """Cycles from the first beat of a sequence of one step to the last number of its result."""
        return network_times(self, [1])[1][-1] + 1

    @property
    def memory_bits(self) -> int:
        return sum(n * width for layer in self.layers for n, width in layer.memories.values())

    @property
    def cycles_per_step(self) -> Fraction:
        """Cycles from step to step of a long sequence: those of the slowest layer that sees
        every step."""
        count = next(
            (k for k, layer in enumerate(self.layers) if layer.layer.reads == "last"),
            len(self.layers),
        )
        return max(cycles_per_step(layer) for layer in self.layers[:count])


def slot(fmt: Format) -> int:
    """Bits of a number on the streams outside: the next multiple of 8."""
    return -(-fmt.width // 8) * 8


def network_times(
    plan: NetworkPlan,
    sequences: list[int],
    *,
    keep: list[bool] | None = None,
    times: list | None = None,
) -> tuple[list[list[StepTimes]], list[int]]:
    """Predicted cycles for sequences of the given lengths, back to back.

    The source is always ready, and so is the consumer; cycle 0 is the one in which the first beat
    is offered. `times` are the raw time stamps of each sequence, if the first layer reads them (all
    at 0 if not given).

    Returns
    -------
    Step times of every layer, and the cycle of every number at the output stream.
    """
    keep = keep or [False] * len(sequences)
    resets = [
        t == 0 and not held for n, held in zip(sequences, keep, strict=True) for t in range(n)
    ]
    lasts = [t == n - 1 for n in sequences for t in range(n)]
    opens = [open_steps(layer, sequences, keep, times) for layer in plan.layers]
    engines = [EngineTimes(layer) for layer in plan.layers]
    found: list[list[StepTimes]] = [[] for _ in engines]
    outputs: list[int] = []
    for t, last in enumerate(lasts):
        seen = [engine for engine in engines if last or engine.plan.layer.reads == "all"]
        # A layer that reads last steps sees nothing of the others, nor does what is behind it.
        seen = list(takewhile(seen.__contains__, engines))
        offered = [0] * plan.layers[0].beats["x"]
        for k, engine in enumerate(seen):
            arrives = [offered[n] for n in beat_ends(len(offered), engine.plan)]
            taken = taken_from(seen[k + 1]) if k + 1 < len(seen) else None
            found[k].append(engine.step(arrives, resets[t], opens[k][t], taken))
            offered = found[k][-1].outputs
        if len(seen) == len(engines) and (last or plan.fixed.returns == "all"):
            outputs += [offered[-1] + 1] if plan.fixed.classify else offered
    return found, outputs


def open_steps(plan: LayerPlan, sequences: list[int], keep: list[bool], times) -> list:
    """Of every step, which groups of a layer are open; None if it is not timed."""
    if plan.time_gate is None:
        return [None] * sum(sequences)
    if not plan.stamped:
        return open_groups(plan, step_counts(sequences, keep))
    stamps = [np.asarray(t) for t in times] if times else [np.zeros(n, int) for n in sequences]
    return open_groups(plan, np.concatenate(stamps))


def taken_from(engine: EngineTimes) -> list[int]:
    """From which cycle on an engine takes each number of its next step: one that completes a beat
    needs a free bank, the others are gathered anyway."""
    layer, size = engine.plan, engine.plan.layer.inputs
    free = [0] * size
    for n in beat_ends(size, layer):
        free[n] = engine.released[0] + 1
    return free


def step_counts(sequences: list[int], keep: list[bool]) -> np.ndarray:
    """Steps since the initial state, of every step."""
    counts: list[int] = []
    for steps, held in zip(sequences, keep, strict=True):
        begun = counts[-1] + 1 if held and counts else 0
        counts += range(begun, begun + steps)
    return np.array(counts)


def beat_ends(offered: int, layer: LayerPlan) -> list[int]:
    """Which of the offered numbers completes each beat; offered beats complete themselves."""
    beats = layer.beats["x"]
    if offered == beats:
        return list(range(beats))
    return [min((k + 1) * layer.columns, offered) - 1 for k in range(beats)]


def plan(
    fixed: FixedNetwork,
    *,
    device_name: str | Device | None = None,
    multipliers: int | None = None,
    parallel: int | Mapping[str, int] | None = None,
    columns: int | None = None,
    interval: int | None = None,
    steps: int = 1,
) -> NetworkPlan:
    """Choose the engines with the fewest cycles a step that the budget allows.

    Every layer gets the cheapest engine that keeps up with the slowest one.

    Parameters
    ----------
    device_name : str or Device
        Its multipliers are the budget, and its block RAM must hold the memories. DEFAULT_DEVICE
        if neither budget nor units in parallel are given.
    multipliers : int
        The budget in multiplier blocks; overrides the device's.
    parallel : int or dict
        Units in parallel, of the first layer or by layer name.
    columns, interval : int
        Columns per cycle and initiation interval of the first layer.
    steps : int
        Shortest sequence to keep up with: a layer that reads only the last step has that many
        times longer. (A shorter one is as correct, and slower.)

    Raises
    ------
    ValueError
        Sizes that no engine has; an unknown device.
    HwlstmError
        The budget or the memories do not suffice; says what would.
    """
    given = (
        {fixed.layers[0].name: parallel} if isinstance(parallel, Number) else dict(parallel or {})
    )
    unknown = sorted(set(given) - {layer.name for layer in fixed.layers})
    if unknown:
        raise ValueError(f"Units in parallel must be given for a layer, not {unknown[0]!r}")
    if device_name is None and multipliers is None and fixed.layers[0].name not in given:
        device_name = DEFAULT_DEVICE
    target = device(device_name) if device_name is not None else None
    budget = multipliers if multipliers is not None else target.multipliers if target else None
    if budget is not None and budget < 1:
        raise ValueError(f"Multipliers must be at least 1, not {budget!r}")
    if not isinstance(steps, Integral) or steps < 1:
        raise ValueError(f"Steps must be at least 1, not {steps!r}")
    options, share = [], 1
    for k, layer in enumerate(fixed.layers):
        share = steps if layer.reads == "last" else share
        explore = budget is not None or k > 0
        options.append(
            choices(
                layer,
                [given[layer.name]] if layer.name in given else sizes(layer.units),
                (columns,) if k == 0 and columns is not None else COLUMNS if explore else (1,),
                (interval,) if k == 0 and interval is not None else INTERVALS if explore else (1,),
                share,
                target.multiplier_bits if target else MULTIPLIER_BITS,
            )
        )
    chosen = cheapest(options, budget, advice(options, target))
    result = NetworkPlan(fixed, tuple(chosen), target)
    if target and result.memory_bits > (room := target.block_rams * target.block_ram_bits):
        raise HwlstmError(
            f"{fixed.name}: memories must fit the {room} block RAM bits of {target.name}, "
            f"not need {result.memory_bits}; use fewer bits a weight"
        )
    return result


def sizes(units: int) -> list[int]:
    """Numbers of units in parallel worth considering: the smallest for each number of groups."""
    return sorted({-(-units // groups) for groups in range(1, units + 1)})


def choices(
    layer: FixedLayer, parallel, columns, intervals, share: int, bits: tuple[int, int]
) -> list[tuple[int, int, LayerPlan]]:
    """(cycles a step of the network, multiplier blocks, plan) of every engine worth considering.

    A layer that runs once in `share` steps has that many times longer.
    """
    found = []
    for interval in intervals:
        for parts in part_choices(layer, interval):
            for width in columns:
                for units in parallel:
                    engine = LayerPlan(layer, units, width, interval, parts)
                    cycles = -(-estimated_cycles(engine) // share)
                    found.append((cycles, engine.blocks(bits), engine))
    return found


def part_choices(layer: FixedLayer, interval: int) -> list[dict[str, int]]:
    """As few multipliers in the cell as the interval allows, and one more: it may be faster."""
    fewest = schedule(layer, interval).units
    count = sum(operations[0].kind == "mul" for operations in fewest.values())
    alone = sum(op.kind == "mul" for operations in fewest.values() for op in operations)
    return [{}, {"mul": count + 1}] if count < alone else [{}]


def advice(options: list, target: Device | None) -> str:
    """What would make the engines fit; first of all products that fit one multiplier each."""
    smallest = [min(layer, key=lambda choice: choice[1]) for layer in options]
    if target and any(blocks > engine.multipliers for _, blocks, engine in smallest):
        return (
            f"quantise for {target.name} (device_name; hwlstm build --device), so that no factor "
            f"is wider than the {min(target.multiplier_bits)} bits of its multipliers, or use "
            "fewer bits"
        )
    return "allow more, take a larger device, or use fewer bits"


def cheapest(options: list, budget: int | None, otherwise: str) -> list[LayerPlan]:
    """The plans that minimise the slowest layer's cycles within the budget, then multipliers;
    refused with what to do otherwise."""
    limits = sorted({cycles for layer in options for cycles, _, _ in layer})
    least = 0
    for limit in limits:
        picks = []
        for layer in options:
            fitting = [choice for choice in layer if choice[0] <= limit]
            picks.append(min(fitting, key=lambda choice: choice[1::-1], default=None))
        if None in picks:
            continue
        total = sum(pick[1] for pick in picks)
        if budget is None or total <= budget:
            return [pick[2] for pick in picks]
        least = min(least or total, total)
    raise HwlstmError(
        f"The plan must fit {budget} multipliers, but needs at least {least}; {otherwise}"
    )
