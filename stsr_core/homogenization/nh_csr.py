"""NH-CSR: the correction as the sum of a coarse and a fine implicit branch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from stsr_core.homogenization.attention import HIDDEN, Branch, Maps
from stsr_core.homogenization.configuration import FEATURES, Configuration
from stsr_core.homogenization.targets import Targets


class TwoBranches(nn.Module):
    """The correction at any target. ::

        features ─┬───────────────── coarse ── + ── last ── correction
                  └─ pixel shuffle ─ fine ──── ┘

    With k = 2 the branches and the last layer have 741,009 parameters, with k = 8 715,089.
    """

    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        c = configuration
        self.shuffle = c.shuffle
        self.coarse = Branch(FEATURES, c)
        self.fine = Branch(FEATURES // c.shuffle**2, c) if c.branches == "both" else None
        self.last = nn.Linear(HIDDEN, 1)

    def maps(self, features: torch.Tensor) -> list[Maps]:
        """Of each branch, of features (B, 64, S, S)."""
        of_coarse = self.coarse.maps(features)
        if self.fine is None:
            return [of_coarse]
        return [of_coarse, self.fine.maps(F.pixel_shuffle(features, self.shuffle))]

    def forward(self, maps: list[Maps], targets: Targets) -> torch.Tensor:
        """(B, P)."""
        total: torch.Tensor = self.last.bias
        for branch, of_branch in zip((self.coarse, self.fine), maps, strict=False):
            assert branch is not None
            # Two linear layers follow each other here: their product is one row, and a quarter less work.
            linear = branch.function[-1]
            assert isinstance(linear, nn.Linear)
            row = self.last.weight @ linear.weight
            total = total + F.linear(branch(of_branch, targets), row, self.last.weight @ linear.bias)[..., 0]
        return total
