"""What fields share that make finer frames of the kept ones, each frame by itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
import torch

from stsr_core.coordinates import Domain
from stsr_core.fields.base import Axes, Sampler, as_arrays
from stsr_core.fields.interpolation.axis_basis import AxisBasis

#: What is made of a kept frame.
Made = TypeVar("Made")
#: What is made of so many frames of a variable is held: a time between two needs both.
_HELD = 2


class FrameBuffers(torch.nn.Module):
    """The kept frames of every variable, as buffers.

    Parameters
    ----------
    domain : Domain
    """

    def __init__(self, domain: Domain) -> None:
        super().__init__()
        for i, v in enumerate(domain):
            # One zero seen everywhere: it takes no memory until the frames take its place.
            self.register_buffer(f"frames_{i}", torch.zeros(()).expand(len(v.times), *v.grid.shape))
        self.register_load_state_dict_post_hook(lambda module, keys: module.forget())

    def take(self, values: Sequence[torch.Tensor]) -> None:
        """Take the normalised kept samples (T, Z, Y, X), one tensor per variable; they are not copied."""
        self.forget()
        for i, frames in enumerate(values):
            setattr(self, f"frames_{i}", frames)

    def forget(self) -> None:
        """Forget what was made of other frames, or with other weights."""
        raise NotImplementedError

    def of(self, index: int) -> torch.Tensor:
        """The frames (T, Z, Y, X) of a variable."""
        return self.get_buffer(f"frames_{index}")


class KeptFrames(FrameBuffers, Generic[Made]):
    """The kept frames of every variable, and what a network makes of those that were asked for last.

    Between two kept times a field is linear, before the first and after the last it holds.

    Parameters
    ----------
    domain : Domain
    """

    def __init__(self, domain: Domain) -> None:
        super().__init__(domain)
        self._times = [AxisBasis(v.normalized_axes(v.grid, np.asarray(v.times))[0], "linear") for v in domain]
        self._made: OrderedDict[tuple[int, int], Made] = OrderedDict()

    def forget(self) -> None:
        """Forget what was made of frames with other weights."""
        self._made.clear()

    def sampler(
        self,
        latent: torch.Tensor,
        make: Callable[[int, torch.Tensor], Made],
        read: Callable[[int, Made, Axes], torch.Tensor],
    ) -> Sampler:
        """A function on product grids; variables of weight 0 cost nothing.

        Parameters
        ----------
        latent : Tensor
            (n_variables,) weights.
        make : callable
            Number of a variable, one of its frames (Z, Y, X) → what is held of it.
        read : callable
            Number of a variable, what is held of a frame, normalised axes (t, z, y, x) → values (Z, Y, X),
            normalised.
        """
        weighted = [(weight, i) for i, weight in enumerate(latent.tolist()) if weight != 0]
        held = _HELD * len(weighted)

        def made(i: int, k: int) -> Made:
            if (i, k) not in self._made:
                self._made[i, k] = make(i, self.of(i)[k])
            self._made.move_to_end((i, k))
            while len(self._made) > held:
                self._made.popitem(last=False)
            return self._made[i, k]

        def sample(axes: Axes) -> torch.Tensor:
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            times = as_arrays(axes[:1])[0]
            for weight, i in weighted:
                for j in range(len(times)):
                    first, shares = self._times[i].weights(times[j : j + 1])
                    for k, share in enumerate(shares[0].tolist(), start=first):
                        if share != 0:
                            total[j].add_(read(i, made(i, k), axes), alpha=weight * share)
            return total

        return sample
