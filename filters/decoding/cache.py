"""Decoded steps that are kept, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping

import numpy as np


class StepCache:
    """Decoded arrays by what they hold; the least recently used go first.

    Parameters
    ----------
    capacity : int
        Most bytes, >= 0. A step that is larger is not kept.
    most_steps : int
        Most steps (the arrays of one grid at one time), >= 0.

    Examples
    --------
    >>> cache = StepCache(capacity=100, most_steps=8)
    >>> for i in range(4):
    ...     cache.keep({i: np.zeros(10, np.float32)})
    >>> cache.n_bytes, list(cache.take(range(4)))
    (80, [2, 3])
    """

    def __init__(self, capacity: int, most_steps: int) -> None:
        self.capacity = capacity
        self.most_steps = most_steps
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()

    @property
    def n_bytes(self) -> int:
        """Bytes held now."""
        return sum(values.nbytes for values in self._arrays.values())

    def take(self, keys: Iterable[Hashable]) -> dict[Hashable, np.ndarray]:
        """Take out those of ``keys`` that are here; :meth:`keep` puts them back as the last used."""
        return {key: self._arrays.pop(key) for key in keys if key in self._arrays}

    def keep(self, step: Mapping[Hashable, np.ndarray]) -> None:
        """Keep the arrays of one step, in place of those that were used longest ago."""
        if sum(values.nbytes for values in step.values()) > self.capacity:
            return
        self._arrays.update(step)
        while len(self._arrays) > self.most_steps * len(step) or self.n_bytes > self.capacity:
            self.drop_oldest()

    def drop_oldest(self) -> bool:
        """Give back the array that was used longest ago; False if there is none."""
        if self._arrays:
            self._arrays.popitem(last=False)
            return True
        return False

    def clear(self) -> None:
        """Give back all."""
        self._arrays.clear()
