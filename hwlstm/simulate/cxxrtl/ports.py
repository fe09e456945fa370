"""How the batch driver reaches the ports of one design: a few lines of generated C++."""

import re

__all__ = ["found_ports", "ports_text"]

_PORT = re.compile(r"/\*(?:in|out)put\*/ (?:value|wire)<(\d+)> (p_\w+)")
_ESCAPE = re.compile(r"_(?:_|([0-9a-f]+)_)")
_NUMBER = """\
#include <cstdint>
#include <vector>

template<size_t Bits> const uint32_t *words(const cxxrtl::value<Bits> &port) { return port.data; }
template<size_t Bits> const uint32_t *words(const cxxrtl::wire<Bits> &port) {
    return port.curr.data;
}
template<size_t Bits> constexpr size_t width(const cxxrtl::value<Bits> &) { return Bits; }
template<size_t Bits> constexpr size_t width(const cxxrtl::wire<Bits> &) { return Bits; }
template<bool Signed, class Port> int64_t number(const Port &port) {
    const size_t bits = width(port);
    uint64_t raw = words(port)[0];
    if (bits > 32) raw |= uint64_t(words(port)[1]) << 32;
    if (Signed && bits < 64 && (raw >> (bits - 1) & 1)) raw |= ~uint64_t(0) << bits;
    return int64_t(raw);
}
"""


def ports_text(manifest: dict, taps: list, idle_user: int) -> str:
    """The C++ text that driver.cc expects before itself.

    Parameters
    ----------
    taps : list
        As :meth:`Expected.taps` gives them.
    idle_user : int
        As :attr:`Expected.idle_user` gives it.
    """
    layers = list(dict.fromkeys(layer for (layer, _), _ in taps))
    bits = manifest["input"]["elements"] * manifest["input"]["slot"]
    delays = [tap["delay"] for _, tap in taps]
    constants = {
        "BEAT": -(-bits // 32),
        "LAYERS": len(layers),
        "SIGNALS": len(taps),
        "RING": max(delays, default=0) + 1,
    }
    valid = [
        f"valid[{k}] = d.{_member(f'tap_{layer}_valid')}.template get<uint32_t>();"
        for k, layer in enumerate(layers)
    ]
    cases = [
        f"case {k}: return number<{_truth(tap['signed'])}>(d.{_member(f'tap_{layer}_{signal}')});"
        for k, ((layer, signal), tap) in enumerate(taps)
    ]
    output = _truth(manifest["output"]["signed"])
    return "\n".join(
        [
            _NUMBER,
            f"using Design = cxxrtl_design::{_member(manifest['name'])};",
            *(f"constexpr int64_t {name} = {value};" for name, value in constants.items()),
            f"constexpr uint32_t IDLE_USER = {hex(idle_user)};",
            f"constexpr uint32_t BEAT_MASK = {hex((1 << (bits - 1) % 32 + 1) - 1)};",
            _array("LAYER_OF", [layers.index(layer) for (layer, _), _ in taps]),
            _array("DELAY", delays),
            "inline void sample_valid(const Design &d, bool *valid) {",
            *valid,
            "}",
            "inline int64_t sample(const Design &d, int signal) {",
            "switch (signal) {",
            *cases,
            "default: return 0;",
            "}",
            "}",
            "inline int64_t output_data(const Design &d) {",
            f"return number<{output}>(d.{_member('m_axis_tdata')});",
            "}",
        ]
    )


def found_ports(source: str) -> dict[str, int]:
    """Ports of a design and their widths in bits, from its C++."""
    return {_public(name): int(width) for width, name in _PORT.findall(source)}


def _member(name: str) -> str:
    """CXXRTL's name for a public name."""
    return "p_" + "".join(
        "__" if c == "_" else c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in name
    )


def _public(member: str) -> str:
    """The inverse of :func:`_member`."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else "_", member[2:])


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _array(name: str, numbers: list[int]) -> str:
    """A constant array; C++ has no empty ones."""
    return f"constexpr int {name}[] = {{{', '.join(map(str, numbers or [0]))}}};"
