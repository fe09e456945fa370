"""Rows of the tables: formats, activations, memories, what a device gives."""

from markupsafe import Markup

from ..devices import DEVICES
from ..fixed import Format
from .activation import activation_chart
from .charts import range_plot, share_bar
from .source import Build
from .speed import Speed
from .words import count, number, plural, real_range

__all__ = ["activation_rows", "device_rows", "format_rows", "memory_rows", "saturating"]


def format_rows(build: Build, layer: dict, offset: int) -> list[dict]:
    """Every signal of a layer, measured where it was.

    Parameters
    ----------
    offset : int
        Pictures on the page before these, for the ids.
    """
    measured = {s["signal"]: s for s in (build.quantisation or {"signals": []})["signals"]}
    names = list(layer["formats"])
    names.sort(key=lambda name: f"{layer['name']}.{name}" not in measured)
    rows = []
    for k, name in enumerate(names):
        row = {"name": name, "format": layer["formats"][name]}
        row |= {"holds": real_range(row["format"]), "bits": Format.parse(row["format"]).width}
        if signal := measured.get(f"{layer['name']}.{name}"):
            row |= measured_row(signal, offset + k)
        elif name == "x" and layer is not build.layers[0]:
            before = build.layers[build.layers.index(layer) - 1]["name"]
            row["remark"] = f"the output of {before}"
        rows.append(row)
    return rows


def measured_row(signal: dict, number_on_page: int) -> dict:
    q, sqnr = signal["quantiles"], signal["sqnr_db"]
    return {
        "plot": range_plot(signal, number_on_page).markup(),
        "seen": f"{number(q[0])} … {number(q[-1])}",
        "saturated": signal["saturated"],
        "lost": signal["saturated"] - signal["harmless"],
        "values": signal["values"],
        "sqnr": "exact" if sqnr is None else number(sqnr),
    }


def saturating(build: Build) -> list[dict]:
    """Signals that lose something by it."""
    measured = (build.quantisation or {"signals": []})["signals"]
    return [s for s in measured if s["saturated"] > s["harmless"]]


def activation_rows(build: Build) -> list[dict]:
    """Activations with their pictures; those that are alike in one row."""
    alike: list[tuple[dict, list[str]]] = []
    for layer in build.layers:
        for name, table in layer["tables"].items():
            names = next((names for other, names in alike if other == table), None)
            if names is None:
                alike.append((table, names := []))
            names.append(f"{layer['name']}.{name}")
    return [
        {
            **table,
            "names": ", ".join(names),
            "chart": activation_chart(table, f"activation-{k}").markup(),
        }
        for k, (table, names) in enumerate(alike)
    ]


def memory_rows(layer: dict, number_on_page: int) -> list[dict]:
    total = sum(m["words"] * m["bits"] for m in layer["memories"].values())
    rows = []
    for k, (name, memory) in enumerate(layer["memories"].items()):
        bits = memory["words"] * memory["bits"]
        title = f"Share of {name} in the memory bits of {layer['name']}"
        bar = share_bar(bits / total, name=f"memory-{number_on_page}-{k}", title=title)
        rows.append(
            {
                "name": name,
                "role": role(name),
                **memory,
                "total": bits,
                "share": bits / total,
                "bar": bar.markup(),
            }
        )
    return rows


def role(name: str) -> str:
    """What a memory holds."""
    fixed = {
        "weights": "one word a beat: the weights of all lanes",
        "bias": "biases of all gates, a word a unit",
        "x": "two steps of input: one multiplied, one filled",
        "output": "queue in front of the consumer",
    }
    if name in fixed:
        return fixed[name]
    for start, text in (
        ("p_", "peephole weights"),
        ("parameter_", "parameter of the cell"),
        ("time_", "open ratio or leak of every unit"),
        ("gate_phase", "phase of every unit"),
        ("gate_slots", "phases on their way to the cell pipeline"),
        ("gate_groups", "which groups are open"),
        ("gate_", "time gate, a constant a unit"),
        ("prev_", "state of the step before, and the initial state"),
        ("table_", "activation table"),
    ):
        if name.startswith(start):
            return text
    return "state as columns: step before, next step, initial"


USES = (
    ("LUT sites", "lut_sites", "luts"),
    ("Registers", "ff", "ffs"),
    ("Multipliers", "dsp", "multipliers"),
    ("Block RAMs", "block_ram", "block_rams"),
)


def device_rows(build: Build, result: dict, number_on_page: int) -> dict:
    """A device: what is used of what it has, and the times at its clock."""
    device = DEVICES.get(result["device"])
    uses = []
    for k, (label, key, capacity) in enumerate(USES):
        have = getattr(device, capacity) if device else None
        uses.append({"label": label, "used": result[key], "have": have, "bar": Markup("")})
        if have:
            uses[-1] |= filled(result, label, key, have, f"device-{number_on_page}-{k}")
    extra = [f"{count(result['lut'])} hold logic, the others carry chains and memory"]
    if result["spram"]:
        extra.append(plural(result["spram"], "single-port RAM"))
    fmax = result["fmax_mhz"]
    speed = Speed.of(build, fmax) if fmax else None
    return {**result, "uses": uses, "extra": ", ".join(extra), "speed": speed}


def filled(result: dict, label: str, key: str, have: int, name: str) -> dict:
    share = result[key] / have
    title = f"{label} used of {result['device']}"
    bar = share_bar(share, name=name, title=title, css="over" if share > 1 else "")
    return {"share": share, "bar": bar.markup()}
