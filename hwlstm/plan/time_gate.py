"""TimeGatePlan: the sizes and cycles of the time gate of a layer."""

from dataclasses import dataclass

from ..time_gate import FixedTimeGate

__all__ = ["TimeGatePlan"]

LEAST_TURN = 4
"""Cycles of a step with few units: a phase must be written before it is read again."""


@dataclass(frozen=True, eq=False)
class TimeGatePlan:
    """The time gate of a layer of `units`, `parallel` of which are a group."""

    gate: FixedTimeGate
    units: int
    parallel: int

    @property
    def turn(self) -> int:
        """Cycles of a step: a unit each."""
        return max(self.units, LEAST_TURN)

    @property
    def word(self) -> int:
        """Cycles from the number of a unit to its phase word."""
        return 4 if self.gate.stamped else 2

    @property
    def latency(self) -> int:
        """Cycles from the number of a unit to the push of its phase and openness."""
        return self.word + 1

    @property
    def slots(self) -> int:
        """Units whose phase may be known and not yet used: never so many, since at most two steps
        and a group are announced beyond the step that enters the cell pipeline."""
        return 1 << (4 * self.units - 1).bit_length()

    @property
    def slot_groups(self) -> int:
        """Groups whose openness may be known and not yet used."""
        return 4 * -(-self.units // self.parallel)

    @property
    def memories(self) -> dict[str, tuple[int, int]]:
        """Memory to (words, bits a word)."""
        gate = self.gate
        constants = {"start": gate.start, "advance": gate.advance}
        constants |= {"opens": gate.opens, "closes": gate.closes}
        found = {
            f"gate_{name}": (self.units, max(1, int(values.max()).bit_length()))
            for name, values in constants.items()
        }
        if not gate.stamped:
            found["gate_phase"] = (self.units, gate.bits)
        found["gate_slots"] = (self.slots, gate.phi.width + 1)
        return found | {"gate_groups": (self.slot_groups, 1)}
