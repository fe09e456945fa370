"""Markdown that is readable as plain text too."""

from collections.abc import Sequence

__all__ = ["fenced", "table"]


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: str = "") -> str:
    """An aligned table.

    Parameters
    ----------
    numbers : str
        Letter by letter, "r" for a column that is aligned to the right; the rest to the left.
    """
    lines = [list(map(str, row)) for row in (columns, *rows)]
    widths = [max(3, *(len(line[k]) for line in lines)) for k in range(len(columns))]
    right = [numbers[k : k + 1] == "r" for k in range(len(columns))]
    rule = ["-" * (width - r) + ":" * r for width, r in zip(widths, right, strict=True)]
    return "\n".join(
        "| " + " | ".join(fitted(*cell) for cell in zip(line, widths, right, strict=True)) + " |"
        for line in (lines[0], rule, *lines[1:])
    )


def fitted(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def fenced(text: str, language: str = "") -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"
