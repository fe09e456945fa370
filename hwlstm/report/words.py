"""Numbers as a reader wants them: few digits, units, a true minus sign."""

import math

from markupsafe import Markup

from ..fixed import Format

__all__ = [
    "TIMES",
    "breakable",
    "cell_words",
    "clock",
    "count",
    "family_words",
    "join",
    "number",
    "percent",
    "plural",
    "rate",
    "real_range",
    "rounding_words",
    "seconds",
    "tick",
]

GAP = "\N{NARROW NO-BREAK SPACE}"
SPACE = "\N{NO-BREAK SPACE}"
TIMES = "\N{MULTIPLICATION SIGN}"
MINUS = "\N{MINUS SIGN}"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FAMILIES = {
    "direct": "table of all outputs",
    "linear": "piecewise linear",
    "quadratic": "piecewise quadratic",
    "clipped": "straight lines",
    "shared": "one table for sigmoid and tanh",
}
ROUNDINGS = {
    "feedback": "row by row against the calibration data",
    "nearest": "each to nearest",
}
CELLS = {
    "Traditional": "LSTM",
    "Vanilla": "LSTM with peepholes",
    "NIG": "LSTM without input gate",
    "NFG": "LSTM without forget gate",
    "NOG": "LSTM without output gate",
    "NIAF": "LSTM without input activation",
    "NOAF": "LSTM without output activation",
    "CIFG": "LSTM with forget gate 1 - i",
    "CoupledForget": "LSTM with input gate 1 - f",
    "FGR": "LSTM with full gate recurrence",
    "RNN": "simple recurrent network",
    "GRU": "GRU",
    "Phased": "phased LSTM",
    "Affine": "linear layer",
}


def count(value: int) -> str:
    """12345 as 12 345."""
    return f"{value:,}".replace(",", GAP).replace("-", MINUS)


def number(value: float, digits: int = 3) -> str:
    """With that many significant digits, as a power of ten where that is shorter."""
    if value == int(value) and abs(value) < 1e9:
        return count(int(value))
    power = math.floor(math.log10(abs(value)))
    if not -4 < power < 9:
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        return f"{mantissa}{TIMES}10{str(int(power)).translate(RAISED)}".replace("-", MINUS)
    return f"{value:,.{max(0, digits - 1 - power)}f}".replace(",", GAP).replace("-", MINUS)


def tick(value: float) -> str:
    """A round number on an axis, without trailing zeros."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return number(value, 2)
    return f"{value:.6g}".replace("-", MINUS)


def breakable(name: str) -> Markup:
    """A long name that may break after an underscore."""
    return Markup("_<wbr>").join(name.split("_"))


def percent(share: float, digits: int = 1) -> str:
    text = f"{100 * share:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}{SPACE}%"


def prefixed(value: float, unit: str, prefixes: tuple[tuple[float, str], ...]) -> str:
    scale, prefix = next((p for p in prefixes if value >= p[0]), prefixes[-1])
    return f"{number(value / scale)}{SPACE}{prefix}{unit}".rstrip()


def seconds(value: float) -> str:
    return prefixed(value, "s", ((1, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")))


def rate(value: float) -> str:
    """A number per second, in words: 366 thousand."""
    return prefixed(value, "", ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"), (1, "")))


def clock(mhz: float) -> str:
    return f"{number(mhz)}{SPACE}MHz"


def plural(value: int, noun: str) -> str:
    """1 group, 2 groups."""
    return f"{count(value)}{SPACE}{noun}{'' if value == 1 else 's'}"


def join(names: list[str]) -> str:
    """a, b and c"""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def real_range(fmt: str) -> str:
    """The numbers of a format, as a half-open interval."""
    parsed = Format.parse(fmt)
    return f"[{number(parsed.lo * parsed.step)}, {number((parsed.hi + 1) * parsed.step)})"


def cell_words(cell: str) -> str:
    """What a colleague calls the cell."""
    return CELLS.get(cell, f"{cell} cell")


def family_words(kind: str) -> str:
    """How an activation is computed."""
    return FAMILIES.get(kind, kind)


def rounding_words(kind: str) -> str:
    """How weights became integers."""
    return ROUNDINGS.get(kind, kind)
