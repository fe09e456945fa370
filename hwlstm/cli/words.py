"""A plan and a synthesis in one line each."""

__all__ = ["describe_plan", "describe_synthesis"]


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


def describe_synthesis(result) -> str:
    clock = f", {result.fmax_mhz:.1f} MHz routed" if result.fmax_mhz else ""
    fits = "" if result.fits else f"; does not fit: {', '.join(result.excess)}"
    return (
        f"{result.device}: {result.lut_sites} LUT sites, {result.ff} FF, {result.dsp} DSP, "
        f"{result.block_ram} block RAM{clock}{fits}"
    )
