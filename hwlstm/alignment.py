"""One broadcast of columns for gates whose weights have different formats."""

from collections.abc import Mapping

__all__ = ["column_shifts"]


def column_shifts(fracs: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The least left shift of each column source that aligns the products of every gate.

    Sources that no gate and no chain of gates adds up with each other are aligned apart.

    Parameters
    ----------
    fracs : dict
        Gate to {source: fraction bits of weight x column}.

    Raises
    ------
    ValueError
        No shifts align a gate as well as those before it.
    """
    groups: list[dict[str, int]] = []
    for gate, own in fracs.items():
        total = max(own.values())
        joined = {s: total - frac for s, frac in own.items()}
        apart = []
        for group in groups:
            shared = [s for s in own if s in group]
            if not shared:
                apart.append(group)
                continue
            moved = joined[shared[0]] - group[shared[0]]
            if any(joined[s] - group[s] != moved for s in shared):
                raise ValueError(
                    f"weights of gate {gate} must be shifted alike against those of the other "
                    f"gates, not have products of {own} fraction bits"
                )
            joined |= {s: shift + moved for s, shift in group.items()}
        groups = [*apart, joined]
    return {s: shift - min(group.values()) for group in groups for s, shift in group.items()}
