"""What UVI-Net adds to a blend of warped frames: a U-Net that sees the features of both, warped likewise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from stsr_core.fields.registration.flow import doubled, warped
from stsr_core.fields.registration.unet import UNet


class Features(nn.Module):
    """Features of a frame, each level on every second node of the one before: two convolutions with ReLU.

    Parameters
    ----------
    widths : sequence of int
        Channels of each level.
    step : int
        Nodes from one value of the first level to the next.
    """

    def __init__(self, widths: Sequence[int], step: int) -> None:
        super().__init__()
        before = (1, *widths)
        self.levels = nn.ModuleList(
            nn.Sequential(
                nn.Conv3d(n_in, n, 3, 2 if i else step, 1), nn.ReLU(), nn.Conv3d(n, n, 3, 1, 1), nn.ReLU()
            )
            for i, (n_in, n) in enumerate(zip(before, widths, strict=False))
        )

    def forward(self, frames: torch.Tensor) -> list[torch.Tensor]:
        """(B, 1, Z, Y, X) → (B, widths[k], ⌈Z/s⌉, ⌈Y/s⌉, ⌈X/s⌉), s = step · 2ᵏ, for each k."""
        found = []
        for level in self.levels:
            frames = level(frames)
            found.append(frames)
        return found


class Refinement(nn.Module):
    """A blend of two warped frames, and features of both frames → what is to be added to the blend.

    ::

        frame, displacement ─ features ─ warped ─┐
        frame, displacement ─ features ─ warped ─┴ beside each layer down ─┐
        blend ───────────────────────────────────────────────────────── U-Net ─ convolution: → 1

    Parameters
    ----------
    features : sequence of int
        Channels of :class:`Features`; the U-Net has as many layers down.
    widths : sequence of int
        Channels of the U-Net, down and back.
    step : int
        Nodes from one value of what is added to the next: 1 or 2.
    fade : bool
        Whether less is added towards either frame, by 4 α (1 − α).
    """

    def __init__(self, features: Sequence[int], widths: Sequence[int], step: int, fade: bool) -> None:
        super().__init__()
        self.step, self.fade = step, fade
        n = len(features)
        self.features = Features(features, step)
        self.unet = UNet(
            1, widths[:n], widths[n:], coarse=step == 2, first_stride=step, beside=[2 * f for f in features]
        )
        self.head = nn.Conv3d(self.unet.n_out, 1, 3, 1, 1)
        nn.init.normal_(self.head.weight, std=1e-5)  # nothing is added at first
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(
        self,
        blend: torch.Tensor,
        pairs: torch.Tensor,
        first: torch.Tensor,
        second: torch.Tensor,
        part: torch.Tensor,
    ) -> torch.Tensor:
        """What is to be added to blends.

        Parameters
        ----------
        blend : Tensor
            (B, 1, Z, Y, X)
        pairs : Tensor
            (B, 2, Z, Y, X) frames that it was made of.
        first, second : Tensor
            (B, 3, Z, Y, X) displacements along which they were read, in nodes.
        part : Tensor
            (B, 1, 1, 1, 1) α in [0, 1].

        Returns
        -------
        Tensor
            (B, 1, Z, Y, X)
        """
        carried = []
        of_each = (self.features(pairs[:, i : i + 1]) for i in range(2))
        for k, features in enumerate(zip(*of_each, strict=True)):
            step = self.step * 2**k  # strided convolutions lie on the first of so many nodes
            carried.append(
                [
                    warped(values, u[..., ::step, ::step, ::step] / step)
                    for values, u in zip(features, (first, second), strict=True)
                ]
            )
        added = self.head(self.unet(blend, carried))
        if self.step == 2:
            added = doubled(added, blend.shape[2:])
        return 4 * part * (1 - part) * added if self.fade else added
