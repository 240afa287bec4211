"""One affine per variable over its whole series, kept in the checkpoint and inverted on every output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

Array = TypeVar("Array", bound=Any)  # numpy array or torch tensor


@dataclass(frozen=True)
class Normalization:
    """Maps [low, high] to [−1, 1]: n = (v − center) / half_range.

    A constant variable (low = high) maps to 0 and decodes to the constant.

    Examples
    --------
    >>> n = Normalization(low=0.0, high=4.0)
    >>> n.encode(np.array([0.0, 1.0, 4.0])).tolist(), n.decode(np.array([0.5])).tolist()
    ([-1.0, -0.5, 1.0], [3.0])
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low <= self.high):
            raise ValueError(
                f"value range must be finite with low <= high, got low={self.low}, high={self.high}"
            )

    @property
    def center(self) -> float:
        return self.low + 0.5 * (self.high - self.low)

    @property
    def half_range(self) -> float:
        return 0.5 * (self.high - self.low)

    def encode(self, values: Array) -> Array:
        """Physical → normalised; a numpy array or a torch tensor of any shape."""
        return (values - self.center) / (self.half_range or 1.0)  # type: ignore[operator, return-value]

    def decode(self, values: Array) -> Array:
        """Normalised → physical."""
        return values * self.half_range + self.center  # type: ignore[operator, return-value]
