"""What the command line says of a model file."""

__all__ = ["about", "add_cell"]


def add_cell(it):
    """What an .npz file does not say of its network."""
    about = it.add_argument_group("for an .npz file")
    about.add_argument("--cell", metavar="NAME", help="a bundled cell, or FILE.py:NAME of your own")
    about.add_argument(
        "--steps", choices=("all", "last"), help="which steps the linear layer reads (last)"
    )
    about.add_argument(
        "--classify", action="store_true", help="the result is the index of the largest output"
    )


def about(options) -> dict:
    """What the command line says of an .npz file."""
    given = {"cell": options.cell, "steps": options.steps, "classify": options.classify or None}
    return {name: value for name, value in given.items() if value is not None}
