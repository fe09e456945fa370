"""A cell as its traced graph, without its class: what a file can hold of a user's own cell."""

from collections.abc import Mapping
from typing import Any

from .cell import Cell
from .graph import Graph

__all__ = ["StoredCell", "described"]

DECLARED = ("gates", "peepholes", "parameters", "remembered", "timed", "hold")


class StoredCell(Cell):
    """The cell that `described` described: the same graph, node for node."""

    def __init__(self, description: Mapping[str, Any]):
        self.called = description["name"]
        self.activations = {}
        for attribute in DECLARED:
            setattr(self, attribute, description[attribute])
        self.columns = dict(description["columns"])
        self.graph = graph_of(description["graph"])

    @property
    def name(self) -> str:
        return self.called


def described(cell: Cell) -> dict[str, Any]:
    """What a cell is: its declarations, and its graph as lists; operands by their index.

    Attributes of nodes are as they are: names, Fractions, Functions.
    """
    graph = cell.graph
    return {
        "name": cell.name,
        **{attribute: getattr(cell, attribute) for attribute in DECLARED},
        "columns": dict(cell.columns),
        "graph": {
            "nodes": [
                {"op": node.op, "of": [arg.index for arg in node.args], "attr": node.attr}
                for node in graph.nodes
            ],
            "outputs": {name: node.index for name, node in graph.outputs.items()},
            "names": {name: node.index for node, name in graph.names.items()},
        },
    }


def graph_of(description: Mapping[str, Any]) -> Graph:
    graph = Graph()
    for entry in description["nodes"]:
        operands = (graph.nodes[index] for index in entry["of"])
        graph.make(entry["op"], *operands, attr=entry["attr"])
    graph.outputs = {name: graph.nodes[index] for name, index in description["outputs"].items()}
    graph.names = {graph.nodes[index]: name for name, index in description["names"].items()}
    return graph
