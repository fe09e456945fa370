"""Fixed-point expressions of Amaranth: shapes from ranges, rounding, clipping, delays."""

from amaranth import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.hdl import Shape, Value

from ..fixed import Interval

__all__ = ["clip", "delay", "round_half_even", "shape"]


def shape(interval: Interval) -> Shape:
    """The narrowest shape that holds every value of an interval."""
    return signed(interval.width) if interval.signed else unsigned(interval.width)


def round_half_even(value: Value, shift: int) -> Value:
    """value / 2**shift to the nearest integer, ties to even.

    One short adder: the floor, plus one if the half bit is set together with any lower bit or
    with the last bit of the floor.
    """
    is_signed = value.shape().signed
    width = max(value.shape().width, shift + 1)
    wide = value.as_signed() if is_signed else value
    wide = Cat(wide, (wide[-1] if is_signed else Const(0)).replicate(width - len(wide)))
    floor = wide[shift:].as_signed() if is_signed else wide[shift:]
    sticky = wide[: shift - 1].any() if shift > 1 else Const(0)
    return floor + (wide[shift - 1] & (sticky | floor[0]))


def clip(value: Value, lo: int, hi: int, span: Interval) -> Value:
    """`value`, known to lie in `span`, held to lo..hi; only the sides that can be reached."""
    held = value
    if span.hi > hi:
        held = Mux(above(value, hi), hi, held)
    if span.lo < lo:
        held = Mux(below(value, lo), lo, held)
    return held


def above(value: Value, hi: int) -> Value:
    """value > hi; a test of the top bits where hi is all ones, as the limit of a format is."""
    if hi & hi + 1 or hi < 0:
        return value > hi
    if not value.shape().signed:
        return value[hi.bit_length() :].any()
    return ~value[-1] & value[hi.bit_length() : -1].any()


def below(value: Value, lo: int) -> Value:
    """value < lo, for a signed value; a test of the top bits where lo is a power of two."""
    if lo == 0:
        return value[-1]
    if lo > 0 or -lo & -lo - 1:
        return value < lo
    return value[-1] & ~value[(-lo).bit_length() - 1 : -1].all()


def delay(m: Module, value: Value, cycles: int, *, name: str, reset: bool = False) -> Value:
    """`value` as it was `cycles` ago; registers without reset, for data, if not asked for."""
    for k in range(cycles):
        register = Signal(value.shape(), name=f"{name}_d{k + 1}", reset_less=not reset)
        m.d.sync += register.eq(value)
        value = register
    return value
