"""hwlstm synth: area, and routed clock where there is an open tool."""

from pathlib import Path

from ..build.record import read, record_synthesis
from ..build.seal import changed
from ..report import report
from ..synth.synth import synth
from .arguments import device_name, integer, number
from .progress import progress
from .words import describe_synthesis

__all__ = ["add", "run"]


def add(commands):
    it = commands.add_parser(
        "synth",
        help="area, and routed clock where there is an open tool",
        description="Synthesise a build with yosys; place and route it with nextpnr.",
    )
    it.add_argument("build", type=Path, help="a folder written by hwlstm build")
    it.add_argument(
        "--device", type=device_name, help="the device that was planned for, unless given"
    )
    it.add_argument("--seeds", type=integer(0), nargs="+", default=[1], help="of place and route")
    it.add_argument("--clock", type=number(above=0), metavar="MHZ", help="clock to ask for")
    it.add_argument("--no-place", action="store_true", help="synthesis only")
    return it


def run(options) -> dict:
    manifest = read(options.build, "manifest.json")
    device = options.device or manifest["device"]
    if device is None:
        raise ValueError("The build was planned for no device; give one with --device")
    with progress(2 + len(options.seeds), quiet=options.quiet) as tell:
        result = synth(
            options.build / f"{manifest['name']}.v",
            manifest["name"],
            device,
            options.build / "synth" / device,
            clock_mhz=options.clock,
            seeds=options.seeds,
            place=not options.no_place,
            progress=tell,
        )
        record_synthesis(options.build, result)
        report(options.build)
    print(f"{options.build}: {describe_synthesis(result)}")
    for caveat in result.caveats:
        print(f"  {caveat}")
    edited = changed(options.build)
    if edited:
        print(f"  changed since it was built: {', '.join(edited)}")
    return {**result.to_dict(), "changed": edited}
