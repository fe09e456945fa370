"""The option --resources, of whatever holds activations."""

from argparse import ArgumentTypeError

from ..activation import RESOURCES

__all__ = ["add_resources"]


def add_resources(group):
    group.add_argument(
        "--resources",
        type=resources,
        default=RESOURCES,
        metavar="LIST",
        help="what activations may take besides look-up tables: "
        f"{','.join(RESOURCES)}; or none (all)",
    )


def resources(text: str) -> tuple[str, ...]:
    words = text.lower().replace(" ", "")
    named = () if words == "none" else tuple(words.split(","))
    if not set(named) <= set(RESOURCES):
        raise ArgumentTypeError(f"must be of {', '.join(RESOURCES)}, or none, not {text!r}")
    return named
