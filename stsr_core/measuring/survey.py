"""What is known of a variable over the steps seen so far: its range, and a sample of its values."""

from __future__ import annotations

import numpy as np

_SAMPLES = 1_000_000


class Survey:
    """Range and sample of one variable over several steps.

    Parameters
    ----------
    n_steps : int
        How many steps will be added; each has the same share of the sample.
    samples : int
        About how many values the sample holds of all steps together.

    Attributes
    ----------
    low, high : float
        Least and greatest value seen; +inf and -inf before the first.

    Examples
    --------
    >>> survey = Survey()
    >>> survey.add(np.array([2.0, 5.0])); survey.add(np.array([-1.0]))
    >>> survey.low, survey.high, survey.sample().tolist()
    (-1.0, 5.0, [2.0, 5.0, -1.0])
    """

    def __init__(self, n_steps: int = 1, samples: int = _SAMPLES) -> None:
        self.low, self.high = np.inf, -np.inf
        self._per_step = max(1, samples // max(1, n_steps))
        self._samples: list[np.ndarray] = []
        self._n_seen = 0

    def add(self, values: np.ndarray) -> None:
        """Take in the values of a step; those that are not finite are left out."""
        values = np.asarray(values).ravel()
        values = values[np.isfinite(values)]
        if values.size == 0:
            return
        stride = -(-values.size // self._per_step)
        # Each step begins elsewhere: what stands still is then not met at the same places every time.
        self._samples.append(values[self._n_seen % stride :: stride].astype(np.float64))
        self._n_seen += 1
        low, high = float(values.min()), float(values.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        if stride > 1:
            self.widen(low, high)

    def widen(self, low: float, high: float) -> None:
        """Take in the extremes of a step whose values are thinned out; they belong to the sample."""
        self.low, self.high = min(self.low, low), max(self.high, high)
        self._samples.append(np.array([low, high], dtype=np.float64))

    @property
    def range(self) -> float:
        """Greatest minus least value; 0 if there is none."""
        return max(0.0, self.high - self.low)

    @property
    def extremes(self) -> tuple[float, ...]:
        """(least, greatest) value, () if there is none."""
        return (self.low, self.high) if self.low <= self.high else ()

    def sample(self) -> np.ndarray:
        """Values of all steps, flat float64; the extremes of each are among them, so that colours reach them.

        Examples
        --------
        >>> survey = Survey(samples=2)
        >>> survey.add(np.array([1.0, 7.0, 2.0, 3.0]))
        >>> survey.sample().tolist()
        [1.0, 2.0, 1.0, 7.0]
        """
        return np.concatenate(self._samples) if self._samples else np.empty(0)
