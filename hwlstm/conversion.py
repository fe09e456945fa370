"""What is done to the input in front of the first layer: each column by a line of its own."""

from dataclasses import dataclass

import numpy as np

__all__ = ["IDENTITY", "Conversion"]


@dataclass(frozen=True, eq=False)
class Conversion:
    """(x - offset) / scale, column by column; exact where offset is 0 and scale a power of two.

    Parameters
    ----------
    offset, scale : array (inputs,) or float
        Finite; scale is not 0.
    """

    offset: np.ndarray | float = 0.0
    scale: np.ndarray | float = 1.0

    def __post_init__(self):
        for name in ("offset", "scale"):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.ndim > 1 or not np.isfinite(values).all():
                raise ValueError(f"Conversion {name} must be finite numbers (inputs,)")
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        if not self.scale.all():
            raise ValueError("Conversion scale must not be 0")

    @property
    def is_identity(self) -> bool:
        return not self.offset.any() and bool((self.scale == 1).all())

    def __call__(self, x):
        """Real input (..., inputs) as the first layer sees it."""
        return (np.asarray(x, dtype=np.float64) - self.offset) / self.scale

    @property
    def inverse(self) -> "Conversion":
        return Conversion(-self.offset / self.scale, 1 / self.scale)

    def by_column(self, inputs: int) -> dict[str, list[float]]:
        """Offset and scale of every column, as JSON has them; empty if nothing is done."""
        if self.is_identity:
            return {}
        lines = {"offset": self.offset, "scale": self.scale}
        return {name: np.broadcast_to(values, inputs).tolist() for name, values in lines.items()}

    def after(self, first: "Conversion") -> "Conversion":
        """This one on what `first` gives."""
        return Conversion(first.offset + self.offset * first.scale, first.scale * self.scale)


IDENTITY = Conversion()
