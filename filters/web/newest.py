"""The newest request wins: what was asked for meanwhile is all that is left to do, and never a queue."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

Wish = TypeVar("Wish")


class Newest(Generic[Wish]):
    """One place for a wish, in which a newer one replaces an older one.

    Examples
    --------
    >>> async def three_at_once():
    ...     place = Newest()
    ...     for wish in (1, 2, 3):
    ...         place.ask(wish)
    ...     return await place.next(), place.changed
    >>> asyncio.run(three_at_once())
    (3, False)
    """

    def __init__(self) -> None:
        self._wishes: list[Wish] = []
        self._there = asyncio.Event()

    @property
    def changed(self) -> bool:
        """Whether there is a wish that nobody has taken; may be asked from any thread."""
        return bool(self._wishes)

    def ask(self, wish: Wish) -> None:
        """Put a wish in the place of an older one."""
        self._wishes[:] = [wish]
        self._there.set()

    async def next(self) -> Wish:
        """Wait for a wish and take it."""
        await self._there.wait()
        self._there.clear()
        return self._wishes.pop()
