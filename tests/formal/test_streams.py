"""Stream parts, proven for runs of any length; and each property refuted on a broken part."""

import pytest

from hwlstm.fixed import Interval
from hwlstm.rtl import argmax, buffers, last_step, limit, packer
from tests.formal import streams
from tests.formal.prover import mutated, proven, refuted, write_smt2

ELEMENT = Interval(0, 0, 1)


def last_steps(module):
    return streams.LastStepProof(module.LastStep(streams.PAYLOAD))


def limits(module, beats=3):
    return streams.LimitProof(module.Limit(streams.PAYLOAD, beats=beats))


def packers(module, size=5, columns=2):
    return streams.PackerProof(module.Packer(streams.NUMBER, size=size, columns=columns))


def argmaxes(module, size=3):
    return streams.ArgMaxProof(module.ArgMax(streams.NUMBER, size=size))


def input_buffers(module, beats=3):
    return streams.InputBufferProof(module.InputBuffer(beats=beats, columns=1, element=ELEMENT))


PROOFS = {
    "last_step": lambda: last_steps(last_step),
    "limit_1": lambda: limits(limit, 1),
    "limit_2": lambda: limits(limit, 2),
    "limit_5": lambda: limits(limit, 5),
    "packer_1_1": lambda: packers(packer, 1, 1),
    "packer_3_1": lambda: packers(packer, 3, 1),
    "packer_5_2": lambda: packers(packer, 5, 2),
    "packer_6_4": lambda: packers(packer, 6, 4),
    "argmax_2": lambda: argmaxes(argmax, 2),
    "argmax_3": lambda: argmaxes(argmax, 3),
    "argmax_5": lambda: argmaxes(argmax, 5),
    "input_buffer_1": lambda: input_buffers(buffers, 1),
    "input_buffer_3": lambda: input_buffers(buffers, 3),
    "input_buffer_4": lambda: input_buffers(buffers, 4),
}

BROKEN = [
    (last_steps, "last_step", "self.i.valid & self.i.p.last", "self.i.valid"),
    (last_steps, "last_step", "self.o.ready | ~self.i.p.last", "1"),
    (last_steps, "last_step", "self.o.ready | ~self.i.p.last", "self.o.ready"),
    (last_steps, "last_step", "self.o.p.eq(self.i.p)", "self.o.p.eq(~self.i.p.as_value())"),
    (limits, "limit", "self.i.valid | adds", "self.i.valid"),
    (limits, "limit", "self.o.ready & ~adds", "self.o.ready"),
    (limits, "limit", "self.i.p.last & ~ends", "self.i.p.last"),
    (limits, "limit", "~adds & self.i.p.last", "self.i.p.last"),
    (limits, "limit", "breaks | (adds & ~ends)", "breaks"),
    (limits, "limit", "self.o.p.eq(0)", "self.o.p.eq(self.i.p)"),
    (limits, "limit", "self.o.p.last.eq(1)", "self.o.p.last.eq(0)"),
    (limits, "limit", "m.d.sync += self.error.eq(0)", "pass"),
    (limits, "limit", "with m.If(self.o.valid & self.o.ready):", "with m.If(self.o.valid):"),
    (packers, "packer", "(place == self.columns - 1) | ends", "place == self.columns - 1"),
    (packers, "packer", "self.o.ready | ~full", "self.o.ready | full"),
    (packers, "packer", "self.i.valid & full", "full"),
    (packers, "packer", "Mux(full, 0, place + 1)", "place + 1"),
    (packers, "packer", "Mux(full, 0, Mux(now, self", "Mux(0, 0, Mux(now, self"),
    (packers, "packer", "self.o.p.last.eq(self.i.p.last)", "self.o.p.last.eq(self.i.p.first)"),
    (argmaxes, "argmax", "free | ~ends", "1"),
    (argmaxes, "argmax", "free | ~ends", "free"),
    (argmaxes, "argmax", "self.i.p.data > best", "self.i.p.data >= best"),
    (argmaxes, "argmax", "(number == 0) | (self", "(self"),
    (argmaxes, "argmax", "self.o.p.data.eq(winner)", "self.o.p.data.eq(number)"),
    (argmaxes, "argmax", "with m.If(self.o.ready):", "with m.If(1):"),
    (argmaxes, "argmax", "self.o.p.last.eq(self.i.p.last)", "self.o.p.last.eq(0)"),
    (input_buffers, "buffers", "self.i.ready.eq(held != 2)", "self.i.ready.eq(1)"),
    (input_buffers, "buffers", "credit + accept - taken(self.columns, self.beats)", "credit + 1"),
    (input_buffers, "buffers", "self.columns.ready.eq(credit != 0)", "self.columns.ready.eq(1)"),
    (input_buffers, "buffers", "held + filled - self.release", "held + filled"),
    (input_buffers, "buffers", "read_bank.eq(~read_bank)", "read_bank.eq(0)"),
    (input_buffers, "buffers", "Mux(columns.drop, beats, columns.take)", "columns.take"),
    (input_buffers, "buffers", "credit >= self.beats", "credit > 0"),
    (input_buffers, "buffers", "accept & (write_beat == 0)", "accept"),
]
DEPTH = 12
"""Cycles in which a fault must show."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The SMT-LIB text of every proof and of every broken part."""
    pytest.importorskip("z3", reason="proofs need pip install -e '.[test]'")
    where = tmp_path_factory.mktemp("formal")
    proofs = {name: make() for name, make in PROOFS.items()}
    for number, (make, module, before, after) in enumerate(BROKEN):
        proofs[f"broken_{number}"] = make(mutated(module, before, after))
    write_smt2(proofs, where)
    return where


@pytest.mark.parametrize("name", PROOFS)
def test_what_a_stream_part_promises_holds_for_ever(name, folder):
    assert proven(name, folder)


@pytest.mark.parametrize("number", range(len(BROKEN)), ids=lambda n: " to ".join(BROKEN[n][2:]))
def test_a_broken_part_is_refuted(number, folder):
    assert refuted(f"broken_{number}", folder, depth=DEPTH)
