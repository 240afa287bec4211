"""Gaussian smoothing as a product with one small matrix per axis, and over neighbouring intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

import torch

#: Entries below this are left out: after a few products they are denormal numbers, twenty times slower.
_NEGLIGIBLE = 1e-6


@lru_cache(maxsize=64)
def gaussian_matrix(n: int, width: float, periodic: bool = False) -> torch.Tensor:
    """Weights (n, n), float32, of a Gaussian of standard deviation ``width`` in nodes; each row sums to 1.

    Near the ends the row keeps what lies inside and is normalised again; on a periodic axis the distance is
    the shorter way round.

    Examples
    --------
    >>> gaussian_matrix(3, 1.0)[1].double().round(decimals=4).tolist()
    [0.2741, 0.4519, 0.2741]
    """
    i = torch.arange(n, dtype=torch.float32)
    distance = (i[:, None] - i).abs()
    if periodic:
        distance = torch.minimum(distance, n - distance)
    matrix = torch.exp(-0.5 * (distance / width) ** 2)
    matrix = matrix / matrix.sum(1, keepdim=True)
    matrix[matrix < _NEGLIGIBLE] = 0.0
    return matrix / matrix.sum(1, keepdim=True)


def smoothed(values: torch.Tensor, width: float, periodic: tuple[bool, bool, bool]) -> torch.Tensor:
    """Values (…, Z, Y, X) smoothed with a Gaussian of ``width`` nodes along the last three axes."""
    z, y, x = (
        gaussian_matrix(n, width, p).to(values.device)
        for n, p in zip(values.shape[-3:], periodic, strict=True)
    )
    values = y @ (values @ x.T)
    return (z @ values.flatten(-2)).view(values.shape)


def over_intervals(
    values: torch.Tensor, before: torch.Tensor | None = None, after: torch.Tensor | None = None
) -> torch.Tensor:
    """Each interval (first axis) averaged with its neighbours: ¼, ½, ¼, and ⅔, ⅓ at the ends.

    Parameters
    ----------
    before, after : Tensor, optional
        The intervals next to the first and to the last one, where ``values`` are some of a longer sequence.

    Examples
    --------
    >>> over_intervals(torch.tensor([0.0, 6.0, 12.0])).tolist()
    [2.0, 6.0, 10.0]
    >>> over_intervals(torch.tensor([6.0]), before=torch.tensor(0.0)).tolist()
    [4.0]
    """
    mixed = values.clone()
    for k, value in enumerate(values):
        left = values[k - 1] if k > 0 else before
        right = values[k + 1] if k + 1 < len(values) else after
        beside = [neighbour for neighbour in (left, right) if neighbour is not None]
        for neighbour in beside:
            mixed[k].add_(neighbour - value, alpha=0.25 if len(beside) == 2 else 1 / 3)
    return mixed


def over_blocks(blocks: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
    """:func:`over_intervals` of intervals that come a few at a time, each block when the next one is there.

    Examples
    --------
    >>> [block.tolist() for block in over_blocks([torch.tensor([0.0]), torch.tensor([6.0, 12.0])])]
    [[2.0], [6.0, 10.0]]
    """
    before: torch.Tensor | None = None
    block: torch.Tensor | None = None
    for after in chain(blocks, [None]):
        if block is not None:
            yield over_intervals(block, before, None if after is None else after[0])
            before = block[-1]
        block = after
