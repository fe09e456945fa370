"""A plan and a synthesis in one line each."""

__all__ = ["describe_area", "describe_clock", "describe_plan", "describe_synthesis"]


def describe_plan(manifest: dict) -> str:
    layers = ", ".join(
        f"{layer['name']} {layer['inputs']}->{layer['units']} on {layer['lanes']} lanes "
        f"x {layer['columns']}"
        for layer in manifest["layers"]
    )
    return (
        f"{layers}; {manifest['cycles']['step']} cycles a step, {manifest['multipliers']} "
        f"multipliers, {manifest['memory_bits']} memory bits"
    )


def describe_area(result) -> str:
    fits = "" if result.fits else f"; does not fit: {', '.join(result.excess)}"
    return (
        f"{result.device}: {result.lut_sites} LUT sites, {result.ff} FF, {result.dsp} DSP, "
        f"{result.block_ram} block RAM{fits}"
    )


def describe_clock(result) -> str:
    """The routed clock with the caveat that belongs beside it, or why there is none."""
    if not result.routes:
        return "none, since it was not placed and routed"
    if not result.fmax_mhz:
        return "none to quote: see the caveats"
    seeds = len(result.routes)
    how = "one seed: another may differ by 15 %" if seeds == 1 else f"median of {seeds} seeds"
    return f"{result.fmax_mhz:.0f} MHz, routed alone on the device ({how})"


def describe_synthesis(result) -> str:
    clock = f"; {describe_clock(result)}" if result.fmax_mhz else ""
    return describe_area(result) + clock
