"""Cells that no paper has: for what equations may do beyond those of the library."""

from hwlstm.cells import Cell, State, apply, identity, narrow, select, sigmoid, tanh

__all__ = [
    "Delayed",
    "InTurns",
    "Invented",
    "Late",
    "LateColumns",
    "LateOutput",
    "LatePhase",
    "NoMemory",
    "OwnPast",
    "PhasedGRU",
]


class Invented(Cell):
    """Parameters, a remembered gate that is a column source, activations of other families, and a
    state that no row multiplies."""

    gates = "a j d"
    peepholes = "a"
    parameters = "decay keep"
    remembered = "j"
    columns = {"a": "x h", "j": "x j", "d": "x"}

    def step(self, z, p, prev):
        a = apply("softsign", z.a + p.a * prev.c)
        j = sigmoid(z.j)
        d = apply("hardsigmoid", z.d)
        c = p.decay * prev.c + j * a
        return State(h=d * apply("elu", c) - p.keep * prev.h, c=c)


class InTurns(Cell):
    """Three gates with one column source each, on one lane; the state s is not the output."""

    gates = "a j d"
    columns = {"a": "x", "j": "h", "d": "s"}

    def step(self, z, p, prev):
        u = narrow("u", tanh(z.a) * sigmoid(z.j))
        s = u + identity(z.d)
        return State(h=u - tanh(s), s=s)


class Late(Cell):
    """s is written long after the last column source, and read before the pre-activations."""

    gates = "a j"

    def step(self, z, p, prev):
        early = sigmoid(narrow("half", prev.s * 0.5))
        h = tanh(z.a + early)
        u = narrow("u", tanh(sigmoid(h)) * sigmoid(z.j))
        return State(h=h, s=tanh(narrow("v", u * u - prev.s)))


class Delayed(Cell):
    """The new s is there before the one of the step before is read."""

    gates = "a j"

    def step(self, z, p, prev):
        late = tanh(narrow("u", tanh(z.a)))
        return State(h=late * prev.s, s=identity(z.j))


class LateColumns(Cell):
    """The output is there at once, the column source s long after it."""

    gates = "a j"
    columns = {"a": "x s", "j": "x"}

    def step(self, z, p, prev):
        a = tanh(z.a)
        u = narrow("u", tanh(sigmoid(a)) * a)
        return State(y=identity(z.j), s=tanh(narrow("v", u * u)))


class LateOutput(Cell):
    """The column source is there at once, the output long after it."""

    gates = "a j"
    columns = {"a": "x", "j": "x s"}

    def step(self, z, p, prev):
        u = narrow("u", tanh(z.a) * 0.5)
        return State(y=tanh(narrow("v", sigmoid(u) * tanh(sigmoid(u)))), s=identity(z.j))


class OwnPast(Cell):
    """No column source but x, and a state of the step before."""

    gates = "a"
    columns = {"a": "x"}

    def step(self, z, p, prev):
        return State(h=tanh(z.a + narrow("half", prev.h * 0.5)))


class PhasedGRU(Cell):
    """Two gates on one lane, and groups that are skipped."""

    gates = "r u n m"
    columns = {"n": "x", "m": "h"}
    timed = True
    hold = "k"

    def step(self, z, p, prev, time):
        ramp = time.phi * time.rate
        down = select(ramp < 2, 2 - ramp, time.phi * time.leak)
        k = narrow("k", select(ramp < 1, ramp, down))
        u = sigmoid(z.u)
        n = tanh(z.n + sigmoid(z.r) * identity(z.m))
        v = narrow("v", n + u * (prev.h - n))
        return State(h=k * v + (1 - k) * prev.h)


class LatePhase(Cell):
    """The phase is read long after the states that the next step waits for."""

    gates = "a"
    timed = True

    def step(self, z, p, prev, time):
        h = tanh(z.a)
        u = narrow("u", tanh(sigmoid(h)) * time.rate + time.leak)
        return State(y=narrow("v", tanh(u)) * time.phi, h=h)


class NoMemory(Cell):
    """No state is read at all, but the phase is."""

    gates = "a"
    columns = {"a": "x"}
    timed = True

    def step(self, z, p, prev, time):
        u = narrow("u", tanh(z.a) * time.rate + time.leak)
        return State(h=narrow("v", tanh(sigmoid(u))) * time.phi)
