"""The JSON files of a build folder, checked against what the page reads of them."""

from dataclasses import dataclass
from pathlib import Path

from ..build.record import read
from ..fixed import Format
from .schema import (
    Each,
    Maybe,
    check,
    count,
    demand,
    flag,
    fmt,
    integer,
    number,
    positive,
    share,
    size,
    text,
    ulp,
)

__all__ = ["Build", "load"]

MOST_PARTS = 1024

TABLE = {
    "function": text,
    "input": fmt,
    "output": fmt,
    "family": text,
    "words": count,
    "word_bits": count,
    "latency": count,
    "bound": positive,
    "max_ulp": ulp,
    "mean_ulp": ulp,
    "monotone": flag,
    "symmetric": flag,
    "saturated_codes": count,
    "codes": size,
    "worst": number,
    "least": [ulp],
    "greatest": [ulp],
}

LAYER = {
    "name": text,
    "cell": text,
    "reads": text,
    "gates": [text],
    "inputs": size,
    "units": size,
    "macs_per_step": count,
    "parallel": size,
    "columns": size,
    "interval": size,
    "groups": size,
    "lanes": size,
    "multipliers": {"lanes": size, "cell": count},
    "latency": count,
    "cycles_per_step": positive,
    "open_share": share,
    "utilisation": share,
    "bits": {"weight": size, "column": size, "accumulator": size},
    "memories": Each({"words": size, "bits": size}, needs=("weights", "bias", "x", "output")),
    "formats": Each(fmt, needs=("x",)),
    "tables": Each(TABLE),
    "pipeline": [
        {"operation": text, "value": text, "unit": text, "start": integer, "end": integer},
        ...,
    ],
}

STEP = {
    "accepted": (count, count),
    "groups": [(count, count, size)],
    "outputs": (count, count),
}

MANIFEST = {
    "name": text,
    "generator": Each(text),
    "device": Maybe(text),
    "inputs": size,
    "outputs": size,
    "many_to_one": flag,
    "classify": flag,
    "input": {"elements": size, "format": fmt, "slot": size},
    "stamp": Maybe({"format": fmt, "width": size}),
    "output": {"format": fmt, "slot": size},
    "ports": [{"name": text, "direction": text, "width": size}],
    "taps": Each({"signals": Each({"delay": integer})}),
    "cycles": {"step": positive, "latency": size},
    "multipliers": size,
    "memory_bits": count,
    "layers": [LAYER],
    "timeline": Each([STEP]),
    "waveform": {"steps": size, "inputs": [count], "outputs": [count]},
}

QUANTISATION = {
    "sequences": size,
    "steps": size,
    "signals": [
        {
            "signal": text,
            "quantiles": (number,) * 7,
            "saturated": count,
            "values": size,
            "harmless": count,
            "sqnr_db": Maybe(number),
            "format": fmt,
            "lo": number,
            "hi": number,
        }
    ],
    "error": Each([(number, number)]),
    "accuracy": Maybe((share, share)),
    "rounding": Each(text),
    "warnings": [text, ...],
    "confusion": Maybe(([[count]], [[count]])),
}

RUN = {
    "what": text,
    "simulator": text,
    "version": text,
    "read": text,
    "sequences": count,
    "outputs": count,
    "compared": count,
    "cycles": count,
    "cycles_as_predicted": Maybe(flag),
    "idle": share,
    "backpressure": share,
    "seed": integer,
    "accuracy": Maybe({"float": share, "hardware": share}),
}

RESULT = {
    "device": text,
    **dict.fromkeys(("lut", "ff", "dsp", "block_ram", "lutram", "spram", "lut_sites"), count),
    "fits": flag,
    "excess": [text, ...],
    "routes": [{"seed": integer, "mhz": positive, "path": text, "in_harness": flag}, ...],
    "median_mhz": Maybe(positive),
    "fmax_mhz": Maybe(positive),
    "caveats": [text, ...],
    "warnings": [text, ...],
    "tools": Each(text),
    "commands": [text, ...],
}

FORMS = {
    "manifest.json": MANIFEST,
    "quantisation.json": QUANTISATION,
    "verification.json": [RUN, ...],
    "synthesis.json": [RESULT, ...],
}


@dataclass(frozen=True)
class Build:
    """What is known of a build.

    Attributes
    ----------
    manifest : dict
    quantisation : dict or None
    verification, synthesis : list of dict
        Empty where nothing was run.
    """

    manifest: dict
    quantisation: dict | None
    verification: list[dict]
    synthesis: list[dict]

    @property
    def name(self) -> str:
        return self.manifest["name"]

    @property
    def layers(self) -> list[dict]:
        return self.manifest["layers"]

    @property
    def pace(self) -> dict:
        """The layer that sets the cycles of a step."""
        every = [layer for layer in self.layers if not after_last(self.layers, layer)]
        return max(every or self.layers, key=lambda layer: layer["cycles_per_step"])


def after_last(layers: list[dict], layer: dict) -> bool:
    """True if the layer sees one step of a sequence only."""
    return any(one["reads"] == "last" for one in layers[: layers.index(layer) + 1])


def load(folder: Path) -> Build:
    """Read and check the files.

    Raises
    ------
    HwlstmError
        If the folder is no build, or a file does not have its form; names file and key.
    """
    content = {}
    for name, form in FORMS.items():
        content[name] = read(folder, name)
        if content[name] is not None:
            check(content[name], form, "", str(folder / name))
    manifest, quantisation, verification, synthesis = content.values()
    check_input(manifest, str(folder / "manifest.json"))
    check_layers(manifest, str(folder / "manifest.json"))
    if quantisation:
        check_signals(quantisation, manifest, str(folder / "quantisation.json"))
    return Build(manifest, quantisation, verification or [], synthesis or [])


def check_input(manifest: dict, where: str) -> None:
    """A conversion of x, where there is one, has both its lines, a number for each input."""
    if manifest["input"].keys() & {"offset", "scale"}:
        line = (number,) * manifest["inputs"]
        check(manifest["input"], {"offset": line, "scale": line}, "input", where)


def check_layers(manifest: dict, where: str) -> None:
    """What a form cannot say: layers agree with the timeline, operations end after they start,
    no error lies below the least or above the greatest of its place."""
    for k, layer in enumerate(manifest["layers"]):
        check(manifest["timeline"], {layer["name"]: [STEP]}, "timeline", where)
        for n, op in enumerate(layer["pipeline"]):
            key, later = f"layers[{k}].pipeline[{n}].end", op["end"] > op["start"]
            demand(later, f"above the start, {op['start']}", op["end"], key, where)
        for name, table in layer["tables"].items():
            check_errors(table, f"layers[{k}].tables.{name}", where)


def check_errors(table: dict, key: str, where: str) -> None:
    least, greatest, codes = table["least"], table["greatest"], table["codes"]
    parts = min(MOST_PARTS, codes)
    demand(len(least) <= parts, f"at most {parts} numbers", len(least), f"{key}.least", where)
    check(greatest, (ulp,) * len(least), f"{key}.greatest", where)
    worst, source = table["worst"], Format.parse(table["input"])
    demand(source.holds(worst, worst), f"a number of {source}", worst, f"{key}.worst", where)
    for n, (low, high) in enumerate(zip(least, greatest, strict=True)):
        demand(low <= high, f"at least {low}", high, f"{key}.greatest[{n}]", where)


def check_signals(quantisation: dict, manifest: dict, where: str) -> None:
    names = [layer["name"] for layer in manifest["layers"]]
    contract = f"a signal of {', '.join(names)}"
    keys = {f"signals[{k}].signal": s["signal"] for k, s in enumerate(quantisation["signals"])}
    for key, signal in [*keys.items(), *(("error", state) for state in quantisation["error"])]:
        demand(signal.partition(".")[0] in names, contract, signal, key, where)
