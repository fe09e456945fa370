"""Engine: one layer. Column sources -> lanes -> drain -> cell pipeline -> output."""

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.hdl import Value
from amaranth.lib import data, fifo, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ..plan.layer import ADDRESS_TO_OPERANDS, LayerPlan, bank, rom_bits, state_words, vector_name
from .arithmetic import delay, shape
from .buffers import InputBuffer, StateBuffer
from .cell import CellPipeline, leaf_port, value_port
from .drain import Drain
from .lane import Lane
from .sequencer import Sequencer, column_port
from .time_gate import TimeGate

__all__ = ["Engine"]


class Engine(wiring.Component):
    """One layer, column-broadcast and output-stationary.

    Parameters
    ----------
    plan : LayerPlan

    Members
    -------
    i : stream of {data: `columns` elements of x, first, last}, beat by beat; with `time` on the
        first beat of a step if the layer reads time stamps
    o : stream of {data: one number of the output, first, last}, unit by unit
    tap_valid : a unit enters the cell pipeline
    tap_NAME : value NAME of that unit, `plan.schedule.latency(NAME)` cycles later
    """

    def __init__(self, plan: LayerPlan):
        self.plan = plan
        layer = plan.layer
        x, y = layer.formats["x"].interval, layer.formats[layer.output].interval
        flags = {"first": 1, "last": 1}
        numbers = data.ArrayLayout(shape(x), plan.columns)
        stamp = {"time": layer.time_gate.stamp.width} if plan.stamped else {}
        i = data.StructLayout({"data": numbers, **flags, **stamp})
        o = data.StructLayout({"data": shape(y), **flags})
        taps = {
            f"tap_{name}": Out(shape(layer.formats[name].interval)) for name in plan.schedule.named
        }
        super().__init__(
            {
                "i": In(stream.Signature(i)),
                "o": Out(stream.Signature(o)),
                "tap_valid": Out(1),
                **taps,
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, layer = self.plan, self.plan.layer

        m.submodules.sequencer = sequencer = self._sequencer()
        m.submodules.input = x = InputBuffer(
            beats=plan.beats["x"], columns=plan.columns, element=layer.formats["x"].interval
        )
        m.d.comb += [
            x.i.valid.eq(self.i.valid),
            self.i.ready.eq(x.i.ready),
            x.i.p.data.eq(self.i.p.data),
            x.i.p.first.eq(self.i.p.first),
            x.i.p.last.eq(self.i.p.last),
        ]
        wiring.connect(m, getattr(sequencer, column_port("x")), x.columns)
        m.d.comb += [
            x.release.eq(sequencer.release),
            sequencer.step_first.eq(x.first),
            sequencer.step_last.eq(x.last),
        ]
        states = {}
        for source in layer.recurrent_sources:
            states[source] = StateBuffer(
                units=layer.units,
                columns=plan.columns,
                element=layer.formats[source].interval,
                initial=layer.initial[source].tolist(),
                in_flight=plan.steps_in_flight,
            )
            m.submodules[f"state_{source}"] = states[source]
            wiring.connect(m, getattr(sequencer, column_port(source)), states[source].columns)
            m.d.comb += [
                states[source].parity.eq(sequencer.parity),
                states[source].initial.eq(sequencer.reset),
            ]

        m.submodules.drain = drain = Drain(
            units=layer.units,
            parallel=plan.parallel,
            gates=plan.gates,
            accumulator=plan.accumulator_bits,
            interval=plan.interval,
            lead=plan.lead,
        )
        self._lanes(m, sequencer, {"x": x, **states}, drain)
        # The interval is counted from the first column on: so every run takes the same cycles.
        run = Signal()
        with m.If(sequencer.issue | sequencer.group_end):
            m.d.sync += run.eq(1)
        m.d.comb += [drain.run.eq(run), drain.group_end.eq(sequencer.group_end)]

        unit = Unit(m, sequencer, drain, slots=plan.time_gate.slots if plan.time_gate else 1)
        gate = self._time_gate(m, x, sequencer, unit) if plan.time_gate else None
        cell = self._cell(m, drain, unit, gate)
        m.d.comb += cell.run.eq(run)
        for source, buffer in states.items():
            now = unit.at(plan.unit_cycle + plan.schedule.latency(source))
            m.d.comb += [
                buffer.write.eq(now.valid),
                buffer.write_unit.eq(now.number),
                buffer.write_parity.eq(now.parity),
                buffer.write_data.eq(getattr(cell, value_port(source))),
            ]
        size = Signal(range(plan.parallel + 1))
        m.d.comb += size.eq(Mux(sequencer.step_end, plan.last_group, plan.parallel))
        room = self._output(m, sequencer, cell, unit, size)
        settled = self._settled(m, sequencer, unit, size) if plan.guarded else 1
        m.d.comb += sequencer.group_ready.eq(drain.ready & room & settled)
        m.d.comb += self.tap_valid.eq(unit.at(plan.unit_cycle).valid)
        m.d.comb += [
            getattr(self, f"tap_{name}").eq(getattr(cell, value_port(name)))
            for name in plan.schedule.named
        ]
        return m

    def _sequencer(self) -> Sequencer:
        plan, layer = self.plan, self.plan.layer
        sources = {
            source: (beats, plan.columns, shape(layer.formats[source].interval))
            for source, beats in plan.beats.items()
        }
        return Sequencer(groups=plan.groups, sources=sources, timed=plan.time_gate is not None)

    def _time_gate(self, m: Module, x: InputBuffer, sequencer: Sequencer, unit: "Unit") -> TimeGate:
        plan = self.plan
        m.submodules.time_gate = gate = TimeGate(plan.time_gate)
        m.d.comb += [
            gate.step.eq(x.begins),
            gate.step_first.eq(self.i.p.first),
            sequencer.step_complete.eq(x.complete),
            sequencer.open_ready.eq(gate.group_ready),
            sequencer.open.eq(gate.group_open),
            gate.group_take.eq(sequencer.group_end),
            gate.open_slot.eq(unit.at(plan.lead - 1).slot),
        ]
        if plan.stamped:
            m.d.comb += gate.step_time.eq(self.i.p.time)
        return gate

    def _settled(self, m: Module, sequencer: Sequencer, unit: "Unit", size) -> Value:
        """Every unit of a group has its states of the step before: none of them is on its way."""
        plan = self.plan
        flying = Signal(range(plan.layer.units + 1))
        landed = unit.at(plan.unit_cycle + plan.settled).valid
        m.d.sync += flying.eq(flying + Mux(sequencer.group_end, size, 0) - landed)
        return flying + size <= plan.layer.units

    def _lanes(self, m: Module, sequencer, sources, drain) -> None:
        """Weight memory and column broadcast, and the lanes that multiply them."""
        plan, layer = self.plan, self.plan.layer
        column = signed(plan.column_bits)
        width = plan.lane_multipliers * plan.weight_bits
        m.submodules.weights = mem = memory.Memory(shape=width, depth=plan.depth, init=plan.words)
        read = mem.read_port()
        weights = Signal(
            data.ArrayLayout(data.ArrayLayout(signed(plan.weight_bits), plan.columns), plan.lanes),
            reset_less=True,
        )
        m.d.comb += read.addr.eq(sequencer.word)
        m.d.sync += weights.eq(read.data)

        # A cycle without work multiplies by 0: lanes have no enable.
        issued = Signal()
        source = Signal.like(sequencer.source)
        m.d.sync += [issued.eq(sequencer.issue), source.eq(sequencer.source)]
        columns = Signal(data.ArrayLayout(column, plan.columns), reset_less=True)
        m.d.sync += columns.eq(0)
        with m.If(issued), m.Switch(source):
            for k, (name, buffer) in enumerate(sources.items()):
                shift = layer.column_shifts[name]
                with m.Case(k):
                    m.d.sync += [
                        columns[c].eq(buffer.columns.data[c] << shift) for c in range(plan.columns)
                    ]
        starts = {
            source: delay(
                m,
                sequencer.issue & sequencer.source_first & (sequencer.source == k),
                ADDRESS_TO_OPERANDS,
                name=f"first_{source}",
            )
            for k, source in enumerate(sources)
        }
        for n in range(plan.parallel):
            for k, gates in enumerate(plan.lane_gates):
                lane = Lane(
                    columns=plan.columns,
                    weight=plan.weight_bits,
                    column=plan.column_bits,
                    accumulator=plan.accumulator_bits,
                    sums=len(gates),
                )
                m.submodules[f"lane_{n}_{'_'.join(gates)}"] = lane
                m.d.comb += [
                    lane.i_w.eq(weights[n * len(plan.lane_gates) + k]),
                    lane.i_x.eq(columns),
                    lane.i_first.eq(Cat(starts[plan.first_source(gate)] for gate in gates).any()),
                ]
                m.d.comb += [drain.acc[n][gate].eq(lane.o[q]) for q, gate in enumerate(gates)]

    def _cell(self, m: Module, drain, unit: "Unit", gate: TimeGate | None) -> CellPipeline:
        """Cell pipeline with the memories around it: bias, peepholes, previous states.

        A closed unit has the sum 0: its rows were not multiplied, or for its neighbours' sake.
        """
        plan, layer = self.plan, self.plan.layer
        m.submodules.cell = cell = CellPipeline(
            layer=layer, schedule=plan.schedule, phase=-plan.unit_cycle
        )
        for row in plan.gates:
            bias = self._rom(m, f"bias_{row}", layer.bias[row], unit.at(plan.lead - 1).number)
            z = Signal(shape(layer.leaves[f"z.{row}"]), name=f"z_{row}", reset_less=True)
            total = Mux(gate.open, drain.sums[row], 0) if gate else drain.sums[row]
            of_sum, of_bias = layer.sum_shifts(row)
            m.d.sync += z.eq((total << of_sum) + (bias << of_bias))
            m.d.comb += getattr(cell, leaf_port(f"z.{row}")).eq(z)
        for leaf, arrival in plan.schedule.arrival.items():
            kind, name = leaf.split(".")
            address = unit.at(plan.unit_cycle + arrival - 1)
            if leaf in layer.vectors:
                number = self._rom(m, vector_name(leaf), layer.vectors[leaf], address.number)
                m.d.comb += getattr(cell, leaf_port(leaf)).eq(number)
            elif leaf == "time.phi":
                m.d.comb += [
                    gate.phi_slot.eq(address.slot),
                    getattr(cell, leaf_port(leaf)).eq(gate.phi),
                ]
            elif kind == "prev":
                written = unit.at(plan.unit_cycle + plan.schedule.latency(name))
                m.d.comb += getattr(cell, leaf_port(leaf)).eq(
                    self._state(m, name, address, written, getattr(cell, value_port(name)))
                )
        return cell

    def _rom(self, m: Module, name: str, values, address):
        """A constant per unit, one cycle after its address."""
        rom = memory.Memory(shape=signed(rom_bits(values)), depth=len(values), init=values.tolist())
        m.submodules[name] = rom
        read = rom.read_port()
        m.d.comb += read.addr.eq(address)
        return read.data

    def _state(self, m: Module, name: str, read_unit, write_unit, value):
        """A state of the step before, one cycle after its unit; behind it the initial state."""
        layer = self.plan.layer
        below = bank(layer.units)
        mem = memory.Memory(
            shape=shape(layer.formats[name].interval),
            depth=state_words(layer.units),
            init=[0] * below + layer.initial[name].tolist(),
        )
        m.submodules[f"prev_{name}"] = mem
        write, read = mem.write_port(), mem.read_port()
        m.d.comb += [
            read.addr.eq(Mux(read_unit.reset, below, 0) | read_unit.number),
            write.addr.eq(write_unit.number),
            write.data.eq(value),
            write.en.eq(write_unit.valid),
        ]
        return read.data

    def _output(self, m: Module, sequencer, cell, unit: "Unit", size):
        """The output queue. Room for a group is taken when its last column is issued."""
        plan, layer = self.plan, self.plan.layer
        now = unit.at(plan.unit_cycle + plan.schedule.latency(layer.output))
        m.submodules.output = queue = fifo.SyncFIFOBuffered(
            width=len(self.o.payload.as_value()), depth=plan.fifo_depth
        )
        entry = Signal(self.o.payload.shape())
        room = Signal(range(plan.fifo_depth + 1), init=plan.fifo_depth)
        taken = Signal.like(size)
        m.d.comb += [
            entry.data.eq(getattr(cell, value_port(layer.output))),
            entry.first.eq(now.reset),
            entry.last.eq(now.last),
            queue.w_data.eq(entry),
            queue.w_en.eq(now.valid),
            self.o.payload.eq(queue.r_data),
            self.o.valid.eq(queue.r_rdy),
            queue.r_en.eq(self.o.ready),
        ]
        with m.If(sequencer.group_end):
            m.d.comb += taken.eq(size)
        m.d.sync += room.eq(room + (self.o.valid & self.o.ready) - taken)
        return room >= plan.parallel


class Unit:
    """The unit announced by the drain, with the flags of its step, any number of cycles later.

    `slot` counts the units announced, modulo `slots`.
    """

    def __init__(self, m: Module, sequencer: Sequencer, drain: Drain, slots: int):
        self.m = m
        slot = Signal(range(max(2, slots)))
        if slots > 1:
            m.d.sync += slot.eq(slot + drain.start)
        step = Signal(data.StructLayout({"reset": 1, "last": 1, "parity": 1}))
        with m.If(drain.group_end):
            m.d.sync += [
                step.reset.eq(sequencer.reset),
                step.last.eq(sequencer.last),
                step.parity.eq(sequencer.parity),
            ]
        layout = data.StructLayout(
            {
                "number": drain.unit.shape(),
                "slot": slot.shape(),
                "reset": 1,
                "last": 1,
                "parity": 1,
                "valid": 1,
            }
        )
        announced = Signal(layout, name="unit_0")
        m.d.comb += [
            announced.valid.eq(drain.start),
            announced.number.eq(drain.unit),
            announced.slot.eq(slot),
            announced.reset.eq(step.reset),
            announced.last.eq(step.last),
            announced.parity.eq(step.parity),
        ]
        self.stages = [announced]

    def at(self, cycle: int):
        """{number, slot, reset, last, parity, valid} of the unit announced `cycle` cycles ago."""
        while len(self.stages) <= cycle:
            later = Signal.like(self.stages[-1], name=f"unit_{len(self.stages)}")
            self.m.d.sync += later.eq(self.stages[-1])
            self.stages.append(later)
        return self.stages[cycle]
