"""The cocotb bench of a build folder: it runs there without hwlstm."""

from pathlib import Path

__all__ = ["write_bench"]

_PACKAGE = Path(__file__).parents[1]
_PACKAGED = _PACKAGE / "sim"
_SIM = _PACKAGED if _PACKAGED.is_dir() else _PACKAGE.parent / "sim"
"""Of a wheel, which carries it; of a checkout."""
_FILES = (
    *(_SIM / name for name in ("bench.py", "run.py")),
    _PACKAGE / "build" / "vectors.py",
    _PACKAGE / "simulate" / "verdict.py",
)
_MAKEFILE = """\
# Simulates {name}.v on vectors.json and compares every integer with the golden model's.
# Needs Python with cocotb 2.1, and Icarus Verilog or Verilator: make SIM=verilator ARGS="--seed 7"
PYTHON ?= python3
SIM ?= icarus

test:
\t$(PYTHON) run.py --simulator $(SIM) $(ARGS)

clean:
\trm -rf sim_build __pycache__ results.json

.PHONY: test clean
"""


def write_bench(folder: Path, name: str) -> list[str]:
    """Put the bench of design `name` and its Makefile into `folder`; return the file names.

    Whoever has cocotb can then run `make` there.
    """
    for source in _FILES:
        (folder / source.name).write_text(source.read_text())
    (folder / "Makefile").write_text(_MAKEFILE.format(name=name))
    return [*(source.name for source in _FILES), "Makefile"]
