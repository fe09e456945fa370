"""What the hardware gave against what it had to give, in one line.

Every simulator is judged by this file. It needs the standard library only, because it also lies
in the output folder, beside bench.py. `expected` is an Expected of vectors.py throughout.
"""

from dataclasses import dataclass, field

__all__ = ["AFTER_RESET", "HANG", "RULES", "STALLS", "Observed", "verdict", "wrong_port"]

HANG = "hang"
STALLS = {"idle": 0.3, "backpressure": 0.4}  # of the run after a reset
AFTER_RESET = "with stalls, after a reset in the middle of a sequence: "
RULES = (
    "",
    HANG,
    "tvalid fell while tready was low",
    "tdata changed while tready was low",
    "tlast changed while tready was low",
)


@dataclass
class Observed:
    """What one run of the hardware gave.

    Attributes
    ----------
    received : dict
        Channel to raw integers in order of arrival; None for an undefined value.
    input_cycles, output_cycles : list of int
        Rising edge that took each beat, counted from the end of reset.
    stopped : str
        Empty when every value came, else one of RULES or another sentence.
    error_cycles : list of int
        Rising edges before which `error` was high.
    """

    received: dict[tuple[str, str], list]
    input_cycles: list[int] = field(default_factory=list)
    output_cycles: list[int] = field(default_factory=list)
    stopped: str = ""
    error_cycles: list[int] = field(default_factory=list)

    def measures(self) -> dict:
        """The contents of results.json.

        compared: raw integers compared; outputs: output beats; input_cycles, output_cycles: the
        rising edge that took each beat, where edge 0 took the first input beat; cycles: from the
        first input beat to the last output beat, both included.
        """
        start = self.input_cycles[0]
        outputs = [cycle - start for cycle in self.output_cycles]
        flags = len(self.output_cycles)  # tlast is compared too, but it is no integer
        return {
            "compared": sum(map(len, self.received.values())) - flags,
            "outputs": len(outputs),
            "cycles": outputs[-1] + 1,
            "output_cycles": outputs,
            "input_cycles": [cycle - start for cycle in self.input_cycles],
        }


def verdict(expected, observed: Observed, patience: int) -> str | None:
    """The first difference, or None: of the earliest sequence, step, layer, unit and signal.

    A broken rule or a hang is named only if every value before it was right.
    """
    found = [_difference(expected, *item) for item in observed.received.items()]
    differences = [key for key in found if key is not None]
    if differences:
        return _difference_text(expected, min(differences), observed)
    if observed.stopped == HANG:
        return _hang_text(expected, observed, patience)
    if observed.stopped:
        place = _place(_next(expected, expected.output, observed))
        return f"{place}, {observed.stopped}"
    return _surplus_text(expected, observed) or _error_text(expected, observed)


def wrong_port(expected, found: dict[str, int]) -> str | None:
    """Which port the design lacks or has in another width, or None.

    Parameters
    ----------
    found : dict
        Ports of the design and their widths in bits.
    """
    name = expected.manifest["name"]
    for port, width in expected.ports().items():
        if port not in found:
            return f"Design {name} must have the port {port}; it has none"
        if found[port] != width:
            return f"Port {port} of design {name} must be {width} bits wide, not {found[port]}"
    return None


def _difference(expected, channel, got: list) -> tuple | None:
    want = expected.values[channel][: len(got)]
    if got[: len(want)] == want:
        return None
    pairs = enumerate(zip(got, want, strict=False))
    return expected.key(channel, next(k for k, (a, b) in pairs if a != b))


def _place(key: tuple) -> str:
    return f"{key[-1][0]}: sequence {key[0]}, step {key[1]}, unit {key[3]}"


def _difference_text(expected, key: tuple, observed: Observed) -> str:
    index, channel = key[-2:]
    got, want = observed.received[channel][index], expected.values[channel][index]
    hardware = "undefined" if got is None else got
    where = f"{_place(key)}, {channel[1]}"
    return f"{where} is {hardware} in hardware and {want} in the golden model"


def _next(expected, channel, observed: Observed) -> tuple:
    """Key of the value that should come next on a channel (of the last, if all came)."""
    last = len(expected.values[channel]) - 1
    return expected.key(channel, min(len(observed.received[channel]), last))


def _hang_text(expected, observed: Observed, patience: int) -> str:
    received = observed.received
    short = [c for c, want in expected.values.items() if len(received[c]) < len(want)]
    key = min(_next(expected, channel, observed) for channel in short)
    beats = f"{len(observed.input_cycles)} of {len(expected.beats)} input beats taken"
    return f"no output for {patience} cycles, waiting for {_place(key)}, {key[-1][1]} ({beats})"


def _surplus_text(expected, observed: Observed) -> str | None:
    for (layer, signal), got in observed.received.items():
        want = expected.values[layer, signal]
        if len(got) > len(want):
            return f"{layer}: one more {signal} after the last of all sequences: {got[len(want)]}"
    return None


def _error_text(expected, observed: Observed) -> str | None:
    """Where `error` is not high exactly in the cycle after each beat that breaks a sequence."""
    taken = observed.input_cycles
    want = [taken[k] + 1 for k, beat in enumerate(expected.beats) if beat.breaks]
    if observed.error_cycles == want:
        return None
    wrong = min({*want} ^ {*observed.error_cycles})
    there = "high" if wrong in observed.error_cycles else "low"
    return f"error is {there} in cycle {wrong}, counted from the end of reset, which is wrong"
