"""Small domains and networks that several tests of the block network share."""

from __future__ import annotations

import torch

from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.stsr_inr import StsrInr
from stsr_core.grid import Grid
from stsr_core.normalize import Normalization

#: A network that a test can afford.
SMALL = {"depth": 1, "latent_length": 8, "widths": (8, 16, 32)}


def variable(
    name: str, shape: tuple[int, int, int], scale: int, n_steps: int, gap: int = 1
) -> VariableDomain:
    full = Grid(shape)
    times = tuple(float(t) for t in range(n_steps))
    return VariableDomain(name, full.every(scale), times[:: gap + 1], full, times, Normalization(-1.0, 1.0))


def one_domain(shape: tuple[int, int, int] = (8, 8, 8), scale: int = 2, n_steps: int = 5) -> Domain:
    return Domain([variable("a", shape, scale, n_steps)])


def lively(field: StsrInr) -> StsrInr:
    """Larger output weights, so that heads and positions differ visibly."""
    with torch.no_grad():
        for head in field.network.heads:
            for parameter in head.last.parameters():
                parameter.mul_(20)
    return field
