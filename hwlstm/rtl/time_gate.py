"""TimeGate: the phase of every unit at every step, and which groups of units are open."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, fifo, memory, wiring
from amaranth.lib.wiring import In, Out

from ..fixed import Interval
from ..plan.time_gate import TimeGatePlan
from .arithmetic import delay

__all__ = ["TimeGate"]


class TimeGate(wiring.Component):
    """Walks the units of a step as soon as the step is announced, one unit a cycle.

    The phase is a word that wraps by itself: the one of the step before plus `advance`, or, with
    time stamps, the product of stamp and `advance`. It may run ahead of the cell pipeline by as
    much as `plan.slots` units, which is further than steps can be announced.

    Parameters
    ----------
    plan : TimeGatePlan

    Members
    -------
    step : a step begins; with it:
    step_first : from time 0
    step_time : its time stamp, if there are any
    group_ready, group_open : the openness of the next group is known; what it is
    group_take : the next group has been dealt with
    phi_slot, phi : phase of the unit in a slot, one cycle after the slot's number
    open_slot, open : whether it is open, likewise
    """

    def __init__(self, plan: TimeGatePlan):
        self.plan = plan
        slot = range(plan.slots)
        ports = {
            "step": In(1),
            "step_first": In(1),
            "group_ready": Out(1),
            "group_open": Out(1),
            "group_take": In(1),
            "phi_slot": In(slot),
            "phi": Out(plan.gate.phi.width),
            "open_slot": In(slot),
            "open": Out(1),
        }
        if plan.gate.stamped:
            ports["step_time"] = In(plan.gate.stamp.width)
        super().__init__(ports)

    def elaborate(self, platform):
        m = Module()
        plan, gate = self.plan, self.plan.gate
        step = self._steps(m)
        unit = Signal(range(max(2, plan.turn)))
        ends = unit == plan.turn - 1
        m.d.comb += self.taken.eq(self.busy & ends)
        with m.If(self.busy):
            m.d.sync += unit.eq(Mux(ends, 0, unit + 1))
        valid = Signal()
        m.d.comb += valid.eq(self.busy & (unit < plan.units))
        numbers, valids = [unit], [valid]
        for k in range(plan.latency):
            numbers.append(delay(m, numbers[-1], 1, name=f"unit_{k}"))
            valids.append(delay(m, valids[-1], 1, name=f"valid_{k}", reset=True))

        word = (self._stamped if gate.stamped else self._regular)(m, numbers, valids, step)
        phi = Signal(gate.phi.width)
        m.d.comb += phi.eq(word >> gate.bits - gate.phi.width)
        bounds = [
            self._rom(m, name, values, numbers[plan.word - 1])
            for name, values in (("opens", gate.opens), ("closes", gate.closes))
        ]
        entry = Signal(data.StructLayout({"phi": gate.phi.width, "open": 1}), reset_less=True)
        m.d.sync += [entry.phi.eq(phi), entry.open.eq((bounds[0] <= phi) & (phi < bounds[1]))]
        self._store(m, valids[plan.latency], entry)
        self._groups(m, valids[plan.latency], numbers[plan.latency], entry.open)
        return m

    def _steps(self, m: Module):
        """Announced steps, two at most; the one being walked."""
        layout = {"first": 1}
        if self.plan.gate.stamped:
            layout["time"] = self.plan.gate.stamp.width
        waiting = Signal(data.ArrayLayout(data.StructLayout(layout), 2))
        count, write, read = Signal(range(3)), Signal(), Signal()
        self.busy, self.taken = Signal(), Signal()
        m.d.comb += self.busy.eq(count != 0)
        m.d.sync += [count.eq(count + self.step - self.taken), read.eq(read ^ self.taken)]
        with m.If(self.step):
            m.d.sync += [waiting[write].first.eq(self.step_first), write.eq(~write)]
            if self.plan.gate.stamped:
                m.d.sync += waiting[write].time.eq(self.step_time)
        step = Signal(data.StructLayout(layout))
        # Not waiting[read]: see InputBuffer.
        m.d.comb += step.eq(Mux(read, waiting[1], waiting[0]))
        return step

    def _regular(self, m: Module, numbers, valids, step):
        """The phase word, two cycles after its unit: that of the step before, and `advance`."""
        gate = self.plan.gate
        start = self._rom(m, "start", gate.start, numbers[0])
        advance = self._rom(m, "advance", gate.advance, numbers[0])
        m.submodules.phases = mem = memory.Memory(
            shape=gate.bits, depth=self.plan.units, init=[0] * self.plan.units
        )
        read, write = mem.read_port(), mem.write_port()
        word = Signal(gate.bits, reset_less=True)
        first = delay(m, step.first, 1, name="first")
        m.d.sync += word.eq(Mux(first, start, read.data + advance))
        m.d.comb += [
            read.addr.eq(numbers[0]),
            write.addr.eq(numbers[2]),
            write.data.eq(word),
            write.en.eq(valids[2]),
        ]
        return word

    def _stamped(self, m: Module, numbers, valids, step):
        """The phase word, four cycles after its unit: stamp times `advance`, and `start`."""
        gate = self.plan.gate
        advance = Signal(gate.bits, reset_less=True)
        time = Signal(gate.stamp.width, reset_less=True)
        product = Signal(gate.bits, reset_less=True)
        word = Signal(gate.bits, reset_less=True)
        start = self._rom(m, "start", gate.start, numbers[2])
        m.d.sync += [
            advance.eq(self._rom(m, "advance", gate.advance, numbers[0])),
            time.eq(delay(m, step.time, 1, name="time")),
            product.eq(time * advance),
            word.eq(product + start),
        ]
        return word

    def _rom(self, m: Module, name: str, values, address):
        """A constant for every unit, one cycle after its address."""
        width = Interval(0, 0, int(values.max())).width
        rom = memory.Memory(shape=width, depth=len(values), init=values.tolist())
        m.submodules[name] = rom
        read = rom.read_port()
        m.d.comb += read.addr.eq(address)
        return read.data

    def _store(self, m: Module, pushed, entry) -> None:
        """What the cell pipeline reads, slot by slot."""
        plan = self.plan
        m.submodules.slots = mem = memory.Memory(shape=entry.shape(), depth=plan.slots, init=[])
        write, phi, is_open = mem.write_port(), mem.read_port(), mem.read_port()
        slot = Signal(range(plan.slots))
        with m.If(pushed):
            m.d.sync += slot.eq(slot + 1)
        m.d.comb += [
            write.addr.eq(slot),
            write.data.eq(entry),
            write.en.eq(pushed),
            phi.addr.eq(self.phi_slot),
            self.phi.eq(phi.data.phi),
            is_open.addr.eq(self.open_slot),
            self.open.eq(is_open.data.open),
        ]

    def _groups(self, m: Module, pushed, number, is_open) -> None:
        """A group is open if any of its units is."""
        plan = self.plan
        m.submodules.groups = queue = fifo.SyncFIFOBuffered(width=1, depth=plan.slot_groups)
        place = Signal(range(max(2, plan.parallel)))
        any_open = Signal()
        last = (place == plan.parallel - 1) | (number == plan.units - 1)
        with m.If(pushed):
            m.d.sync += [
                place.eq(Mux(last, 0, place + 1)),
                any_open.eq((any_open | is_open) & ~last),
            ]
        m.d.comb += [
            queue.w_data.eq(any_open | is_open),
            queue.w_en.eq(pushed & last),
            self.group_ready.eq(queue.r_rdy),
            self.group_open.eq(queue.r_data),
            queue.r_en.eq(self.group_take),
        ]
