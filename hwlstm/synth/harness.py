"""A core with many ports behind three pins, so that it can be placed, routed and timed.

A shift register holds every input, so that the paths from the inputs are timed. Every output is
registered, then folded into a second shift register, one LUT deep: the harness is never the
slowest part of a core worth measuring. The end of the first register feeds the second: no bit of
either can be optimised away.
"""

from collections.abc import Mapping

__all__ = ["CORE", "HARNESS", "harness"]

HARNESS = "hwlstm_harness"
CORE = "core"


def harness(top: str, ports: Mapping[str, tuple[str, int]], clock: str) -> str:
    """Verilog of the harness around module `top`, and `top` itself as a black box.

    Parameters
    ----------
    ports : mapping
        Name -> (direction, width), as :class:`hwlstm.synth.resources.Netlist` has them.
    clock : str
        The one clock input.

    Raises
    ------
    ValueError
        No such clock, a bidirectional port, or no outputs.
    """
    _check(top, ports, clock)
    inputs = {n: w for n, (way, w) in ports.items() if way == "input" and n != clock}
    outputs = {n: w for n, (way, w) in ports.items() if way == "output"}
    fed, caught = max(sum(inputs.values()), 1), sum(outputs.values())
    lines = [
        f"(* blackbox *) module {top}({', '.join(_declared(n, *p) for n, p in ports.items())});",
        "endmodule",
        "",
        f"module {HARNESS}(input clk, input i, output o);",
        f"  reg [{fed}:0] feed;",
        f"  wire [{caught - 1}:0] out;",
        f"  reg [{caught - 1}:0] held;",
        f"  reg [{caught}:0] fold;",
        "  always @(posedge clk) begin",
        f"    feed <= {{feed[{fed - 1}:0], i}};",
        "    held <= out;",
        f"    fold <= {{fold[{caught - 1}:0] ^ held, feed[{fed}]}};",
        "  end",
        f"  assign o = fold[{caught}];",
        f"  {top} {CORE} (",
        ",\n".join([_connected(clock, "clk"), *_slices(inputs, "feed"), *_slices(outputs, "out")]),
        "  );",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def _check(top: str, ports: Mapping[str, tuple[str, int]], clock: str) -> None:
    if ports.get(clock) != ("input", 1):
        raise ValueError(f"Clock must be an input of {top} of one bit, not {clock!r}")
    for name, (way, _) in ports.items():
        if way not in ("input", "output"):
            raise ValueError(f"Port {name} of {top} must be an input or an output, not {way!r}")
    if not any(way == "output" for way, _ in ports.values()):
        raise ValueError(f"Module {top} must have an output to be measured, not {list(ports)!r}")


def _declared(name: str, way: str, width: int) -> str:
    return f"{way} [{width - 1}:0] \\{name} "


def _connected(name: str, what: str) -> str:
    # An escaped identifier, ended by a space, takes any name that a generator may have chosen.
    return f"    .\\{name} ({what})"


def _slices(widths: Mapping[str, int], source: str):
    low = 0
    for name, width in widths.items():
        yield _connected(name, f"{source}[{low + width - 1}:{low}]")
        low += width
