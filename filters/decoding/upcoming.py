"""Which times will be asked for next, as far as those before let guess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Upcoming:
    """The direction of play, and its stride where that is the same twice.

    Examples
    --------
    >>> upcoming, listed = Upcoming(), [0.0, 1.0, 2.0, 3.0, 4.0]
    >>> upcoming.after(1.0, listed)
    (2.0, 3.0, 4.0)
    >>> upcoming.after(2.0, listed), upcoming.after(1.0, listed)
    ((3.0, 4.0), (0.0,))
    >>> upcoming.after(0.75, listed), upcoming.after(0.5, listed)
    ((0.0,), (0.25, 0.0))
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._stride = 0.0

    def after(self, time: float, listed: Sequence[float] | np.ndarray) -> tuple[float, ...]:
        """Times that may follow ``time``, the next one first, at most three.

        Parameters
        ----------
        time : float
            What is asked for now.
        listed : sequence of float
            The time steps of the animation bar, ascending.
        """
        stride = self._stride if self._last is None or time == self._last else time - self._last
        same = stride != 0 and np.isclose(stride, self._stride)
        self._last, self._stride = time, stride
        ahead = [
            float(t) for t in (listed if stride >= 0 else listed[::-1]) if (t - time) * (stride or 1) > 0
        ]
        # An animation that is a sequence of frames shows times that are not listed.
        if same and not any(np.isclose(t, time + stride) for t in ahead[:1]):
            low, high = float(listed[0]), float(listed[-1])
            ahead = [t for t in (time + stride, time + 2 * stride) if low <= t <= high] or ahead
        return tuple(ahead[:3])
