"""A node of the graph, with its attributes decoded and its name for messages."""

from functools import cached_property

import numpy as np

from ...errors import UnsupportedModel
from .file import import_onnx

__all__ = ["Node"]


class Node:
    """One operation.

    Attributes
    ----------
    op : str
        The operator.
    title, where : str
        What messages call it, without and with the file.
    inputs, outputs : list of str
        Names of tensors; "" where an optional one is absent.
    """

    def __init__(self, proto, file: str):
        self.proto, self.op = proto, proto.op_type
        named = repr(proto.name) if proto.name else f"giving {next(iter(proto.output), '')!r}"
        self.title = f"{self.op} {named}"
        self.where = f"{file}: {self.title}"
        self.inputs, self.outputs = list(proto.input), list(proto.output)

    @cached_property
    def attributes(self) -> dict:
        get = import_onnx().helper.get_attribute_value
        return {entry.name: decoded(get(entry)) for entry in self.proto.attribute}

    @staticmethod
    def array(tensor) -> np.ndarray:
        """The array of an attribute that is a tensor."""
        return import_onnx().numpy_helper.to_array(tensor)

    def refuse(self, attribute: str, value: object, hint: str = "") -> UnsupportedModel:
        return UnsupportedModel(self.where, attribute, value, hint)


def decoded(value):
    """Bytes as text, also in lists."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return [decoded(item) for item in value] if isinstance(value, (list, tuple)) else value
