"""ONNX files."""

from .load import load_onnx

__all__ = ["load_onnx"]
