"""Layer and Network: what every importer produces and every later stage reads. Floats."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from .cells import Cell
from .conversion import IDENTITY, Conversion
from .names import check_name, is_port
from .time_gate import TimeGate

__all__ = ["Layer", "Network", "rebased"]


@dataclass(frozen=True, eq=False, repr=False)
class Layer:
    """One cell applied to a sequence.

    Parameters
    ----------
    name : str
        Identifier; also the name of the hardware module.
    cell : Cell
    weights : dict
        Gate to {source: matrix of shape (units, size of source)}; sources are "x" and states.
    bias : dict
        Gate to vector (units,); absent gates have 0.
    peepholes : dict
        Gate to vector (units,).
    parameters : dict
        Name of each of the cell's parameters to vector (units,).
    time_gate : TimeGate or None
        For a timed cell, and only for one.
    initial : dict
        State to vector (units,); absent states start at 0.
    reads : {"all", "last"}
        Which steps of its input sequence the layer sees.
    """

    name: str
    cell: Cell
    weights: Mapping[str, Mapping[str, np.ndarray]]
    bias: Mapping[str, np.ndarray] = field(default_factory=dict)
    peepholes: Mapping[str, np.ndarray] = field(default_factory=dict)
    initial: Mapping[str, np.ndarray] = field(default_factory=dict)
    reads: str = "all"
    parameters: Mapping[str, np.ndarray] = field(default_factory=dict)
    time_gate: TimeGate | None = None

    def __post_init__(self):
        check_name("Layer name", self.name)
        if self.reads not in ("all", "last"):
            raise ValueError(f"Layer reads must be 'all' or 'last', not {self.reads!r}")
        cell = self.cell
        if self.reads == "last" and (cell.recurrent or cell.timed):
            kind = "recurrent" if cell.recurrent else "timed"
            raise ValueError(f"{self.name}: a {kind} layer must read all steps, not the last")
        self._same_names("weights", self.weights, cell.gate_names)
        for gate in cell.gate_names:
            self._same_names(f"weights[{gate!r}]", self.weights[gate], cell.sources(gate))
        self._same_names("peepholes", self.peepholes, cell.peephole_names)
        self._same_names("parameters", self.parameters, cell.parameter_names)
        readers = [gate for gate in cell.gate_names if "x" in cell.sources(gate)]
        if not readers:
            raise ValueError(f"{self.name}: a gate of {cell.name} must multiply x")
        shape = np.shape(self.weights[readers[0]]["x"])
        if len(shape) != 2 or 0 in shape:
            raise ValueError(f"{self.name}: W must have shape (units, inputs), not {shape}")
        size = {"x": shape[1], **dict.fromkeys(cell.states, shape[0])}
        weights = {
            gate: {
                source: self._array(f"weights {gate}.{source}", matrix, (shape[0], size[source]))
                for source, matrix in self.weights[gate].items()
            }
            for gate in cell.gate_names
        }
        vectors = {
            "bias": self._vectors("bias", self.bias, cell.gate_names, shape[0]),
            "peepholes": self._vectors("peepholes", self.peepholes, cell.peephole_names, shape[0]),
            "parameters": self._vectors(
                "parameters", self.parameters, cell.parameter_names, shape[0]
            ),
            "initial": self._vectors("initial", self.initial, cell.states, shape[0]),
        }
        for attribute, value in {"weights": weights, **vectors}.items():
            object.__setattr__(self, attribute, value)
        if cell.timed != (self.time_gate is not None):
            needs = "a TimeGate" if cell.timed else "none"
            raise ValueError(f"{self.name}: time_gate of {cell.name} must be {needs}")
        if self.time_gate and self.time_gate.units != shape[0]:
            raise ValueError(
                f"{self.name}: time_gate must have {shape[0]} units, not {self.time_gate.units}"
            )

    def __repr__(self):
        return f"Layer({self.name!r}, {self.cell.name}, {self.inputs} -> {self.units})"

    def _same_names(self, what, given, wanted):
        if set(given) != set(wanted):
            raise ValueError(
                f"{self.name}: {what} of {self.cell.name} must be given for {sorted(wanted)}, "
                f"not {sorted(given)}"
            )

    def _vectors(self, what, given, names, units):
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise ValueError(f"{self.name}: {what} names {unknown[0]!r}, which the cell has not")
        return {
            name: self._array(f"{what} {name}", given.get(name, np.zeros(units)), (units,))
            for name in names
        }

    def _array(self, what, value, shape):
        array = np.array(value, dtype=np.float64)
        if array.shape != shape:
            raise ValueError(f"{self.name}: {what} must have shape {shape}, not {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{self.name}: {what} must be finite; it holds NaN or infinity")
        array.setflags(write=False)
        return array

    @property
    def units(self) -> int:
        return next(iter(self.bias.values())).shape[0]

    @property
    def inputs(self) -> int:
        return next(m["x"].shape[1] for m in self.weights.values() if "x" in m)

    @property
    def vectors(self) -> dict[str, np.ndarray]:
        """Leaf of the cell (p.i, parameter.NAME, time.rate) to its number for every unit."""
        own = {f"p.{gate}": v for gate, v in self.peepholes.items()}
        own |= {f"parameter.{name}": v for name, v in self.parameters.items()}
        return own | (self.time_gate.vectors if self.time_gate else {})

    @property
    def parameter_count(self) -> int:
        """How many numbers were trained: weights, biases, peepholes, and what is left of them."""
        timed = 3 if self.time_gate else 0  # period, shift, open ratio
        vectors = len(self.bias) + len(self.peepholes) + len(self.parameters) + timed
        return self.macs + self.units * vectors

    @property
    def macs(self) -> int:
        """Multiply-accumulates a step."""
        return sum(m.size for gate in self.weights.values() for m in gate.values())


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in series, and an optional argmax behind the last one.

    Parameters
    ----------
    layers : tuple of Layer
        Each reads the output of the one before.
    name : str
        Identifier; names the top module.
    classify : bool
        The result is the index of the largest output (the first one on a tie).
    returns : {"all", "last"}
        Which steps of the last layer are results.
    conversion : Conversion
        What is done to x in front of the first layer, e.g. (x - mean) / deviation.
    """

    layers: tuple[Layer, ...]
    name: str = "network"
    classify: bool = False
    returns: str = "all"
    conversion: Conversion = IDENTITY

    def __post_init__(self):
        object.__setattr__(self, "layers", tuple(self.layers))
        if not self.layers:
            raise ValueError("Network must have at least one layer, not none")
        if self.returns not in ("all", "last"):
            raise ValueError(f"Network returns must be 'all' or 'last', not {self.returns!r}")
        check_name("Network name", self.name)
        if is_port(self.name):
            raise ValueError(f"Network name must not be that of a port, {self.name!r}")
        names = [layer.name for layer in self.layers]
        if len(set(names)) != len(names) or self.name in names:
            raise ValueError(f"Names of network and layers must differ, not {[self.name, *names]}")
        for given in (self.conversion.offset, self.conversion.scale):
            if given.shape not in ((), (self.inputs,)):
                raise ValueError(
                    f"Network conversion must be of shape ({self.inputs},), not {given.shape}"
                )
        if self.layers[0].reads != "all":
            raise ValueError("The first layer must read all steps of its input, not the last one")
        for layer in self.layers[1:]:
            if layer.time_gate and layer.time_gate.stamped:
                raise ValueError(f"{layer.name}: only the first layer may read time stamps")
        many_to_one = False
        for layer in self.layers:
            many_to_one |= layer.reads == "last"
            if many_to_one and (layer.cell.recurrent or layer.cell.timed):
                # It would see one step a sequence, and no flag that the sequence has begun.
                kind = "recurrent" if layer.cell.recurrent else "timed"
                raise ValueError(
                    f"{layer.name}: a {kind} layer must not stand behind one that reads last steps"
                )
        for before, layer in zip(self.layers, self.layers[1:], strict=False):
            if layer.inputs != before.units:
                raise ValueError(
                    f"{layer.name}: inputs must be {before.units}, "
                    f"the units of {before.name}, not {layer.inputs}"
                )

    @property
    def stamped(self) -> bool:
        """True if every step brings its time."""
        return any(layer.time_gate and layer.time_gate.stamped for layer in self.layers)

    @property
    def inputs(self) -> int:
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Numbers in one output vector; 1, a class index, if the network classifies."""
        return 1 if self.classify else self.layers[-1].units

    @property
    def many_to_one(self) -> bool:
        """True if one output leaves a sequence, not one every step."""
        return self.returns == "last" or any(layer.reads == "last" for layer in self.layers)


def rebased(network: Network, conversion: Conversion) -> Network:
    """The network that gives for conversion(x) what `network` gives for x.

    What differs from the network's own conversion goes into weights and biases of its first layer.
    """
    own = network.conversion.after(conversion.inverse)
    if own.is_identity:
        return replace(network, conversion=IDENTITY)
    first, weights, bias = network.layers[0], {}, dict(network.layers[0].bias)
    for gate, parts in first.weights.items():
        weights[gate] = dict(parts)
        if "x" in parts:
            weights[gate]["x"] = parts["x"] / own.scale
            bias[gate] = bias[gate] - weights[gate]["x"] @ np.broadcast_to(own.offset, first.inputs)
    layers = (replace(first, weights=weights, bias=bias), *network.layers[1:])
    return replace(network, layers=layers, conversion=IDENTITY)
