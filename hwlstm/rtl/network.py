"""The top module: engines in series between two AXI4-Streams."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..plan.network import NetworkPlan, slot
from .argmax import ArgMax
from .arithmetic import shape
from .engine import Engine
from .last_step import LastStep
from .limit import Limit
from .packer import Packer

__all__ = ["NetworkTop", "ports"]


class NetworkTop(wiring.Component):
    """Engines in series.

    Parameters
    ----------
    plan : NetworkPlan
    taps : bool
        Bring every named value of every cell out to a port.

    Members
    -------
    s_axis_* : input, AXI4-Stream. A beat carries `plan.elements` numbers of x, each in a slot of
        whole bytes, the first in the lowest bits. TLAST on the last beat of a sequence. TUSER on
        its first beat, and ignored on all others: continue from the state that the sequence before
        left. If steps bring a time stamp: TUSER is one bit for that, the lowest, and the stamp
        above it, on the first beat of each step.
    m_axis_* : output, AXI4-Stream, one number a beat, sign-extended to its slot. TLAST on the last
        beat of a sequence.
    error : high for one cycle when TLAST came in the middle of a step; see Limit
    tap_LAYER_valid, tap_LAYER_NAME : see Engine
    """

    def __init__(self, plan: NetworkPlan, *, taps: bool = False):
        self.plan, self.taps = plan, taps
        super().__init__(ports(plan, taps=taps))

    def elaborate(self, platform):
        m = Module()
        before = None
        for layer in self.plan.layers:
            name = layer.layer.name
            m.submodules[f"layer_{name}"] = engine = Engine(layer)
            if before is None:
                self._input(m, engine)
            else:
                self._join(m, layer, before, engine)
            before = engine
            for tap in ("valid", *layer.schedule.named) if self.taps else ():
                m.d.comb += getattr(self, f"tap_{name}_{tap}").eq(getattr(engine, f"tap_{tap}"))
        last = self.plan.layers[-1].layer
        result = before.o
        if self.plan.fixed.returns == "last":
            m.submodules.last_step = last_step = LastStep(result.p.shape())
            wiring.connect(m, result, last_step.i)
            result = last_step.o
        if self.plan.fixed.classify:
            m.submodules.argmax = argmax = ArgMax(result.p.data.shape(), size=last.units)
            wiring.connect(m, result, argmax.i)
            self._result(m, argmax.o, size=1)
        else:
            self._result(m, result, size=last.units)
        return m

    def _input(self, m: Module, engine: Engine) -> None:
        starts = Signal(init=1)
        width = slot(self.plan.fixed.x)
        m.submodules.limit = limit = Limit(engine.i.p.shape(), beats=engine.plan.beats["x"])
        wiring.connect(m, limit.o, engine.i)
        m.d.comb += [
            limit.i.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(limit.i.ready),
            limit.i.p.first.eq(starts & ~self.s_axis_tuser[0]),
            limit.i.p.last.eq(self.s_axis_tlast),
            self.error.eq(limit.error),
        ]
        if self.plan.fixed.stamp:
            m.d.comb += limit.i.p.time.eq(self.s_axis_tuser[1:])
        for k in range(self.plan.elements):
            m.d.comb += limit.i.p.data[k].eq(self.s_axis_tdata[k * width :])
        with m.If(self.s_axis_tvalid & self.s_axis_tready):
            m.d.sync += starts.eq(self.s_axis_tlast)

    def _join(self, m: Module, layer, before: Engine, engine: Engine) -> None:
        """The stream from one engine to the next."""
        stream, name = before.o, layer.layer.name
        if layer.layer.reads == "last":
            m.submodules[f"{name}_last_step"] = last = LastStep(stream.p.shape())
            wiring.connect(m, stream, last.i)
            stream = last.o
        m.submodules[f"{name}_packer"] = packer = Packer(
            stream.p.data.shape(), size=layer.layer.inputs, columns=layer.columns
        )
        wiring.connect(m, stream, packer.i)
        wiring.connect(m, packer.o, engine.i)

    def _result(self, m: Module, stream, size: int) -> None:
        number = Signal(range(max(2, size)))
        ends = number == size - 1
        m.d.comb += [
            self.m_axis_tvalid.eq(stream.valid),
            stream.ready.eq(self.m_axis_tready),
            self.m_axis_tdata.eq(stream.p.data),
            self.m_axis_tlast.eq(stream.p.last & ends),
        ]
        with m.If(self.m_axis_tvalid & self.m_axis_tready):
            m.d.sync += number.eq(number + 1)
            with m.If(ends):
                m.d.sync += number.eq(0)


def ports(plan: NetworkPlan, *, taps: bool) -> dict:
    """The members of the top module; `clk` and `rst` come with its clock domain."""
    found = {
        "s_axis_tdata": In(plan.elements * slot(plan.fixed.x)),
        "s_axis_tvalid": In(1),
        "s_axis_tready": Out(1),
        "s_axis_tlast": In(1),
        "s_axis_tuser": In(1 + (plan.fixed.stamp.width if plan.fixed.stamp else 0)),
        "m_axis_tdata": Out(slot(plan.fixed.y)),
        "m_axis_tvalid": Out(1),
        "m_axis_tready": In(1),
        "m_axis_tlast": Out(1),
        "error": Out(1),
    }
    if taps:
        for engine in plan.layers:
            layer = engine.layer
            found[f"tap_{layer.name}_valid"] = Out(1)
            for name in engine.schedule.named:
                tap = shape(layer.formats[name].interval)
                found[f"tap_{layer.name}_{name}"] = Out(tap)
    return found
