"""Samples of a folder as tensors, for learning and measuring."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from stsr_core import scratch
from stsr_core.homogenization import samples
from stsr_core.homogenization.normalization import normalized
from stsr_core.homogenization.plan import read_plan


@dataclass(frozen=True)
class Maps:
    """Samples of one part at one scale, as tensors; physical values.

    Parameters
    ----------
    coefficient : Tensor
        A (n, E, E) float32.
    coarse, fine : Tensor
        (n, N+1, N+1) and (n, αN+1, αN+1) float32.
    load : float
        f.
    """

    coefficient: torch.Tensor
    coarse: torch.Tensor
    fine: torch.Tensor
    load: float = 1.0

    def __len__(self) -> int:
        return len(self.coarse)

    def normalized(self, scale: str, unit: float) -> Maps:
        """With solutions as a network sees them; see :mod:`stsr_core.homogenization.normalization`."""
        coarse = normalized(self.coarse, scale, unit, self.load)
        fine = scratch.empty(self.fine.shape)
        for into, image in zip(
            fine, self.fine, strict=True
        ):  # one at a time: all may be larger than the memory
            into.copy_(normalized(image, scale, unit, self.load))
        return Maps(self.coefficient, coarse, fine)

    def to(self, device: torch.device) -> Maps:
        """On another device."""
        return Maps(self.coefficient.to(device), self.coarse.to(device), self.fine.to(device), self.load)


def files_of(folder: str | Path, part: str) -> list[Path]:
    """The samples of a part: "train", "validation", "test" or "patterns", in order.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = sorted((Path(folder) / part).glob("*.npz"))
    if not found:
        read_plan(folder)
        raise ValueError(f"{os.fspath(folder)}: has no samples in {part}/")
    return found


def read_maps(folder: str | Path, part: str, scale: float, most: int | None = None) -> Maps:
    """Samples of a part at one scale, ``most`` at most; what does not fit in memory lies in a scratch file.

    Raises
    ------
    ValueError
        If there is none, one is damaged or of other sizes.
    """
    files = files_of(folder, part)[:most]
    first = samples.read(files[0], [scale])
    coefficient, coarse, fine = (
        scratch.empty((len(files), *array.shape))
        for array in (first.phases, first.coarse, first.fine[float(scale)])
    )
    for i, path in enumerate(files):
        sample = samples.read(path, [scale])
        found = (sample.coefficient, sample.coarse, sample.fine[float(scale)])
        for into, values in zip((coefficient, coarse, fine), found, strict=True):
            if into.shape[1:] != values.shape:
                rule = f"must have {tuple(into.shape[1:])} values, as the first sample has"
                raise ValueError(f"{path}: {rule}, got {values.shape}")
            into[i] = torch.from_numpy(values)
    return Maps(coefficient, coarse, fine, first.load)
