"""Write a build folder: Verilog, memories, integers, manifest, vectors, bench."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..fixed_network import FixedNetwork
from ..plan import NetworkPlan
from ..rtl import to_rtlil, to_verilog
from .bench import write_bench
from .folder import replacing
from .interface import header
from .manifest import manifest, tapped, vectors
from .network import save_network
from .seal import sealed

__all__ = ["stimulus", "write"]


def write(
    plan: NetworkPlan,
    out: str | Path,
    *,
    sequences: list[np.ndarray] | None = None,
    keep: list[bool] | None = None,
    times: list[np.ndarray] | None = None,
    taps: bool = False,
    overwrite: bool = False,
    extra: dict[str, dict] | None = None,
    finish: Callable[[Path], object] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write the design and everything that proves it to the folder `out`.

    The folder is written beside its final place, and takes it in one step when it is whole: an
    interrupted build leaves an older one as it was.

    Parameters
    ----------
    sequences, keep
        Raw test vectors (steps, inputs), and which continue the one before; `stimulus` if not
        given.
    times
        Raw time stamps (steps,) of each sequence, if the first layer reads them; random ones if
        not given.
    taps : bool
        Bring every named value of every cell out to a port, and compare it too.
    overwrite : bool
        Replace an existing build.
    extra : dict
        File name to JSON data to put beside the design.
    finish : callable
        Given the folder when all else is in it, before it takes its place: adds the report.

    Raises
    ------
    ValueError
        If the vectors do not fit the network's input.
    HwlstmError
        If `out` exists and may not be replaced, is no build folder or a changed one, is being
        built by another process, or cannot be written.
    """
    out, tell = Path(out), progress or (lambda words: None)
    if sequences is None and keep is None:
        sequences, keep = stimulus(plan.fixed)
    sequences, keep = checked(sequences, keep, plan.fixed)
    times = checked_times(times, sequences, plan.fixed)
    with replacing(out, overwrite=overwrite) as folder:
        tell("emitting Verilog")
        said = manifest(plan, sequences, keep, times, taps=taps)
        (folder / f"{plan.name}.v").write_text(header(said) + to_verilog(plan, taps=taps))
        (folder / f"{plan.name}.il").write_text(to_rtlil(plan, taps=taps))
        write_memories(plan, folder / "memories")
        tell("computing the expected values")
        save_network(plan.fixed, folder / "network.npz")
        write_bench(folder, plan.name)
        taken = tapped(plan) if taps else {}
        numbers = vectors(plan.fixed, sequences, keep, times, taps=taken)
        for name, content in {"vectors.json": numbers, **(extra or {})}.items():
            write_json(folder / name, content)
        write_json(folder / "manifest.json", sealed(said, folder))
        if finish:
            tell("writing the report")
            finish(folder)
    return out


def stimulus(fixed: FixedNetwork, seed: int = 1) -> tuple[list[np.ndarray], list[bool]]:
    """Raw test sequences: random, constant extremes, single steps, kept states."""
    rng = np.random.default_rng(seed)
    x = fixed.x
    lengths = [5, 1, 3, 8, 2, 1, 4, 6]
    keep = [False, False, True, False, True, False, True, False]
    sequences = [rng.integers(x.lo, x.hi, (n, fixed.inputs), endpoint=True) for n in lengths]
    sequences[3] = rng.choice([x.lo, 0, x.hi], size=sequences[3].shape)
    sequences[4][:] = x.hi
    sequences[6][:] = x.lo
    return sequences, keep


def checked(sequences, keep, fixed: FixedNetwork) -> tuple[list[np.ndarray], list[bool]]:
    """Test vectors as int64 arrays; refused if the hardware could not be fed with them."""
    if not sequences:
        raise ValueError(f"Sequences must be one or more arrays of raw integers, not {sequences!r}")
    keep = [False] * len(sequences) if keep is None else [bool(held) for held in keep]
    if len(keep) != len(sequences):
        raise ValueError(
            f"Keep must be one flag for each of {len(sequences)} sequences, not {len(keep)}"
        )
    if keep[0]:
        raise ValueError("Keep must begin with False: no sequence goes before the first one")
    found = []
    for number, sequence in enumerate(sequences):
        x = np.asarray(sequence)
        if x.ndim != 2 or x.shape[1] != fixed.inputs or len(x) == 0 or x.dtype.kind not in "iu":
            raise ValueError(
                f"Sequence {number} must be integers of shape (steps, {fixed.inputs}), "
                f"not {x.dtype} of shape {x.shape}"
            )
        if x.min() < fixed.x.lo or x.max() > fixed.x.hi:
            raise ValueError(
                f"Sequence {number} must lie in {fixed.x.lo} to {fixed.x.hi}, "
                f"not {x.min()} to {x.max()}"
            )
        found.append(x.astype(np.int64))
    return found, keep


def checked_times(times, sequences, fixed: FixedNetwork) -> list[np.ndarray] | None:
    """Time stamps of every sequence; random ones in ascending order if none are given."""
    stamp = fixed.stamp
    if stamp is None:
        if times is not None:
            raise ValueError("Times must not be given: no layer reads time stamps")
        return None
    if times is None:
        rng = np.random.default_rng(1)
        return [np.sort(rng.integers(0, stamp.hi, len(x), endpoint=True)) for x in sequences]
    if len(times) != len(sequences):
        raise ValueError(f"Times must be given for {len(sequences)} sequences, not {len(times)}")
    found = []
    for number, (given, x) in enumerate(zip(times, sequences, strict=True)):
        t = np.asarray(given)
        if t.shape != (len(x),) or t.dtype.kind not in "iu" or t.min() < 0 or t.max() > stamp.hi:
            raise ValueError(
                f"Times of sequence {number} must be {len(x)} integers of 0 to {stamp.hi}, "
                f"not {t.dtype} of shape {t.shape}"
            )
        found.append(t.astype(np.int64))
    return found


def write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def write_memories(plan: NetworkPlan, folder: Path) -> None:
    """The weights as the engine reads them: one line a word, hexadecimal, first weight lowest."""
    folder.mkdir()
    for engine in plan.layers:
        digits = -(-engine.lane_multipliers * engine.weight_bits // 4)
        text = "".join(f"{word:0{digits}x}\n" for word in engine.words)
        (folder / f"{engine.layer.name}_weights.hex").write_text(text)
