"""What is known of a ground truth over the steps seen so far: its range, and a sample of its values."""

from __future__ import annotations

import numpy as np

_SAMPLES = 1_000_000


class Survey:
    """Range and sample of one variable.

    Parameters
    ----------
    n_steps : int
        How many steps will be added; the sample holds about a million values of all of them together.

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

    def __init__(self, n_steps: int = 1) -> None:
        self.low, self.high = np.inf, -np.inf
        self._per_step = max(1, _SAMPLES // max(1, n_steps))
        self._samples: list[np.ndarray] = []

    def add(self, values: np.ndarray) -> None:
        """Take in the finite, valid values of a step, flat."""
        if values.size == 0:
            return
        low, high = float(values.min()), float(values.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        # The extremes belong to every sample, so that colours reach them.
        stride = -(-values.size // self._per_step)
        kept = values[::stride] if stride == 1 else np.append(values[::stride], [low, high])
        self._samples.append(kept.astype(np.float64))

    @property
    def range(self) -> float:
        """Greatest minus least value; 0 if there is none."""
        return max(0.0, self.high - self.low)

    def sample(self) -> np.ndarray:
        """Values of all steps, flat float64."""
        return np.concatenate(self._samples) if self._samples else np.empty(0)
