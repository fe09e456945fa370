"""The page: everything that was measured, put into the template."""

from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ..build.interface import Interface
from ..devices import DEVICES
from ..errors import HwlstmError
from ..whole_file import write_whole
from . import words
from .charts import error_chart, range_legend
from .confusion import confusion_tables
from .diagram import block_diagram
from .glossary import GLOSSARY
from .head import FILES, SIMULATORS, accuracy, summary, tiles
from .pipeline import pipeline_chart, shared_parts
from .source import Build, load
from .tables import activation_rows, device_rows, format_rows, memory_rows, saturating
from .timeline import idle, law, timeline_chart
from .waveform import waveform_chart

__all__ = ["PAGE", "report"]

PAGE = "report.html"
FILTERS = (
    words.breakable,
    words.cell_words,
    words.clock,
    words.count,
    words.family_words,
    words.number,
    words.percent,
    words.plural,
    words.rate,
    words.rounding_words,
    words.seconds,
)


def report(build: str | Path) -> Path:
    """Write BUILD/report.html from the JSON files of a build folder.

    The page is self-contained, and the same files give the same bytes.

    Parameters
    ----------
    build : path
        A folder with manifest.json; quantisation.json, verification.json and synthesis.json are
        read where they exist, and the page says how to get them where they do not.

    Raises
    ------
    HwlstmError
        If the folder is no build, a file of it is malformed (names file and key), or the page
        cannot be written.
    """
    folder = Path(build)
    page = folder / PAGE
    text = rendered(load(folder))
    try:
        write_whole(page, text)
    except OSError as error:
        raise HwlstmError(f"{page} cannot be written: {error.strerror}") from None
    return page


def rendered(build: Build) -> str:
    environment = Environment(
        loader=FunctionLoader(resource),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {each.__name__: each for each in FILTERS}
    template = environment.get_template("template.html.j2")
    style = Markup(resource("drawing.css") + resource("style.css"))
    return template.render(style=style, **context(build))


def resource(name: str) -> str:
    """A text file that is part of the package."""
    return (files("hwlstm.report") / name).read_text(encoding="utf-8")


def context(build: Build) -> dict:
    """What the template shows, by name."""
    layers = [layer_context(build, k) for k in range(len(build.layers))]
    error = build.quantisation["error"] if build.quantisation else {}
    return {
        "build": build,
        "manifest": build.manifest,
        "measured": build.quantisation,
        "summary": summary(build),
        "tiles": tiles(build),
        "missing": missing(build),
        "command": command,
        "interface": Interface(build.manifest),
        "waveform": waveform_chart(build).markup(),
        "diagram": block_diagram(build).markup(),
        "layers": layers,
        "activations": activation_rows(build),
        "legend": range_legend().markup(),
        "saturating": saturating(build),
        "warnings": (build.quantisation or {"warnings": []})["warnings"],
        "errors": error_context(error),
        "confusions": confusion_tables(build),
        "glossary": GLOSSARY,
        "timeline": timeline_chart(build).markup(),
        "runs": build.verification,
        "simulators": SIMULATORS,
        "files": FILES,
        "devices": [device_rows(build, r, k) for k, r in enumerate(build.synthesis)],
    }


def layer_context(build: Build, k: int) -> dict:
    layer = build.layers[k]
    taps = build.manifest["taps"].get(layer["name"], {"signals": {}})["signals"]
    chart = pipeline_chart(layer, taps, k)
    before = 1 + sum(len(one["formats"]) for one in build.layers[:k])
    return {
        **layer,
        "chart": chart.markup() if chart else None,
        "shared": shared_parts(layer),
        "rows": format_rows(build, layer, before),
        "stores": memory_rows(layer, k),
        "law": law(layer),
        "idle": idle(layer),
        "padding": layer["memories"]["weights"]["words"]
        - layer["macs_per_step"] / layer["multipliers"]["lanes"],
    }


def error_context(error: dict) -> list[dict]:
    """A chart for every state with more than one step; the others are told in words."""
    found = []
    for k, (state, steps) in enumerate(error.items()):
        chart = error_chart(state, steps, k).markup() if len(steps) > 1 else None
        found.append({"state": state, "chart": chart, "last": steps[-1], "steps": len(steps)})
    return found


def command(build: Build, verb: str) -> str:
    """The command that would give what is missing; the page does not know where its folder lies."""
    if verb == "build":
        return "hwlstm build MODEL --data FILE"
    return f"hwlstm {verb} BUILD"


def routable(result: dict) -> bool:
    """True if place and route would give a clock that nobody asked for."""
    device = DEVICES.get(result["device"])
    return bool(device and device.routable and result["fits"] and not result["routes"])


def missing(build: Build) -> list[tuple[str, str]]:
    """(what, command) of what was not measured."""
    found = []
    if not build.verification:
        found.append(("Not simulated yet", command(build, "verify")))
    if not build.synthesis:
        found.append(("Not synthesised yet", command(build, "synth")))
    elif any(routable(result) for result in build.synthesis):
        found.append(("No time per step without place and route", command(build, "synth")))
    if build.quantisation is None:
        found.append(("Ranges and errors against float were not recorded", command(build, "build")))
    elif build.manifest["classify"] and not accuracy(build):
        found.append(("Accuracy was not measured without labels", f"{command(build, 'build')}.npz"))
    return found
