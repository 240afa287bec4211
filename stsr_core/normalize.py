"""Values in and out: one affine per variable over its whole series, and the type in which values leave."""

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


def as_type(values: np.ndarray, dtype: np.dtype | type | str) -> np.ndarray:
    """Floating-point values as another type: nearest whole numbers for integers, clipped to its range.

    Parameters
    ----------
    values : ndarray
        Floating-point numbers of any shape, finite where ``dtype`` is an integer type.
    dtype : dtype
        Integer, floating-point or bool.

    Returns
    -------
    ndarray
        Of the same shape; ``values`` itself where nothing changes.

    Examples
    --------
    >>> as_type(np.array([-3.0, 0.5, 1.5, 254.6, 300.0]), "uint8").tolist()
    [0, 0, 2, 255, 255]
    >>> as_type(np.array([1e6]), "float16").tolist()
    [65504.0]
    """
    dtype = np.dtype(dtype)
    if dtype.kind == "f" and dtype.itemsize >= values.dtype.itemsize:
        return values.astype(dtype, copy=False)
    if dtype.kind == "f":
        largest = np.finfo(dtype).max
        return np.clip(values, -largest, largest).astype(dtype)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    # Floats are sparser than large integers: the last float within the range, not the first beyond it.
    first, last = values.dtype.type(low), values.dtype.type(high)
    if int(last) > high:
        last = np.nextafter(last, values.dtype.type(0))
    return np.clip(np.rint(values), first, last).astype(dtype)
