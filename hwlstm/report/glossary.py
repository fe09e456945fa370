"""What the words of the page mean."""

__all__ = ["GLOSSARY"]

GLOSSARY = {
    "step": "One vector of inputs of a sequence. The recurrent layer computes one state a step.",
    "column": "One element of [x; h], broadcast to all lanes in one cycle.",
    "lane": "One accumulator with its slice of the weight memory: it sums one gate of one unit. It "
    "has one multiplier for each column of a beat.",
    "group": "The units whose sums are made at the same time, as many as there are in parallel.",
    "L": "Latency of the recurrence: cycles from the last column of a group to the first cycle "
    "that can use the state which follows from it.",
    "initiation interval (II)": "Cycles from one unit to the next in the cell pipeline. Above 1, "
    "its multipliers and tables take turns.",
    "tap": "A port that shows a gate or state, so that simulation can compare it (--taps).",
    "raw integer": "What is on the wires: a fixed-point number times 2 to the power of its "
    "fraction bits.",
    "Qm.n": "A signed format of m integer bits, with the sign, and n fraction bits; UQm.n has no "
    "sign.",
    "ulp": "Unit in the last place: the worth of a format's lowest bit.",
    "saturated": "Beyond its format's range, and held at the end of it.",
    "SQNR": "Signal-to-quantisation-noise ratio: power of the reference over power of the error.",
    "golden model": "The integer model in NumPy. Hardware must give its integers, every one.",
    "LUT site": "A place of the device for one look-up table, whatever it holds: logic, a bit of a "
    "carry chain, or memory. It is the area that this page quotes.",
}
"""Word to sentence, roughly in the order in which a reader meets them."""
