"""Kept samples that are missing: filled smoothly where splines and motion read them, NaN in the output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from stsr_core.coordinates import VariableDomain
from stsr_core.fields.interpolation.axis_basis import AxisBasis, separable

#: Passes in which filled values become the mean of their neighbours: smooth as far in as splines see.
_PASSES = 20
#: A position is in a gap where more than this share of the samples around it is missing; above ½ by what
#: rounding does, so that the middle between a known and a missing node is known on every machine.
_MISSING_FROM = 0.5 + 1e-4


class Gaps(torch.nn.Module):
    """Where the kept samples of one variable are missing; nothing is stored of a variable that has all.

    Parameters
    ----------
    variable : VariableDomain
        Its ``masked`` says whether any is missing.
    """

    missing: torch.Tensor

    def __init__(self, variable: VariableDomain) -> None:
        super().__init__()
        self.masked = variable.masked
        if self.masked:
            nodes = variable.normalized_axes(variable.grid, np.asarray(variable.times))
            self._axes = [AxisBasis(axis, "linear") for axis in nodes]
            self.register_buffer("missing", torch.zeros([len(axis) for axis in nodes], dtype=torch.bool))

    def take(self, values: torch.Tensor) -> torch.Tensor:
        """Remember where kept samples (T, Z, Y, X) are NaN; the samples with those filled."""
        if not self.masked:
            return values
        self.missing.copy_(values.isnan())
        return filled(values)

    def known(self) -> torch.Tensor | None:
        """True where there is a sample (T, Z, Y, X); None where there is one everywhere."""
        return ~self.missing if self.masked else None

    def hide(self, values: torch.Tensor, positions: Sequence[np.ndarray]) -> torch.Tensor:
        """Put NaN into values (T, Z, Y, X) at normalised positions (t, z, y, x) that lie in a gap.

        The mask is interpolated linearly in space and time, and what is more than half missing is. A gap that
        does not move has the same extent at all times; one of a single step reaches half-way to the next.
        """
        if self.masked:
            share = separable(self.missing.to(values.dtype), self._axes, positions)
            values[share > _MISSING_FROM] = torch.nan
        return values


def filled(values: torch.Tensor) -> torch.Tensor:
    """Samples (T, Z, Y, X) with NaN replaced by the nearest of the same step, then by means of neighbours.

    A step without any sample is the nearest one in number that has some.

    Raises
    ------
    ValueError
        If all samples are NaN.

    Examples
    --------
    >>> line = torch.tensor([0.0, torch.nan, torch.nan, 3.0]).view(1, 1, 1, 4)
    >>> filled(line).flatten().round(decimals=2).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    if not values.isnan().any():
        return values
    steps = values.cpu().numpy().copy()
    (with_samples,) = np.nonzero(~np.isnan(steps).all(axis=(1, 2, 3)))
    if not len(with_samples):
        raise ValueError("values must hold a sample that is not NaN, got none")
    for t in with_samples:
        _fill(steps[t])
    for t in np.setdiff1d(np.arange(len(steps)), with_samples):
        steps[t] = steps[with_samples[np.abs(with_samples - t).argmin()]]
    return torch.from_numpy(steps).to(values.device)


def _fill(step: np.ndarray) -> None:
    """Replace NaN of one step (Z, Y, X) in place."""
    from scipy.ndimage import distance_transform_edt

    missing = np.isnan(step)
    if not missing.any():
        return
    nearest = distance_transform_edt(missing, return_distances=False, return_indices=True)
    step[:] = step[tuple(nearest)]
    gap = np.nonzero(missing)
    neighbours = []
    for axis, n in enumerate(step.shape):
        for side in (-1, 1) if n > 1 else ():
            beside = list(gap)
            beside[axis] = np.clip(gap[axis] + side, 0, n - 1)
            neighbours.append(np.ravel_multi_index(tuple(beside), step.shape))
    flat, where = step.reshape(-1), np.ravel_multi_index(gap, step.shape)
    for _ in range(_PASSES):
        flat[where] = np.mean([flat[beside] for beside in neighbours], axis=0)
