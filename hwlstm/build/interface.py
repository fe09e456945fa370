"""How a core is spoken to: the one description that Verilog header, report and docs read."""

import textwrap
from dataclasses import dataclass

from ..fixed import Format

__all__ = ["Interface", "Port", "header"]

WIDTH = 96
BITS = 7
"""Columns of the header: its lines, and `[127:0]` in them."""


@dataclass(frozen=True)
class Port:
    """A port of the top module.

    Attributes
    ----------
    direction : str
        "input" or "output", seen from the core.
    width : int
        Bits.
    meaning : str
        One sentence.
    """

    name: str
    direction: str
    width: int
    meaning: str


class Interface:
    """The ports of a build, and the rules by which numbers pass through them.

    Parameters
    ----------
    manifest : dict
        The contents of manifest.json.
    """

    def __init__(self, manifest: dict):
        self.manifest = manifest
        self.x, self.y = (Format.parse(manifest[side]["format"]) for side in ("input", "output"))
        self.elements, self.inputs = manifest["input"]["elements"], manifest["inputs"]

    @property
    def ports(self) -> list[Port]:
        """Clock and reset, the two streams, then what else there is."""
        return [
            Port(port["name"], port["direction"], port["width"], self.meaning(port["name"]))
            for port in self.manifest["ports"]
        ]

    def meaning(self, name: str) -> str:
        """What a port says; empty for one that this page does not know."""
        known = {
            "clk": "Clock: everything happens on its rising edge.",
            "rst": "Reset, active high, synchronous: hold it for two cycles. It empties the core; "
            "the next beat begins a sequence.",
            "s_axis_tvalid": "A beat of x is offered.",
            "s_axis_tready": "The core takes it. Does not wait for tvalid.",
            "s_axis_tdata": self.input_beat,
            "s_axis_tlast": "High on the last beat of the last step of a sequence.",
            "s_axis_tuser": self.user,
            "m_axis_tvalid": "A number of the result is there. Does not wait for tready.",
            "m_axis_tready": "The consumer takes it.",
            "m_axis_tdata": self.output_beat,
            "m_axis_tlast": "High on the last number of a sequence.",
            "error": "High for one cycle after tlast came in the middle of a step: what the step "
            "lacks was taken as 0. The next sequence is whole.",
        }
        return known.get(name) or self.taps.get(name, "")

    @property
    def taps(self) -> dict[str, str]:
        """What each tap port says."""
        formats = {layer["name"]: layer["formats"] for layer in self.manifest["layers"]}
        found = {}
        for layer, tap in self.manifest["taps"].items():
            valid = f"tap_{layer}_valid"
            found[valid] = f"For checks: a unit enters the cell of {layer}."
            for name, signal in tap["signals"].items():
                late = count(signal["delay"], "cycle")
                found[f"tap_{layer}_{name}"] = f"{formats[layer][name]}, {late} after {valid}."
        return found

    @property
    def beats(self) -> int:
        """Input beats a step."""
        return -(-self.inputs // self.elements)

    @property
    def input_beat(self) -> str:
        slot, width = self.manifest["input"]["slot"], self.x.width
        if self.elements == 1:
            text = "One number of x"
        else:
            text = f"{self.elements} numbers of x, the first in the lowest bits"
        text += f"; {count(self.beats, 'beat')} a step. A number has {count(width, 'bit')}"
        if slot > width:
            text += f", the low ones of a slot of {slot}; those above are not read"
        if self.spare:
            text += f". Not read at the end of a step: {count(self.spare, 'slot')}"
        return f"{text}."

    @property
    def spare(self) -> int:
        """Slots of a step's last beat that carry nothing."""
        return self.beats * self.elements - self.inputs

    @property
    def user(self) -> str:
        keeps = "On the first beat of a sequence: 0 starts from the initial state, 1 goes on from "
        keeps += "the state that the sequence before left. Not read on other beats."
        stamp = self.manifest["stamp"]
        if not stamp:
            return keeps
        return (
            f"Bit 0: {keeps[0].lower()}{keeps[1:]} Bits {stamp['width']} to 1, on the first beat "
            f"of each step: its time stamp, {stamp['format']}."
        )

    @property
    def output_beat(self) -> str:
        extended = "sign-extended" if self.y.signed else "extended with zeros"
        if self.manifest["classify"]:
            what = "The class of the largest output"
        else:
            what = f"One of the {count(self.manifest['outputs'], 'number')} of a result, in order"
        often = "one result a sequence" if self.manifest["many_to_one"] else "one result a step"
        return f"{what}, {extended} to {self.manifest['output']['slot']} bits; {often}."

    @property
    def rules(self) -> list[str]:
        """What holds of both streams, a sentence or two each."""
        return [
            "A beat passes in a cycle in which tvalid and tready are both high (AXI4-Stream).",
            "Once tvalid is high it stays, and its data with it, until tready is.",
            "Either side may stall in any cycle, for as long as it likes: no beat is lost or "
            "doubled, and no bit of any result changes.",
            "A sequence has any number of steps, at least one. The next one may follow at once, "
            "before the results of the last have left.",
        ]

    @property
    def formulas(self) -> dict[str, str]:
        """How floats become raw integers and raw integers floats: side to formula."""
        x, given = self.x, self.manifest["input"]
        of = "x"
        if "scale" in given:
            of = "(x - offset) / scale" if any(given["offset"]) else "x / scale"
        found = {
            "x": f"{x}: raw = round_half_even({of} * {power(x.frac)}), saturated to {x.lo}..{x.hi}"
        }
        for name in ("offset", "scale"):
            if any(values := given.get(name, [])):
                found[name] = "of the columns of x: " + ", ".join(map(repr, values))
        if self.manifest["classify"]:
            found["y"] = f"{self.y}: raw is the index of the class, 0 to {self.classes - 1}"
        else:
            found["y"] = f"{self.y}: y = raw * {power(-self.y.frac)}"
        return found

    @property
    def classes(self) -> int:
        return self.manifest["layers"][-1]["units"]


def power(exponent: int) -> str:
    return f"2^{exponent}"


def count(value: int, noun: str) -> str:
    return f"{value} {noun}{'' if value == 1 else 's'}"


def header(manifest: dict) -> str:
    """The interface as the comment above the Verilog: the same bytes for the same manifest."""
    it = Interface(manifest)
    margin = max(len(port.name) for port in it.ports) + 2
    lines = [f"{manifest['name']}: a recurrent network, generated by hwlstm.", ""]
    for port in it.ports:
        bits = f"[{port.width - 1}:0]" if port.width > 1 else ""
        start = f"{port.name:{margin}}{port.direction:6} {bits:{BITS}} "
        lines += hanging(start + port.meaning, len(start))
    lines += ["", *(line for rule in it.rules for line in hanging(rule, 0)), ""]
    for side, formula in it.formulas.items():
        lines += hanging(f"{side}  {formula}", len(side) + 2)
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


def hanging(text: str, margin: int) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * margin, break_long_words=False)
