"""Synthesis of one core with yosys, and its clock with nextpnr where there is one."""

import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..devices import Device
from ..devices import device as known_device
from ..errors import HwlstmError, ToolFailed
from ..tools import Run
from .harness import harness
from .pack import Packed, pack
from .place import Placement, Route, nextpnr, place_and_route
from .resources import LATCHES, Netlist, Resources, counted, excess
from .sources import copied
from .timing import Limit, limit
from .undefined import undefined_sums
from .yosys import core_script, harness_script, version, warnings, yosys

__all__ = ["SynthReport", "synth"]

TWIN = "Synthesised from the RTLIL of the same design, since yosys failed on the Verilog."


@dataclass(frozen=True, kw_only=True)
class SynthReport(Resources):
    """What a core uses of a device and how fast it is; the resources are those of the core alone.

    Parameters
    ----------
    top, device : str
    fits : bool
    excess : tuple of str
        What does not fit, a phrase for each.
    routes : tuple of Route
        One for each seed; empty without place and route.
    median_mhz : float or None
        Median over the seeds, as nextpnr reports it; None without routes.
    fmax_mhz : float or None
        The clock to quote: the median, clipped to what the tool does not know. None without
        routes, and where paths of unknown length are not timed.
    packed : Packed or None
        What was put into blocks and adders before counting; None where yosys does that itself.
    caveats : tuple of str
        Sentences that belong beside every number here.
    warnings : tuple of str
        What yosys said of the design.
    tools : dict
        Name -> version.
    commands : tuple of str
        As run in the work directory, where the scripts and logs remain. In between the core is
        packed (:mod:`hwlstm.synth.pack`), and harness.ys joins it and its harness.
    seconds : float
        Synthesis of the core alone.
    """

    top: str
    device: str
    fits: bool
    excess: tuple[str, ...]
    routes: tuple[Route, ...]
    median_mhz: float | None
    fmax_mhz: float | None
    packed: Packed | None
    caveats: tuple[str, ...]
    warnings: tuple[str, ...]
    tools: dict[str, str]
    commands: tuple[str, ...]
    seconds: float

    def to_dict(self) -> dict:
        """Everything, ready for JSON."""
        return asdict(self)


def synth(
    verilog: Path | Sequence[Path],
    top: str,
    device: Device | str,
    out: Path,
    *,
    clock: str = "clk",
    clock_mhz: float | None = None,
    seeds: Sequence[int] = (1,),
    place: bool = True,
    place_options: Sequence[str] = (),
    timeout: float = 1800.0,
    progress: Callable[[str], None] | None = None,
) -> SynthReport:
    """Synthesise module `top` for `device`; place and route it where an open tool exists.

    Parameters
    ----------
    verilog : Path or sequence of Path
        Verilog (.v, .sv) or RTLIL (.il). Memory files named in it are found relative to it.
    out : Path
        Work directory, made if missing: scripts, logs, netlist.
    clock : str
        The clock input of `top`.
    clock_mhz : float or None
        Clock to ask of place and route; None: the device's target. By default nextpnr does its
        best whatever is asked; with ``--tmg-ripup`` it goes on until it has what is asked.
    seeds : sequence of int
        Place and route runs once for each. Where the clock matters take five: pipelined cores
        spread by 5 %, others by 15 %.
    place : bool
        False: synthesis only.
    place_options : sequence of str
        Further options for nextpnr, for example ``("--router", "router2", "--tmg-ripup")``.
    timeout : float
        Seconds for each run of a tool.
    progress : callable or None
        Called with a sentence as each stage begins or ends.

    Raises
    ------
    ValueError
        An argument, with its contract.
    HwlstmError
        The design has a latch, or yosys made a netlist known to be wrong.
    ToolFailed
        A tool is missing, failed, or took too long.
    """
    target = known_device(device)
    _check(top, clock_mhz, seeds)
    routable = place and target.routable
    if routable:
        nextpnr(target)
    tell = progress or (lambda _: None)
    work = Path(out)
    names = copied(verilog, work)

    tell(f"Synthesis of {top} for {target.name}.")
    twin = None
    try:
        core = yosys(core_script(names, top, target.family), "synth", cwd=work, timeout=timeout)
    except ToolFailed:
        # yosys 0.70 trips over its own assertion in a few designs (abc_ops_reintegrate).
        twin = _twin(verilog)
        if twin is None:
            raise
        tell(f"yosys failed on the Verilog; synthesis of {twin.name}, the same design.")
        names = copied(twin, work)
        core = yosys(core_script(names, top, target.family), "synth", cwd=work, timeout=timeout)
    name, packed = _packed(work, top, target)
    if wrong := undefined_sums(work / name, top):
        raise HwlstmError(
            f"yosys made a wrong netlist: {wrong[0]} adds a number that nobody drives; "
            "another number of columns or bits may do"
        )
    netlist = Netlist.read(work / name, top)
    used = counted(netlist, target.family)
    _refuse(top, used)
    over = excess(used, target)

    placed = None
    if routable and not over:
        (work / "harness.v").write_text(harness(top, netlist.ports, clock), encoding="utf-8")
        tell(f"Synthesis of the harness around {top}.")
        yosys(harness_script(name, top, target.family), "harness", cwd=work, timeout=timeout)
        placed = place_and_route(
            "harness.json",
            target,
            work=work,
            seeds=seeds,
            mhz=clock_mhz,
            more=place_options,
            timeout=timeout,
            progress=tell,
        )
        over = placed.excess
    known = limit(target, used, netlist)
    found = _report(top, target, core, packed, used, over, placed, known, place)
    return replace(found, caveats=(*found.caveats, TWIN)) if twin else found


def _twin(verilog: Path | Sequence[Path]) -> Path | None:
    """The RTLIL that a build has beside its one Verilog file."""
    twin = Path(verilog).with_suffix(".il") if isinstance(verilog, (str, Path)) else None
    return twin if twin and twin != Path(verilog) and twin.is_file() else None


def _packed(work: Path, top: str, device: Device) -> tuple[str, Packed | None]:
    """The netlist to count and to place; the one of yosys stays beside it."""
    if device.family != "ecp5":
        return "core.json", None
    return "packed.json", pack(work / "core.json", work / "packed.json", top)


def _report(
    top: str,
    device: Device,
    core: Run,
    packed: Packed | None,
    used: Resources,
    over: tuple[str, ...],
    placed: Placement | None,
    known: Limit,
    wanted: bool,
) -> SynthReport:
    routes = placed.routes if placed else ()
    median = statistics.median(route.mhz for route in routes) if routes else None
    return SynthReport(
        **vars(used),
        top=top,
        device=device.name,
        fits=not over,
        excess=over,
        routes=routes,
        median_mhz=median,
        fmax_mhz=_quoted(median, known),
        packed=packed,
        caveats=(*_moved(packed), *_caveats(device, known, routes, over, wanted)),
        warnings=warnings(core),
        tools={"yosys": version(core)} | ({"nextpnr": placed.version} if placed else {}),
        commands=(core.command, *(placed.commands if placed else ())),
        seconds=core.seconds,
    )


def _check(top: str, clock_mhz: float | None, seeds: Sequence[int]) -> None:
    if not re.fullmatch(r"[A-Za-z_]\w*", top):
        raise ValueError(f"Top must be a Verilog identifier, not {top!r}")
    if clock_mhz is not None and not clock_mhz > 0:
        raise ValueError(f"Clock must be a frequency in MHz above 0, not {clock_mhz!r}")
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"Seeds must be one or more different integers, not {seeds!r}")


def _refuse(top: str, used: Resources) -> None:
    if latches := [cell for cell in used.cells if LATCHES.fullmatch(cell)]:
        raise HwlstmError(f"Module {top} must have no latches, not {', '.join(latches)}")
    if unmapped := [cell for cell in used.cells if cell.startswith("$")]:
        raise HwlstmError(
            f"Module {top} must be made of cells that the device has, not {', '.join(unmapped)}"
        )


def _quoted(median: float | None, known: Limit) -> float | None:
    if median is None or not known.trusted:
        return None
    return median if known.mhz is None else min(median, known.mhz)


def _moved(packed: Packed | None) -> tuple[str, ...]:
    if packed is None or packed == Packed(0, 0, 0):
        return ()
    return (
        f"The netlist is yosys' own with {packed.block_rams} registers put into block RAMs, "
        f"{packed.multipliers} into multipliers, and {packed.adders} LUTs into adders.",
    )


def _caveats(
    device: Device, known: Limit, routes: Sequence[Route], over: Sequence[str], wanted: bool
) -> tuple[str, ...]:
    if not device.routable:
        return (f"Synthesis only: there is no open place and route for {device.family} here.",)
    if not wanted:
        return ("Synthesis only: place and route was not asked for.",)
    if over:
        return ("Not routed: it does not fit.",)
    seeds = (
        f"Median of {len(routes)} seeds."
        if len(routes) > 1
        else "One seed: another may differ by 15 %."
    )
    inside = tuple(
        f"Seed {route.seed}: the slowest path lies in the measuring harness; the core is faster."
        for route in routes
        if route.in_harness
    )
    held = tuple(
        f"Seed {route.seed}: nextpnr reports {route.hold_violations} paths that are too short."
        for route in routes
        if route.hold_violations
    )
    return (
        "Measured alone on the device, between registers of a measuring harness; a full design "
        "may be slower.",
        seeds,
        *inside,
        *held,
        *known.caveats,
    )
