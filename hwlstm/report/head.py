"""The first thing seen: one sentence, and the numbers that matter as tiles."""

from dataclasses import dataclass

from .source import Build
from .speed import Speed
from .words import TIMES, cell_words, clock, count, join, number, percent, plural, rate, seconds

__all__ = ["Tile", "summary", "tiles"]

SIMULATORS = {
    "embedded": "embedded CXXRTL",
    "icarus": "Icarus Verilog, cocotb bench",
    "verilator": "Verilator, cocotb bench",
}
FILES = {"verilog": "emitted Verilog", "rtlil": "emitted RTLIL"}


@dataclass(frozen=True)
class Tile:
    """A number that is worth a large font.

    Attributes
    ----------
    how : str
        How it was obtained.
    css : str
        "good", "failed" or empty.
    """

    label: str
    value: str
    note: str
    how: str
    css: str = ""


def summary(build: Build) -> str:
    """The build in one sentence."""
    parts = [
        f"{article(cell_words(one['cell']))} {one['inputs']} → {one['units']}"
        for one in build.layers
    ]
    layers = join(parts) + (", then argmax," if build.manifest["classify"] else "")
    device = build.manifest["device"]
    planned = f", planned for {device}" if device else ""
    return (
        f"{layers[0].upper()}{layers[1:]} as fixed-point Verilog with "
        f"{plural(build.manifest['multipliers'], 'multiplier')} and "
        f"{count(build.manifest['memory_bits'])} bits of memory{planned}."
    )


def article(words: str) -> str:
    return f"{'an' if words.startswith(('LSTM', 'MDLSTM')) else 'a'} {words}"


def tiles(build: Build) -> list[Tile]:
    found = [*exactness(build), cycles(build), utilisation(build), *accuracy(build)]
    for result in build.synthesis:
        found.append(area(result))
        if result["fmax_mhz"]:
            found.append(speed(build, result))
    return found


def exactness(build: Build) -> list[Tile]:
    runs = build.verification
    if not runs:
        return []
    simulators = join(
        sorted({str(SIMULATORS.get(run["simulator"], run["simulator"])) for run in runs})
    )
    files = join(sorted({str(FILES.get(run["read"], run["read"])) for run in runs}))
    compared = sum(run["compared"] for run in runs)
    results = sum(run["outputs"] for run in runs)
    inner = f"{count(compared - results)} gates and states" if compared > results else ""
    what = join([f"{count(results)} numbers of results", *([inner] if inner else [])])
    note = f"{what} compared with the golden model's integers; none differs"
    note += "" if inner else " (a build with --taps also compares every gate and state)"
    how = f"measured in simulation, {plural(len(runs), 'run')} ({simulators}; {files})"
    return [Tile("Bit-exact", f"{count(compared)} equal", note, how, "good")]


def cycles(build: Build) -> Tile:
    exact = [run for run in build.verification if run["cycles_as_predicted"]]
    how = "predicted by the plan"
    if exact:
        beats = plural(sum(run["outputs"] for run in exact), "output beat")
        how += f" = measured in simulation: {beats} left in exactly the predicted cycles"
    value = number(build.manifest["cycles"]["step"], 4)
    latency = plural(build.manifest["cycles"]["latency"], "cycle")
    note = f"a sequence of one step takes {latency} from its first input to its last output"
    return Tile("Cycles per step", value, note, how)


def utilisation(build: Build) -> Tile:
    layer = build.pace
    note = (
        f"useful products of the {plural(layer['multipliers']['lanes'], 'lane multiplier')} of "
        f"{layer['name']}, the layer that sets the pace"
    )
    how = f"predicted by the plan: multiply-accumulates / (multipliers {TIMES} cycles)"
    return Tile("Multiplier utilisation", percent(layer["utilisation"]), note, how)


def accuracy(build: Build) -> list[Tile]:
    """From the simulated hardware where there is one, else from its golden model."""
    runs = [run for run in build.verification if run["accuracy"]]
    if runs:
        run = max(runs, key=lambda run: run["sequences"])
        pair = run["accuracy"]["float"], run["accuracy"]["hardware"]
        how = f"hardware measured in simulation on {plural(run['sequences'], 'sequence')}"
        how += f" ({run['what']}); float64 reference"
        return [accuracy_tile("hardware", pair, how)]
    measured = build.quantisation
    if not measured or not measured["accuracy"]:
        return []
    how = f"golden model and float64 reference on {plural(measured['sequences'], 'sequence')}"
    return [accuracy_tile("golden model", tuple(measured["accuracy"]), how)]


def accuracy_tile(what: str, pair: tuple[float, float], how: str) -> Tile:
    return Tile("Accuracy", percent(pair[1], 2), f"{what}; float {percent(pair[0], 2)}", how)


def area(result: dict) -> Tile:
    """What the device gives: its clock where there is one, else the LUTs."""
    used = [f"{count(result[key])} {name}" for key, name in RESOURCES if result[key]]
    tools = ", ".join(f"{name} {version}" for name, version in result["tools"].items())
    label, how = f"On {result['device']}", f"{tools}; caveats below"
    if not result["fits"]:
        return Tile(label, "does not fit", join(result["excess"] or used), how, "failed")
    if result["fmax_mhz"]:
        return Tile(label, clock(result["fmax_mhz"]), join(used), how)
    return Tile(label, used[0] if used else "empty", join(used[1:]), f"no clock; {how}")


RESOURCES = (
    ("lut_sites", "LUT sites"),
    ("ff", "FF"),
    ("dsp", "DSP"),
    ("block_ram", "block RAM"),
    ("spram", "SPRAM"),
)


def speed(build: Build, result: dict) -> Tile:
    known = Speed.of(build, result["fmax_mhz"])
    if known.steps and known.sequences:
        note = f"{rate(known.sequences)} inferences a second, {plural(known.steps, 'step')} each; "
    else:
        note = f"{rate(1 / known.step)} steps a second; "
    note += f"at {clock(result['fmax_mhz'])} on {result['device']}"
    return Tile("Time per step", seconds(known.step), note, "derived: cycles / clock")
