"""What vectors.json asks of the hardware: the beats that go in, the integers that must come out.

Every simulator is driven by this file. It needs the standard library only, because it also lies
in the output folder, beside bench.py.
"""

from dataclasses import dataclass
from itertools import pairwise

__all__ = ["OUTPUT", "TLAST", "Beat", "Channel", "Expected", "Random"]

Channel = tuple[str, str]
OUTPUT: Channel = ("output", "y")
TLAST: Channel = ("output", "tlast")
UNPREDICTED = 20_000
RESET_SEQUENCES = 2


class Random:
    """32-bit linear congruential generator; driver.cc has the same, so that every
    simulator stalls in the same cycles."""

    def __init__(self, seed: int):
        self.state = seed & 0xFFFFFFFF

    def below(self, probability: float) -> bool:
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return self.state >> 8 < int(probability * (1 << 24))


@dataclass(frozen=True)
class Beat:
    """One beat of s_axis; it is offered once `after` output beats were taken.

    It `breaks` its sequence if it is the last one and not the end of a step.
    """

    data: int
    last: bool
    user: int
    after: int = 0
    breaks: bool = False


class Expected:
    """The input beats of `vectors` and every integer that the hardware must answer.

    Parameters
    ----------
    manifest, vectors : dict
        The contents of manifest.json and vectors.json. A sequence with a number of `beats` is
        broken off after so many; what its last step lacks must be 0 in x.
    apart : bool
        Offer a sequence only when the outputs of the one before were taken.

    Raises
    ------
    ValueError
        If the vectors do not have the shape that the manifest gives.
    """

    output, tlast = OUTPUT, TLAST

    def __init__(self, manifest: dict, vectors: dict, *, apart: bool = False):
        self.manifest, self.sequences = manifest, vectors["sequences"]
        if not self.sequences:
            raise ValueError("Vectors must hold at least one sequence, not none")
        self.values: dict[Channel, list[int]] = {OUTPUT: [], TLAST: []}
        self.places: dict[str, list[tuple[int, int]]] = {"output": []}
        self.units = {"output": manifest["outputs"]}
        self._collect_taps()
        self.beats: list[Beat] = []
        for number, sequence in enumerate(self.sequences):
            after = len(self.values[OUTPUT]) if apart else 0
            self._add_beats(number, sequence, after)
            self._add_outputs(number, sequence)
        layers = [layer for layer in self.units if layer != "output"]
        self._rank = {layer: rank for rank, layer in enumerate([*layers, "output"])}

    def patience(self, idle: float, backpressure: float) -> int:
        """Cycles without any progress after which the hardware hangs: four times the longest
        predicted duration and some, more when it is stalled from outside."""
        predicted = max(_durations(self.manifest.get("cycles", {})), default=UNPREDICTED)
        return int((4 * predicted + 1000) / ((1 - idle) * (1 - backpressure)))

    def drain(self, patience: int) -> int:
        """Cycles to wait after the last value for one that should not come."""
        delays = [tap["delay"] for _, tap in self.taps()]
        return max(64, patience // 16, *(delay + 1 for delay in delays))

    def after_reset(self) -> "Expected":
        """The first sequences again: what follows a reset in the middle of a sequence."""
        return Expected(self.manifest, {"sequences": self.sequences[:RESET_SEQUENCES]})

    def half_a_sequence(self) -> int:
        """Beats to about the middle of the first sequence; odd, so mostly within a step."""
        beats = next(k for k, beat in enumerate(self.beats) if beat.last) + 1
        return beats // 2 | 1

    def taps(self) -> list[tuple[Channel, dict]]:
        """Channels that are tapped, with the port's delay, width and sign; delays ascending."""
        tapped = [channel for channel in self.values if channel[0] != "output"]
        return [
            ((layer, signal), self.manifest["taps"][layer]["signals"][signal])
            for layer, signal in tapped
        ]

    def key(self, channel: Channel, index: int) -> tuple:
        """Sort key and place of one value: sequence, step, layer's rank, unit, signal's rank,
        index, channel."""
        row, unit = divmod(index, self.units[channel[0]])
        signal = list(self.values).index(channel)
        return (*self.places[channel[0]][row], self._rank[channel[0]], unit, signal, index, channel)

    def ports(self) -> dict[str, int]:
        """The ports that the design must have, and their widths in bits."""
        axis = ("tvalid", "tready", "tlast")
        ports = {f"{side}_axis_{name}": 1 for side in "sm" for name in axis}
        ports |= {"clk": 1, "rst": 1, "error": 1, "s_axis_tuser": self.user_width}
        port = self.manifest["input"]
        ports["s_axis_tdata"] = port["elements"] * port["slot"]
        ports["m_axis_tdata"] = self.manifest["output"]["slot"]
        for (layer, signal), tap in self.taps():
            ports |= {f"tap_{layer}_valid": 1, f"tap_{layer}_{signal}": tap["width"]}
        return ports

    @property
    def user_width(self) -> int:
        """Bits of s_axis_tuser: one that keeps the state, and the time stamp."""
        stamp = self.manifest.get("stamp")
        return 1 + (stamp["width"] if stamp else 0)

    @property
    def idle_user(self) -> int:
        """What s_axis_tuser is while nothing is offered: all ones."""
        return (1 << self.user_width) - 1

    def _collect_taps(self):
        for layer, tap in self.manifest["taps"].items():
            known = [set(one.get("taps", {}).get(layer, {})) for one in self.sequences]
            signals = set(tap["signals"]).intersection(*known)
            if not signals:
                continue
            order = sorted(tap["signals"], key=lambda name: tap["signals"][name]["delay"])
            self.units[layer], self.places[layer] = tap["units"], []
            for number, sequence in enumerate(self.sequences):
                steps = len(sequence["x"])
                seen = [steps - 1] if tap["reads"] == "last" else range(steps)
                self.places[layer] += [(number, step) for step in seen]
                for name in sorted(signals, key=order.index):
                    rows = sequence["taps"][layer][name]
                    _check(number, f"{layer}.{name}", rows, len(seen), tap["units"])
                    self.values.setdefault((layer, name), []).extend(_flat(rows))

    def _add_beats(self, number: int, sequence: dict, after: int):
        port, inputs = self.manifest["input"], self.manifest["inputs"]
        rows = sequence["x"]
        _check(number, "x", rows, max(1, len(rows)), inputs)
        size, stamped = port["elements"], self.user_width > 1
        places = [(step, k) for step in range(len(rows)) for k in range(0, inputs, size)]
        sent = places[: sequence.get("beats", len(places))]
        for step, k in sent:
            # The stamp counts on the first beat of a step only; elsewhere it is all ones.
            stamp = sequence["time"][step] if stamped and k == 0 else self.idle_user >> 1
            # TUSER counts on the first beat of a sequence only; elsewhere it is 1.
            keep = bool(sequence["keep"]) or step != 0 or k != 0
            last = (step, k) == sent[-1]
            self.beats.append(
                Beat(
                    _pack(rows[step][k : k + size], port),
                    last=last,
                    user=keep | stamp << 1,
                    after=after,
                    breaks=last and k + size < inputs,
                )
            )
        _check_rest(number, rows, len(sent) * size, -(-inputs // size) * size)

    def _add_outputs(self, number: int, sequence: dict):
        steps, outputs = len(sequence["x"]), self.manifest["outputs"]
        seen = [steps - 1] if self.manifest["many_to_one"] else range(steps)
        _check(number, "y", sequence["y"], len(seen), outputs)
        self.places["output"] += [(number, step) for step in seen]
        self.values[OUTPUT] += _flat(sequence["y"])
        self.values[TLAST] += [0] * (len(seen) * outputs - 1) + [1]


def _flat(rows) -> list[int]:
    return [value for row in rows for value in row]


def _check(number: int, name: str, rows, count: int, length: int):
    if len(rows) != count or any(len(row) != length for row in rows):
        shape = f"({len(rows)}, {len(rows[0]) if len(rows) else 0})"
        raise ValueError(
            f"Vectors of sequence {number} must have {name} of shape ({count}, {length}), "
            f"not {shape}"
        )


def _check_rest(number: int, rows, sent: int, step: int):
    """Refuse what was not sent and is not 0; a broken sequence must reach its last step."""
    begun = len(rows) - 1
    rest = rows[begun][max(0, sent - begun * step) :]
    if sent <= begun * step or any(rest):
        raise ValueError(
            f"Beats of sequence {number} must end in its last step, and numbers of x behind them "
            "must be 0"
        )


def _pack(elements, port: dict) -> int:
    """One beat; bits that do not count (above `width`, absent elements) are driven wrongly."""
    slot, width = port["slot"], port["width"]
    beat = (1 << port["elements"] * slot) - 1
    low, full = (1 << width) - 1, (1 << slot) - 1
    lo, hi = (-(1 << width - 1), low >> 1) if port["signed"] else (0, low)
    for k, value in enumerate(elements):
        if not lo <= value <= hi:
            raise ValueError(f"Raw input must be {lo} to {hi}, not {value}")
        unused = full & ~low if value >= 0 else 0
        beat ^= (full ^ (value & low | unused)) << k * slot
    return beat


def _durations(tree) -> list[float]:
    """Numbers in the predictions; of a list of times, the longest interval."""
    if isinstance(tree, dict):
        return [number for branch in tree.values() for number in _durations(branch)]
    if isinstance(tree, list):
        return [max((b - a for a, b in pairwise([0, *tree])), default=0)]
    return [tree]
