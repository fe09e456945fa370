"""One activation by itself: what is written of it, and that the module alone computes it."""

import re

import numpy as np
import pytest
from amaranth.sim import Simulator

from hwlstm.activation import Activation, function
from hwlstm.synth.activation import Alone, activation_verilog, description, envelope

SMALL = {
    "direct, outputs narrower than the format": ("sigmoid", "Q4.3", "Q2.6", {}),
    "lines with a product, signed outputs": ("tanh", "Q3.5", "Q1.7", {"family": "linear"}),
    "comparisons, no register": ("relu", "Q4.3", "Q4.3", {"latency": 0}),
    "one of two functions of a table": ("sigmoid", "Q4.3", "Q1.7", {"family": "shared"}),
}


def small(name: str) -> Activation:
    what, source, to, options = SMALL[name]
    return Activation(what, source, to, max_ulp=1.0, **options)


def declared(verilog: str) -> dict[str, tuple[str, int]]:
    """Port of the top module to its direction and width."""
    found = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", verilog, flags=re.M)
    return {port: (way, int(high or 0) + 1) for way, high, port in found}


@pytest.mark.parametrize("name", SMALL)
def test_module_has_a_clock_and_two_numbers_as_wide_as_their_formats(name):
    activation = small(name)

    verilog = activation_verilog(activation, name="unit")

    assert re.findall(r"^module (\S+)\(", verilog, flags=re.M) == ["unit"]
    assert declared(verilog) == {
        "clk": ("input", 1),
        "x": ("input", activation.in_format.width),
        "y": ("output", activation.out_format.width),
    }


@pytest.mark.parametrize("name", SMALL)
def test_module_gives_every_code_after_its_latency(name):
    activation = small(name)
    top, found = Alone([activation]), []
    codes = np.arange(activation.in_format.lo, activation.in_format.hi + 1)

    async def bench(context):
        for x in [*codes.tolist(), *[0] * activation.latency]:
            context.set(top.x, x)
            if not activation.latency:
                await context.delay(1e-9)
            found.append(context.get(top.whole))
            await context.tick()

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()

    assert found[activation.latency :] == activation.codes.tolist()


def test_verilog_begins_with_what_it_is_and_is_the_same_every_time():
    lines = activation_verilog(small("comparisons, no register")).splitlines()

    assert lines[0] == "// relu: x is Q4.3, y is Q4.3, 0 cycles later"
    assert lines[1] == "// largest error 0 ulp, measured over all 128 codes of x"
    assert lines == activation_verilog(small("comparisons, no register")).splitlines()


def test_module_name_must_be_an_identifier_and_a_nameless_function_has_one():
    activation = Activation(lambda x: 0 * x, "Q1.3", "Q1.3")
    assert "module activation(" in activation_verilog(activation)
    with pytest.raises(ValueError) as error:
        activation_verilog(activation, name="1st")
    assert str(error.value) == (
        "Module name must be an identifier that is no Verilog keyword, not '1st'"
    )


def test_a_unit_of_activations_that_are_not_alike_is_refused():
    pair = Activation("tanh", "Q4.4", "Q1.7"), Activation("relu", "Q4.4", "Q1.7")
    for unlike in (pair, ()):
        with pytest.raises(ValueError) as error:
            activation_verilog(*unlike)
        assert str(error.value) == "Activations of one unit must be one or more of equal likeness"


def test_description_says_what_the_certificate_says():
    activation = Activation(function("elu", alpha=0.5), "Q3.5", "Q3.5", max_ulp=0.75)
    said, errors = description(activation), activation.errors

    assert said["function"] == "elu(alpha=0.5)"
    assert (said["input"], said["output"], said["bound"]) == ("Q3.5", "Q3.5", 0.75)
    assert said["max_ulp"] == np.abs(errors).max() == activation.certificate.max_ulp
    assert abs(errors[round(said["worst"] * 32) + 128]) == pytest.approx(said["max_ulp"])
    assert len(said["least"]) == len(said["greatest"]) == 256
    assert description(activation) == description(Activation("elu", "Q3.5", "Q3.5")) | said


@pytest.mark.parametrize(("codes", "parts"), [(16, 256), (4096, 256), (4096, 768), (1000, 7)])
def test_envelope_holds_the_error_of_every_code(codes, parts):
    errors = np.random.default_rng(codes).uniform(-1, 1, codes)

    least, greatest = (np.array(side) for side in envelope(errors, parts))

    part = (
        np.searchsorted(np.arange(len(least)) * codes // len(least), np.arange(codes), "right") - 1
    )
    assert len(least) == len(greatest) == min(codes, parts)
    assert (least[part] - 5e-4 <= errors).all()
    assert (errors <= greatest[part] + 5e-4).all()
    assert set(np.round(errors, 3)) >= {*least, *greatest}
