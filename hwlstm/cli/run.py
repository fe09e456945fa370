"""hwlstm run: your own data through a build, floats in and out."""

from pathlib import Path

import numpy as np

from ..build.network import load_network
from ..build.seal import check_build
from ..fixed_network import FixedNetwork
from ..load.data import Data, read_data
from ..load.file import check_file
from ..simulate.run import BACKENDS, RunResult
from ..simulate.run import run as run_build
from .arguments import one_of, suffixed
from .data import DATA
from .progress import progress
from .results import SUFFIXES, write_results

__all__ = ["add", "run"]

SHOWN = 10
"""Sequences whose outputs are printed."""


def add(commands):
    it = commands.add_parser(
        "run",
        help="your own data through a build, floats in and out",
        description="Run a build on data: print what comes out, and, if the data say what should, "
        "how good it is.",
    )
    it.add_argument("build", type=Path, help="a folder written by hwlstm build")
    it.add_argument("--data", required=True, **DATA)
    it.add_argument(
        "--simulator",
        default="golden",
        type=one_of(*BACKENDS),
        metavar="NAME",
        help="golden: the integer model, which the hardware equals bit for bit; or the emitted "
        "design in simulation (embedded, icarus, verilator), which is compared with it "
        "(%(default)s)",
    )
    it.add_argument(
        "--out",
        dest="results",
        type=suffixed(*SUFFIXES),
        metavar="FILE",
        help=f"write every output ({', '.join(SUFFIXES)})",
    )
    return it


def run(options) -> dict:
    check_build(options.build)
    check_file(options.data)
    with progress(4, quiet=options.quiet) as tell:
        tell("reading the data")
        data = read_data(options.data)
        found = run_build(
            options.build, data.x, data.time, simulator=options.simulator, progress=tell
        )
        scored = score(found, data, load_network(options.build))
    if options.results:
        write_results(options.results, found)
    for line in described(options, found, scored):
        print(line)
    simulation = found.simulation
    return {
        "build": str(options.build),
        "simulator": simulation.version if simulation else "golden model",
        "compared": simulation.compared if simulation else None,
        "saturated": found.saturated,
        "values": found.values,
        **scored,
        "outputs": [y.tolist() for y in found.outputs],
    }


def score(found: RunResult, data: Data, fixed: FixedNetwork) -> dict[str, float]:
    """Accuracy of classes, or the error's root mean square; nothing if there is no y."""
    if data.y is None:
        return {}
    if len(data.y) != len(found.outputs):
        raise ValueError(f"y must be of {len(found.outputs)} sequences, not {len(data.y)}")
    pairs = [
        matched(output, y, len(x), found.many_to_one)
        for output, y, x in zip(found.outputs, data.y, data.x, strict=True)
    ]
    outputs, wanted = (np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))
    if found.classify:
        classes = fixed.layers[-1].units
        if not np.isin(wanted, np.arange(classes)).all():
            raise ValueError(f"y must be class indices 0 to {classes - 1}")
        return {"accuracy": float((outputs == wanted).mean())}
    return {"rms_error": float(np.sqrt(np.square(outputs - wanted).mean()))}


def matched(output: np.ndarray, y, steps: int, many_to_one: bool) -> tuple[np.ndarray, np.ndarray]:
    """Outputs (steps, outputs) of a sequence and what they should be, (rows, outputs) both: of
    every step, or of the last one."""
    wanted = np.asarray(y)
    if wanted.dtype.kind not in "biuf" or not np.isfinite(wanted).all():
        raise ValueError("y must be finite numbers")
    size = output.shape[1]
    rows = wanted.reshape(-1, 1) if size == 1 else np.atleast_2d(wanted)
    if rows.shape == output.shape:
        return output, rows
    if rows.ndim == 2 and rows.shape[1] == size and len(rows) in (1, steps if many_to_one else 1):
        return output[-1:], rows[-1:]
    hint = "; for classes build with --classify" if wanted.size == 1 else ""
    raise ValueError(
        f"y of a sequence must have shape {output.shape} or ({size},), not {wanted.shape}{hint}"
    )


def described(options, found: RunResult, scored: dict) -> list[str]:
    how = "the golden model"
    if found.simulation:
        how = f"{found.simulation.version}, {found.simulation.compared} integers compared and equal"
    lines = [f"{options.build}: {len(found.outputs)} sequences through {how}"]
    for number, y in enumerate(found.outputs[:SHOWN]):
        shown = ", ".join(f"{value:g}" for value in y[-1])
        lines.append(f"  {number}: {'' if found.many_to_one else 'last step '}{shown}")
    if len(found.outputs) > SHOWN:
        lines.append(f"  and {len(found.outputs) - SHOWN} more (--out FILE writes all)")
    if "accuracy" in scored:
        lines.append(f"accuracy {scored['accuracy']:.2%}")
    if "rms_error" in scored:
        lines.append(f"rms error {scored['rms_error']:.4g}")
    if found.saturated:
        lines.append(
            f"{found.saturated} of {found.values} inputs lie outside the format of x and were "
            "clipped: is the data scaled as in training?"
        )
    return lines
