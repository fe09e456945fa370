"""The ONNX file: read, checked, and every tensor in memory."""

from pathlib import Path, PureWindowsPath

from ...errors import HwlstmError, UnsupportedModel

__all__ = ["BadFile", "import_onnx", "read_model"]

OLDEST_OPSET = 7


class BadFile(HwlstmError):
    """The file cannot be read as a model; the message names it and says why."""

    def __init__(self, path: Path, why: object):
        super().__init__(f"{path}: {first_line(why)}")


def first_line(text: object) -> str:
    """The first line that says something."""
    lines = [line.strip() for line in str(text).splitlines()]
    return next(filter(None, lines), "no reason given")


def import_onnx():
    """The module onnx. Raises HwlstmError if it is not installed."""
    try:
        import onnx
    except ImportError:
        raise HwlstmError("Reading ONNX needs the package onnx: pip install -e '.[onnx]'") from None
    return onnx


def read_model(path: Path):
    """Read and check a file; gives an onnx.ModelProto without external data.

    Raises
    ------
    BadFile
        It is missing, empty, cut off, no ONNX, inconsistent, or points outside its folder.
    UnsupportedModel
        It is of an operator set that is not known.
    """
    onnx = import_onnx()
    from onnx.shape_inference import InferenceError

    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadFile(path, f"cannot be read: {error.strerror}") from None
    if not data:
        raise BadFile(path, "is empty")
    model = decoded(onnx, path, data)
    opset_version(onnx, model, path.name)
    load_external(onnx, model, path)
    for tensor in model.graph.sparse_initializer:
        raise UnsupportedModel(path.name, "sparse_initializer", tensor.values.name)
    for output in model.graph.output:  # the checker wants a shape, but not any in particular
        output.type.tensor_type.shape.SetInParent()
    try:
        onnx.checker.check_model(model)
        onnx.shape_inference.infer_shapes(model, check_type=True)
    except (onnx.checker.ValidationError, InferenceError, ValueError, RuntimeError) as error:
        raise BadFile(path, f"is not a valid ONNX model: {first_line(error)}") from None
    if not model.graph.output:
        raise BadFile(path, "has no output")
    return model


def decoded(onnx, path: Path, data: bytes):
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError):
        raise BadFile(path, "is not an ONNX model, or is cut off") from None
    if not model.ir_version or not model.HasField("graph"):
        raise BadFile(path, "is not an ONNX model")
    return model


def opset_version(onnx, model, where: str) -> int:
    """The version of the standard operators. Raises UnsupportedModel if it is not known."""
    newest = onnx.defs.onnx_opset_version()
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    hint = f"versions {OLDEST_OPSET} to {newest} are"
    if len(versions) != 1:
        raise UnsupportedModel(where, "opset_import", versions, f"one of {hint}")
    if not OLDEST_OPSET <= versions[0] <= newest:
        raise UnsupportedModel(where, "opset version", versions[0], hint)
    return versions[0]


def load_external(onnx, model, path: Path) -> None:
    """Bring tensors of other files into the model, if these lie in the model's folder."""
    from onnx import external_data_helper as external

    folder = path.resolve().parent
    for tensor in model.graph.initializer:
        if not external.uses_external_data(tensor):
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        if not stays_inside(folder, location):
            raise BadFile(
                path,
                f"tensor {tensor.name!r} lies in {location!r}, "
                "but external data must be in the model's folder",
            )
        try:
            external.load_external_data_for_tensor(tensor, str(folder))
        except (OSError, ValueError, onnx.checker.ValidationError) as error:
            why = f"cannot be read from {location!r}: {first_line(error)}"
            raise BadFile(path, f"tensor {tensor.name!r} {why}") from None
        tensor.data_location = onnx.TensorProto.DEFAULT
        del tensor.external_data[:]


def stays_inside(folder: Path, location: str) -> bool:
    if not location or PureWindowsPath(location).anchor or "\0" in location:
        return False
    return (folder / location).resolve().is_relative_to(folder)
