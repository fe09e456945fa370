"""One cell in Markdown: what it is, its equations, its gates, what it costs."""

import inspect
import textwrap

from ..cells import Cell
from ..plan.timing import TIMED_STEPS
from .cell_cost import OPEN_RATIO, CellCost
from .equations import equations, parameter_formula, source
from .markdown import fenced, table
from .words import TIMES, count, join, number, plural

__all__ = ["overview", "section"]

WIDTH = 100

INSTEAD = {
    "NP": "No peepholes (Greff 2017): Traditional under another name.",
    "NFG-1997": (
        "The LSTM of 1997 (Hochreiter & Schmidhuber 1997): no forget gate, no peepholes, and\n"
        "2 tanh(a / 2) = 4 sigmoid(a) - 2 and tanh(c / 2) = 2 sigmoid(c) - 1 as squashings:\n"
        '`NFG(peepholes="", activations=SQUASHINGS_1997)`.'
    ),
}
"""What is said of a bundled cell whose class has another name, in place of its docstring."""


def overview(costs: list[CellCost], *, linked: bool) -> str:
    """The table of all cells.

    Parameters
    ----------
    linked : bool
        Names lead to their sections.
    """
    columns = (
        *("cell", "parameters", "here", "lanes", "multipliers", "activations", "products"),
        *("backward", "L", "cycles a step", "weight memory"),
    )
    return table(columns, [overview_row(cost, linked) for cost in costs], numbers="ll" + 9 * "r")


def overview_row(cost: CellCost, linked: bool) -> tuple:
    name = f"[{cost.name}](#{cost.name.lower()})" if linked else cost.name
    back = cost.backward_products
    return (
        name,
        parameter_formula(cost.cell),
        count(cost.parameters),
        cost.lanes,
        cost.engine.multipliers,
        cost.activations,
        cost.products,
        "none" if back is None else back,
        cost.engine.latency,
        number(float(cost.cycles), 4),
        f"{count(cost.weight_bits)} bits",
    )


def section(cost: CellCost, picture: str) -> list[str]:
    """The paragraphs of a cell.

    Parameters
    ----------
    picture : str
        Its pipeline, as Markdown; empty if it has none.
    """
    return [
        f"## {cost.name}",
        introduction(cost),
        fenced(source(cost.cell), "python") if source(cost.cell) else "",
        *traced(cost.cell),
        gates(cost),
        states(cost),
        picture,
        costs_table(cost),
        f"No backward step: {cost.no_backward}" if cost.no_backward else "",
    ]


def introduction(cost: CellCost) -> str:
    """What it is, with its source."""
    own = inspect.cleandoc(type(cost.cell).__doc__ or "")
    return INSTEAD.get(cost.name, own)


def traced(cell: Cell) -> list[str]:
    """The equations as traced, where the class does not show them as they are."""
    own = type(cell)
    whole = "step" in vars(own) and cell.peepholes == own.peepholes and not cell.activations
    if whole and source(cell):
        return []
    return ["What is built of it:", fenced("\n".join(equations(cell.graph)), "text")]


def gates(cost: CellCost) -> str:
    """What the rows of each gate multiply, and where."""
    cell, lanes = cost.cell, cost.engine.lane_gates
    sizes = {source: cost.engine.layer.size(source) for source in cell.source_names}
    rows = []
    for gate in cell.gate_names:
        used = cell.sources(gate)
        function, _ = cell.graph.activations.get(gate, ("", ""))
        rows.append(
            (
                gate,
                ", ".join(used),
                f"{' + '.join(str(sizes[source]) for source in used)}",
                1 + next(k for k, each in enumerate(lanes) if gate in each),
                f"p.{gate}" if gate in cell.peephole_names else "",
                function,
            )
        )
    return table(
        ("gate", "its rows multiply", "columns", "lane", "peephole", "activation"),
        rows,
        numbers="llrrll",
    )


def states(cost: CellCost) -> str:
    """What outlives a step, and what time does to it."""
    cell = cost.cell
    text = f"States: {join([f'{cell.states[0]} (leaves the layer)', *cell.states[1:]])}."
    if cell.parameter_names:
        text += f" Parameters, one number a unit each: {join(cell.parameter_names)}."
    if cell.timed:
        text += " Time: phi, rate = 2 / open ratio and leak of the unit; here open ratio "
        text += f"{OPEN_RATIO:g} and leak 0."
    if cell.hold:
        text += f" Where {cell.hold} is 0 every state stays, and the rows of a group of units "
        text += "that are all closed are not multiplied."
    return textwrap.fill(text, WIDTH)


def costs_table(cost: CellCost) -> str:
    engine, back = cost.engine, cost.backward_products
    words, bits = engine.memories["weights"]
    functions = [f"{name} {f}" for name, (f, _) in cost.cell.graph.activations.items()]
    inner = engine.schedule.multipliers
    rows = [
        ("parameters", count(cost.parameters), parameter_formula(cost.cell)),
        ("lanes a unit", cost.lanes, lane_words(cost)),
        ("activations", cost.activations, ", ".join(functions)),
        ("products", cost.products, "of a step of a unit, behind the lanes"),
        (
            "products, backward",
            "none" if back is None else back,
            "see below" if back is None else "of its derivative",
        ),
        (
            "multipliers",
            engine.multipliers,
            f"{engine.lane_multipliers} in lanes, {inner} in the cell pipeline: "
            f"{cost.products} for products, {inner - cost.products} in activation units",
        ),
        ("L", plural(engine.latency, "cycle"), ""),
        ("cycles a step", number(float(cost.cycles), 4), cycle_words(cost)),
        ("weight memory", plural(words * bits, "bit"), f"{count(words)} words {TIMES} {bits} bits"),
    ]
    return table(("cost", "", ""), rows, numbers="lrl")


def lane_words(cost: CellCost) -> str:
    turns = [join(gates) for gates in cost.engine.lane_gates if len(gates) > 1]
    return "; ".join(["a gate each", *(f"{each} take turns on one" for each in turns)])


def cycle_words(cost: CellCost) -> str:
    """Where the cycles of a step come from."""
    engine = cost.engine
    most = f"{plural(engine.groups, 'group')} {TIMES} {plural(engine.group_beats, 'column')}"
    if engine.time_gate:
        return f"mean of {TIMED_STEPS} steps; of {engine.depth} = {most}, closed groups are skipped"
    wait = cost.cycles - engine.depth
    return most + (f", and {number(float(wait), 4)} that wait for L" if wait else "")
