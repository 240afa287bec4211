"""Decoded steps that are kept, bounded in bytes, by all filters of this process together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping

import numpy as np


class StepCache:
    """Decoded arrays by what they hold; the least recently used go first.

    Examples
    --------
    >>> cache = StepCache()
    >>> for i in range(4):
    ...     cache.keep({i: np.zeros(10, np.float32)}, capacity=100)
    >>> cache.n_bytes, list(cache.take(range(4)))
    (80, [2, 3])
    """

    def __init__(self) -> None:
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()

    @property
    def n_bytes(self) -> int:
        """Bytes held now."""
        return sum(values.nbytes for values in self._arrays.values())

    def has(self, keys: Iterable[Hashable]) -> bool:
        """Whether all of ``keys`` are here."""
        return all(key in self._arrays for key in keys)

    def take(self, keys: Iterable[Hashable]) -> dict[Hashable, np.ndarray]:
        """Take out those of ``keys`` that are here; :meth:`keep` puts them back as the last used."""
        return {key: self._arrays.pop(key) for key in keys if key in self._arrays}

    def keep(self, step: Mapping[Hashable, np.ndarray], capacity: int) -> None:
        """Keep the arrays of one step, in place of those that were used longest ago.

        Parameters
        ----------
        step : mapping of hashable to ndarray
        capacity : int
            Most bytes that are held afterwards, >= 0. A step that is larger is not kept.
        """
        if sum(values.nbytes for values in step.values()) > capacity:
            return
        self._arrays.update(step)
        while self.n_bytes > capacity:
            self.drop_oldest()

    def drop_oldest(self) -> bool:
        """Give back the array that was used longest ago; False if there is none."""
        if self._arrays:
            self._arrays.popitem(last=False)
            return True
        return False

    def drop(self, unwanted: Callable[[Hashable], bool]) -> None:
        """Give back what ``unwanted`` says of its key."""
        for key in [key for key in self._arrays if unwanted(key)]:
            del self._arrays[key]
