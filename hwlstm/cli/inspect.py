"""hwlstm inspect: what a model file or a build holds."""

from pathlib import Path

from ..build.record import read
from .model import add_model, read_model
from .words import describe_plan

__all__ = ["add", "run"]

STATES = "states: each sequence starts anew, or goes on from those kept (TUSER on its first beat)"


def add(commands):
    it = commands.add_parser(
        "inspect",
        help="what a model file or a build holds",
        description="Print what a model file holds, or how a build was planned.",
    )
    it.add_argument(
        "path", type=Path, help="ONNX or .npz file, or a folder written by hwlstm build"
    )
    add_model(it)
    return it


def run(options) -> dict:
    if options.path.is_dir():
        manifest = read(options.path, "manifest.json")
        print(f"{options.path}: {describe_plan(manifest)}")
        return manifest
    network = read_model(options.path, options)
    layers = [
        {
            "name": layer.name,
            "cell": layer.cell.name,
            "inputs": layer.inputs,
            "units": layer.units,
            "reads": layer.reads,
            "parameters": layer.parameter_count,
            "macs_per_step": layer.macs,
        }
        for layer in network.layers
    ]
    for layer in layers:
        print(
            "{name}: {cell} {inputs} -> {units}, reads {reads} steps, {parameters} parameters, "
            "{macs_per_step} multiply-accumulates a step".format(**layer)
        )
    conversion = network.conversion.by_column(network.inputs)
    if conversion:
        print("input: (x - offset) / scale, offset {offset}, scale {scale}".format(**conversion))
    if any(layer.cell.recurrent for layer in network.layers):
        print(STATES)
    if network.classify:
        print("result: index of the largest output")
    about = {"name": network.name, "classify": network.classify, "conversion": conversion}
    return {**about, "layers": layers}
