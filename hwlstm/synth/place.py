"""Place and route with nextpnr: one core in its harness, one seed after another."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..devices import Device
from ..errors import ToolFailed
from ..tools import Run, find, run
from .harness import CORE

__all__ = ["Placement", "Route", "nextpnr", "place_and_route"]

_TOOL = {
    "ecp5": ("nextpnr-ecp5", "nextpnr-ecp5"),
    "ice40": ("nextpnr-ice40", "nextpnr-ice40"),
    "gowin": ("nextpnr-himbaechel-gowin", "nextpnr-himbaechel"),
}

_FULL = re.compile(r"no BELs remaining|Unable to place cell|Unable to find legal placement")

_HOLD = re.compile(r"(\d+) Hold/min time violations")


@dataclass(frozen=True)
class Route:
    """One routed seed.

    Parameters
    ----------
    seed : int
    mhz : float
        The clock that the tool found after routing.
    path : str
        The slowest path, from cell to cell.
    in_harness : bool
        True if that path does not touch the core: the core is faster than `mhz`.
    hold_violations : int
        Paths that nextpnr finds too short.
    seconds : float
        How long the tool ran.
    """

    seed: int
    mhz: float
    path: str
    in_harness: bool
    hold_violations: int
    seconds: float


@dataclass(frozen=True)
class Placement:
    """What place and route found.

    Parameters
    ----------
    routes : tuple of Route
        One for each seed; empty if it did not fit.
    excess : tuple of str
        What the tool could not place; empty if it fitted.
    version : str
        Of nextpnr.
    commands : tuple of str
    """

    routes: tuple[Route, ...]
    excess: tuple[str, ...]
    version: str
    commands: tuple[str, ...]


def place_and_route(
    netlist: str,
    device: Device,
    *,
    work: Path,
    seeds: Sequence[int],
    mhz: float | None,
    more: Sequence[str],
    timeout: float,
    progress: Callable[[str], None],
) -> Placement:
    """Place and route `netlist` once for each seed.

    Parameters
    ----------
    netlist : str
        JSON from yosys, a name in `work`.
    mhz : float or None
        Clock to ask for; None: the target of the device. Missing it is no error.
    more : sequence of str
        Further options for nextpnr.
    timeout : float
        Seconds for each seed.

    Raises
    ------
    ToolFailed
        nextpnr is missing, or failed for another reason than a full device.
    """
    program = nextpnr(device)
    asked = run(program, ["--version"], cwd=work, log="nextpnr.log", timeout=timeout).check()
    constraints = _constrained(device, work)
    routes, commands = [], []
    for number, seed in enumerate(seeds, 1):
        progress(f"Place and route for {device.name}, seed {seed} ({number} of {len(seeds)}).")
        report = f"place_{seed}.json"
        options = [
            "--json",
            netlist,
            "--freq",
            f"{mhz or device.target_mhz:g}",
            "--seed",
            str(seed),
        ]
        options += ["--timing-allow-fail", "--report", report]
        arguments = [*_part(device), *constraints, *options, *more]
        done = run(program, arguments, cwd=work, log=f"place_{seed}.log", timeout=timeout)
        commands.append(done.command)
        if done.code != 0 and _FULL.search(done.text):
            return Placement((), (done.telling,), _version(asked), tuple(commands))
        routes.append(_routed(seed, done.check(), work / report))
        progress(f"Seed {seed} routed at {routes[-1].mhz:.1f} MHz.")
    return Placement(tuple(routes), (), _version(asked), tuple(commands))


def nextpnr(device: Device) -> str:
    """Path of the place and route tool for the family; :class:`ToolFailed` if it is missing."""
    wasm, native = _TOOL[device.family]
    return find(f"yowasp-{wasm}", native, extra="synth")


def _version(asked: Run) -> str:
    found = re.search(r"Version (?:nextpnr-)?([^)\s]+)", asked.text)
    return found[1] if found else "unknown"


def _part(device: Device) -> list[str]:
    match device.family:
        case "ecp5":
            return [f"--{device.die}", "--package", device.package, "--speed", device.speed]
        case "ice40":
            return [f"--{device.die}", "--package", device.package]
        case _:
            return ["--device", device.package, "--vopt", f"family={device.die}"]


def _constrained(device: Device, work: Path) -> list[str]:
    """Write the pins into `work`; the options that make nextpnr read them.

    A clock away from a clock pin fails to route now and then.
    """
    form, name, options = {
        "ecp5": ('LOCATE COMP "{}" SITE "{}";', "pins.lpf", ["--lpf-allow-unconstrained", "--lpf"]),
        "ice40": ("set_io {} {}", "pins.pcf", ["--pcf-allow-unconstrained", "--pcf"]),
        "gowin": ('IO_LOC "{}" {};', "pins.cst", ["--vopt"]),
    }[device.family]
    text = "".join(form.format(port, pin) + "\n" for port, pin in device.pins)
    (work / name).write_text(text, encoding="utf-8")
    return [*options, f"cst={name}" if device.family == "gowin" else name]


def _routed(seed: int, done: Run, report: Path) -> Route:
    """Read what nextpnr reports after routing; what it prints before is an estimate."""
    told = json.loads(report.read_text(encoding="utf-8"))
    clocks = {name: each["achieved"] for name, each in told["fmax"].items()}
    if not clocks:
        raise ToolFailed(done.command, done.code, done.log, "it timed no clock")
    slowest = min(clocks, key=lambda name: clocks[name])
    path = _path(told, f"posedge {slowest}")
    cells = [step[end]["cell"] for step in path for end in ("from", "to")]
    first, last = path[0]["from"], path[-1]["to"]
    return Route(
        seed=seed,
        mhz=clocks[slowest],
        path=f"{first['cell']}.{first['port']} to {last['cell']}.{last['port']}",
        in_harness=not any(cell.startswith(f"{CORE}.") for cell in cells),
        hold_violations=int(held[1]) if (held := _HOLD.search(done.text)) else 0,
        seconds=done.seconds,
    )


def _path(told: dict, edge: str) -> list[dict]:
    """The slowest path from `edge` to `edge`."""
    return next(p["path"] for p in told["critical_paths"] if p["from"] == p["to"] == edge)
