"""hwlstm cells: a page of bundled and own cells, and mistakes in one line that write nothing."""

import json

import pytest

from hwlstm.cli import main
from hwlstm.load.cell import BUNDLED, cell_name, load_cell

OWN = """\
from hwlstm.cells import Cell, State, Vanilla, sigmoid, tanh


class Leaky(Cell):
    \"\"\"A cell of one gate and a half.\"\"\"

    gates = "g i"

    def step(self, z, p, prev):
        i = sigmoid(z.i)
        return State(h=i * tanh(z.g) + (1 - i) * prev.h)


class Raw(Leaky):
    def step(self, z, p, prev):
        i = sigmoid(z.i)
        return State(h=i * z.g)


class Misspelt(Leaky):
    def step(self, z, p, prev):
        return State(h=tanh(z.g) * sigmoid(z.input))


class Given(Leaky):
    def __init__(self, size):
        super().__init__()


class Offered(Leaky):
    def __init__(self):
        super().__init__(peepholes="g")


class Deaf(Leaky):
    columns = {"g": "h", "i": "h"}


half = Vanilla(peepholes="o")
number = 3
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The work directory, with a user's own cells in it."""
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "ends.py").write_text("raise SystemExit(3)")
    (tmp_path / "open.py").write_text("class Mine(")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_own_cell_on_the_terminal(folder, capsys):
    assert main(["cells", "own.py:Leaky"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "# Cells"
    assert lines[lines.index("## Leaky") + 2] == "A cell of one gate and a half."
    assert "        return State(h=i * tanh(z.g) + (1 - i) * prev.h)" in lines
    assert "| g    | x, h              |  8 + 32 |    1 |          | tanh       |" in lines
    assert any(line.strip().startswith("tanh unit ") for line in lines)
    assert "![" not in "\n".join(lines)
    assert sorted(each.name for each in folder.iterdir()) == ["ends.py", "open.py", "own.py"]


def test_cells_side_by_side_in_a_file(folder, capsys):
    arguments = ["cells", "rnn", "own.py:half", "--out", "page.md", "--json", "numbers.json"]
    assert main(arguments) == 0

    assert capsys.readouterr().out == "page.md: RNN, half; 2 SVG\n"
    page = (folder / "page.md").read_text()
    assert "| [RNN](#rnn)   | H(I + H + 1)      |" in page
    assert "| [half](#half) | 4H(I + H + 1) + H |" in page
    for name in ("RNN", "half"):
        assert f"![Cell pipeline of {name}](images/cells/{name}.svg)" in page
        assert f"Cell pipeline of {name}<" in (folder / f"images/cells/{name}.svg").read_text()
    numbers = json.loads((folder / "numbers.json").read_text())["cells"]
    assert [(it["name"], it["lanes"], it["products"]) for it in numbers] == [
        ("RNN", 1, 0),
        ("half", 4, 4),
    ]


WRONG = [
    (
        "own.py:Raw",
        "Raw: a factor of mul(sigmoid(z.i), z.g) is a raw accumulator; give it a name with "
        "narrow(...); in line 17: return State(h=i * z.g)",
    ),
    (
        "rnn own.py:Misspelt",
        "Misspelt: z.input is not declared; declared are: g, i; in line 22: "
        "return State(h=tanh(z.g) * sigmoid(z.input))",
    ),
    (
        "own.py:Given",
        "own.py:Given failed: TypeError: Given.__init__() missing 1 required positional argument: "
        "'size'",
    ),
    ("own.py:Offered", "Offered has no peephole 'g'; it offers []"),
    ("own.py:Deaf", "recurrent: a gate of Deaf must multiply x"),
    ("own.py:number", "own.py must hold a cell number"),
    ("own.py:none", "own.py must hold a cell none"),
    ("own.py", "Cell of a file must be written FILE.py:NAME, not 'own.py'"),
    (":Leaky", f"Cell must be FILE.py:NAME or one of {', '.join(BUNDLED)}, not ':Leaky'"),
    ("blstm", f"Cell must be FILE.py:NAME or one of {', '.join(BUNDLED)}, not 'blstm'"),
    ("none.py:Mine", "none.py does not exist"),
    ("ends.py:Mine", "ends.py failed: SystemExit: 3"),
    ("rnn own.py:Leaky RNN", "Cells of a page must have different names, not RNN, Leaky, RNN"),
    ("rnn --out none/page.md", "none/page.md must be a file in an existing folder"),
    ("rnn --json page.md", "page.md must not be named twice as a file to write"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_mistake_is_one_line_and_writes_nothing(arguments, message, folder, capsys):
    before = sorted(folder.rglob("*"))

    assert main(["cells", "--out", "page.md", *arguments.split(), "--quiet"]) == 2

    printed = capsys.readouterr()
    assert printed.err == f"hwlstm cells: {message}\n"
    assert printed.out == ""
    assert sorted(folder.rglob("*")) == before


def test_a_file_that_is_no_python_is_told_in_its_words(folder, capsys):
    assert main(["cells", "open.py:Mine"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hwlstm cells: open.py failed: SyntaxError: ")


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_cells_are_known_in_any_case(name):
    found = [load_cell(each) for each in (name, name.lower(), name.upper())]

    assert len({repr(cell.graph.outputs) for cell in found}) == 1
    assert len({id(cell) for cell in found}) == 3


def test_an_edited_file_is_quoted_as_it_is_now(folder, capsys):
    assert main(["cells", "own.py:Raw"]) == 2
    (folder / "own.py").write_text(OWN.replace("h=i * z.g", "h=z.g * i"))
    assert main(["cells", "own.py:Raw"]) == 2

    before, after = capsys.readouterr().err.splitlines()
    assert before.endswith("in line 17: return State(h=i * z.g)")
    assert after.endswith("in line 17: return State(h=z.g * i)")


@pytest.mark.parametrize(
    ("text", "name"),
    [("lstm", "Traditional"), ("LSTM", "Traditional"), ("peephole", "Vanilla"), ("gru", "GRU")],
)
def test_cells_are_known_by_their_usual_names(text, name):
    assert cell_name(text) == name
    assert load_cell(text).name == load_cell(name).name
