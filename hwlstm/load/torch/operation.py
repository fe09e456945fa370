"""A node of an exported graph, with its name for messages."""

import re
from pathlib import Path

import torch

from ...errors import UnsupportedModel

__all__ = ["Operation"]

FRAME = re.compile(r'File "([^"]+)", line (\d+)')
OWN = str(Path(torch.__file__).parent)


class Operation:
    """One operation.

    Attributes
    ----------
    name : str
        The operator without its overload, aten.slice.
    where : str
        What messages call it: with the module's class, and the line that asks for it.
    result : object
        What it gives, as the exporter saw it: fake tensors and sizes.
    """

    def __init__(self, node, owner: str):
        self.node, self.owner = node, owner
        target = getattr(node.target, "overloadpacket", node.target)
        self.name = getattr(target, "__name__", str(target))
        if isinstance(node.target, torch._ops.OpOverload):
            self.name = str(target)
        if node.target is torch.ops.hwlstm.recurrent.default:
            self.name = f"aten.{node.args[0]}"
        self.result = node.meta.get("val")

    @property
    def where(self) -> str:
        return f"{self.owner}: {self.name}{self.line}"

    @property
    def line(self) -> str:
        """Where the user's source asks for it, as far as the exporter says."""
        frames = FRAME.findall(self.node.meta.get("stack_trace") or "")
        own = [frame for frame in frames if not frame[0].startswith(OWN)]
        return f" ({Path(own[-1][0]).name}:{own[-1][1]})" if own else ""

    @property
    def module(self) -> str:
        """The path of the module that it belongs to."""
        stack = list((self.node.meta.get("nn_module_stack") or {}).values())
        return stack[-1][0] if stack else ""

    def refuse(self, attribute: str, value: object, hint: str = "") -> UnsupportedModel:
        return UnsupportedModel(self.where, attribute, value, hint)
