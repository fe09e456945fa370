"""The interface as it is told, against the Verilog and its simulation."""

import json
import re

import numpy as np
import pytest

from hwlstm.build.interface import Interface, header
from hwlstm.build.manifest import manifest
from hwlstm.build.write import stimulus, write
from hwlstm.cells import Phased
from hwlstm.plan import plan
from hwlstm.rtl import to_verilog
from hwlstm.simulate.simulate import verify
from tests.designs import classifier, fixed
from tests.simulate.test_emitted_cells import quantised

PORT = re.compile(r"^  (input|output) (?:signed )?(?:\[(\d+):0\] )?(\w+);$", re.M)


def told(engines, *, taps=False) -> dict:
    return manifest(engines, *stimulus(engines.fixed), taps=taps)


DESIGNS = {
    "classifier": lambda: plan(classifier(), parallel=2),
    "states": lambda: plan(fixed(7, 5, bits=12), parallel=2, columns=4),
    "one": lambda: plan(fixed(1, 3), parallel=1),
    "stamped": lambda: plan(quantised(Phased(), 3, gate={"stamped": True}), parallel=2),
}


@pytest.mark.parametrize("taps", [False, True])
@pytest.mark.parametrize("name", DESIGNS)
def test_ports_are_those_of_the_verilog_and_each_has_a_meaning(name, taps):
    engines = DESIGNS[name]()
    top = to_verilog(engines, taps=taps).split(f"\nmodule {engines.name}(")[1].split("endmodule")[0]
    found = {n: (kind, int(high or 0) + 1) for kind, high, n in PORT.findall(top)}

    ports = Interface(told(engines, taps=taps)).ports

    assert {port.name: (port.direction, port.width) for port in ports} == found
    assert all(port.meaning.endswith(".") for port in ports)


def test_header_is_a_comment_and_the_body_is_as_before(tmp_path):
    engines = DESIGNS["states"]()
    text = (write(engines, tmp_path / "net") / "net.v").read_text()
    comment = header(told(engines))

    assert text == comment + to_verilog(engines)
    assert all(re.fullmatch(r"//( [ -~]{1,96})?", line) for line in comment.splitlines())
    x = engines.fixed.x
    assert f"raw = round_half_even(x * 2^{x.frac}), saturated to {x.lo}..{x.hi}" in comment


def test_beats_of_several_numbers_say_what_is_not_read():
    text = " ".join(header(told(DESIGNS["states"]())).replace("//", "").split())

    assert "4 numbers of x, the first in the lowest bits; 2 beats a step." in text
    assert "A number has 12 bits, the low ones of a slot of 16; those above are not read." in text
    assert "Not read at the end of a step: 1 slot." in text
    assert "One of the 5 numbers of a result, in order, sign-extended to 16 bits" in text


def test_time_stamps_are_told_with_their_bits():
    content = told(DESIGNS["stamped"]())
    bits, fmt = content["stamp"]["width"], content["stamp"]["format"]

    ports = {port.name: port for port in Interface(content).ports}

    assert ports["s_axis_tuser"].width == 1 + bits
    assert ports["s_axis_tuser"].meaning.startswith("Bit 0: on the first beat of a sequence: 0")
    assert f"Bits {bits} to 1, on the first beat of each step: its time stamp, {fmt}." in (
        ports["s_axis_tuser"].meaning
    )


def test_the_port_error_is_explained_where_a_core_has_it():
    content = told(DESIGNS["one"]())
    content["ports"] = [{"name": "error", "direction": "output", "width": 1}]

    (port,) = Interface(content).ports

    assert port.meaning.startswith("High for one cycle after tlast came in the middle of a step")


@pytest.mark.parametrize("name", ["classifier", "states", "one"])
def test_waveform_is_what_the_simulation_measures(name, tmp_path, monkeypatch):
    monkeypatch.setenv("CXXFLAGS", "-O0")
    engines = DESIGNS[name]()
    wave = told(engines)["waveform"]
    x = np.zeros((wave["steps"], engines.fixed.inputs), int)
    build = write(engines, tmp_path / "net", sequences=[x], keep=[False])

    run = verify(build)

    assert run.input_cycles == wave["inputs"]
    assert run.output_cycles == wave["outputs"]
    assert json.loads((build / "manifest.json").read_text())["waveform"] == wave
