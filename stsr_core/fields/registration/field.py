"""VoxelMorph and UVI-Net as continuous fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np
import torch

from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler, as_arrays, place_of
from stsr_core.fields.frames import FrameBuffers
from stsr_core.fields.interpolation.axis_basis import NODE_TOLERANCE, AxisBasis
from stsr_core.fields.motion.trajectories import Moment
from stsr_core.fields.registration.configuration import UviNetConfig, VoxelMorphConfig, configured
from stsr_core.fields.registration.flow import FlowNetwork, warped
from stsr_core.fields.registration.refinement import Refinement
from stsr_core.memory import check_memory


class Registration(FrameBuffers):
    """What VoxelMorph and UVI-Net share: kept frames, flows between two of them, and the frames between.

    ::

        kept frames I₀, I₁ of an interval ─ FlowNetwork ─ φ₀₁, φ₁₀
        I_α(x) = (1 − α) · I₀(x + α φ₀₁(x)) + α · I₁(x + (1 − α) φ₁₀(x))  (+ refinement) ─ spline in space

    α is where a time lies in its interval, whose length does not matter: steps may be irregular. After the
    last kept frame α is above 1 and that frame alone goes on along φ₁₀. Frames are made on the kept nodes;
    between those the cubic spline through them is read, for registration knows nothing finer.

    Every variable goes through the same networks, which are not told which one it is. The latent vector of a
    variable picks its frames; that of a blend is the weighted sum of frames.

    Parameters
    ----------
    domain : Domain
        At least two kept steps of each variable.
    config : VoxelMorphConfig
    refinement : Refinement, optional

    Raises
    ------
    ValueError
        If a variable has a single kept step.
    """

    kind: ClassVar[str]

    def __init__(
        self, domain: Domain, config: VoxelMorphConfig, refinement: Refinement | None = None
    ) -> None:
        super().__init__(domain)
        self.domain = domain
        self.config = config
        self.flow = FlowNetwork(config.encoder, config.decoder, config.step)
        self.refinement = refinement
        self._times: list[list[float]] = []
        self._space: list[list[AxisBasis]] = []
        for v in domain:
            if len(v.times) < 2:
                raise ValueError(
                    f"{self.kind} registers two kept steps, so at least two must be kept, got {len(v.times)} "
                    f"of {len(v.full_times)} of {v.name}"
                )
            times, *space = v.normalized_axes(v.grid, np.asarray(v.times))
            self._times.append(times.tolist())
            self._space.append([AxisBasis(axis, "bspline") for axis in space])
        # variable → what was made last, an interval and its flows, a time and its frame: tiles share them.
        self._flows: dict[int, tuple[int, torch.Tensor]] = {}
        self._frames: dict[int, tuple[float, torch.Tensor]] = {}

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def forget(self) -> None:
        """Forget flows and frames that were made with other weights."""
        self._flows.clear()
        self._frames.clear()

    def train(self, mode: bool = True) -> Registration:
        """As of every module; what was made with the weights before is forgotten."""
        self.forget()
        return super().train(mode)

    def latent(self, variable: str) -> torch.Tensor:
        """Weights (n_variables,): 1 for the variable, 0 for the others."""
        return place_of(self.domain, variable, self.of(0).device)

    def pair(self, index: int, interval: int) -> torch.Tensor:
        """The two kept frames (1, 2, Z, Y, X) of an interval of a variable, in [0, 1]."""
        return 0.5 * (self.of(index)[interval : interval + 2][None] + 1)

    def between(
        self, pairs: torch.Tensor, flows: torch.Tensor, part: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Frames between pairs of frames.

        Parameters
        ----------
        pairs : Tensor
            (B, 2, Z, Y, X) in [0, 1].
        flows : Tensor
            (B, 6, Z, Y, X) of :class:`~stsr_core.fields.registration.flow.FlowNetwork`.
        part : Tensor
            (B, 1, 1, 1, 1) α: 0 at the first frame, 1 at the second.

        Returns
        -------
        Tensor, Tensor or None
            (B, 1, Z, Y, X) frames, and what the refinement added to each.
        """
        first, second = part * flows[:, :3], (1 - part) * flows[:, 3:]
        share = part.clamp(0, 1) if self.config.both_ends else torch.zeros_like(part)
        blend = (1 - share) * warped(pairs[:, :1], first) + share * warped(pairs[:, 1:], second)
        if self.refinement is None:
            return blend, None
        correction = self.refinement(blend, pairs, first, second, share)
        return blend + correction, correction

    @torch.no_grad()
    def frame(self, index: int, time: float) -> torch.Tensor:
        """Normalised frame (Z, Y, X) of a variable on its kept nodes, at a normalised time."""
        nearest = min(self._times[index], key=lambda kept: abs(kept - time))
        if abs(nearest - time) <= NODE_TOLERANCE:  # rounded to float32, it may lie in the interval before
            time = nearest
        if index not in self._frames or self._frames[index][0] != time:
            moment = Moment.of(time, self._times[index])
            pair = self.pair(index, moment.interval)
            if index not in self._flows or self._flows[index][0] != moment.interval:
                nodes = pair[0, 0].numel()
                needed = 4 * nodes * self.flow.channels
                check_memory(needed, f"registering two frames of {tuple(pair.shape[2:])} nodes")
                self._flows[index] = moment.interval, self.flow(pair)
            part = torch.full((1, 1, 1, 1, 1), moment.phase, device=pair.device)
            made, _ = self.between(pair, self._flows[index][1], part)
            self._frames[index] = time, 2 * made[0, 0] - 1
        return self._frames[index][1]

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; variables of weight 0 cost nothing."""
        weighted = [(weight, i) for i, weight in enumerate(latent.tolist()) if weight != 0]

        def sample(axes: Sequence[torch.Tensor]) -> torch.Tensor:
            times, *space = as_arrays(axes)
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            for weight, i in weighted:
                matrices = [_spline(basis, where) for basis, where in zip(self._space[i], space, strict=True)]
                for values, time in zip(total, times.tolist(), strict=True):
                    values.add_(_product(self.frame(i, time), matrices), alpha=weight)
            return total

        return sample

    def bytes_per_sample(self) -> int:
        """The value, the product before it, and the share of the frame read."""
        return 64


class VoxelMorph(Registration):
    """A U-Net that registers neighbouring kept frames, which are warped to the times between.

    Learned on the sequence alone: φ₀₁ is to make I₁ of I₀ and φ₁₀ the reverse. Kept samples are reproduced,
    but for ``both_ends=False``, where the frame before is warped alone.

    Parameters
    ----------
    domain : Domain
    profile : {"fast", "paper"}
    **configuration
        Entries of :class:`~stsr_core.fields.registration.configuration.VoxelMorphConfig`, in place of the
        profile's; unknown names are a TypeError.

    Examples
    --------
    Parameters of the profile "paper": 302,710.

    Notes
    -----
    Balakrishnan, Zhao, Sabuncu, Guttag and Dalca, "VoxelMorph: A learning framework for deformable medical
    image registration", IEEE TMI 2019, whose network gives the flow one way. Its package and MONAI's network
    were weighed: what is needed of them is a U-Net of some sixty lines, here one for axes of any length that
    can end on every second node, and which the refinement of UVI-Net varies.
    """

    kind: ClassVar[str] = "voxelmorph"

    def __init__(self, domain: Domain, profile: str = "fast", **configuration: Any) -> None:
        super().__init__(domain, configured(VoxelMorphConfig, profile, **configuration))


class UviNet(Registration):
    """Flows both ways that also lead back from frames made with them, and a network that mends the blend.

    ::

        I₀, I₁ ─ φ ─ I₋ (α₁ ∈ (−½, 0)), I_α (α₂ ∈ (0, 1)), I₊ (α₃ ∈ (1, 1½))
        (I₋, I_α) ─ φ ─ between ─ must be I₀        (I_α, I₊) ─ φ ─ between ─ must be I₁

    Parameters
    ----------
    domain : Domain
    profile : {"fast", "paper"}
    **configuration
        Entries of :class:`~stsr_core.fields.registration.configuration.UviNetConfig`, in place of the
        profile's; unknown names are a TypeError.

    Examples
    --------
    Parameters of the profile "paper": 485,191.

    Notes
    -----
    Kim, Yoon, Park, Kim and Yang, "Data-efficient unsupervised interpolation without any intermediate frame
    for 4D medical images", CVPR 2024. There, and in the profile "paper", the refinement adds to frames
    however near to a kept one; in "fast" it fades, so that kept samples are reproduced and nothing jumps.
    """

    kind: ClassVar[str] = "uvi_net"

    def __init__(self, domain: Domain, profile: str = "fast", **configuration: Any) -> None:
        config = configured(UviNetConfig, profile, **configuration)
        refinement = Refinement(config.features, config.refinement, config.step, config.fade)
        super().__init__(domain, config, refinement)


def _spline(basis: AxisBasis, positions: np.ndarray) -> np.ndarray:
    """Weights (P, n) of the node values in the spline through them, at ``positions``."""
    first, columns = basis.weights(positions)
    return columns @ basis.coefficients(np.eye(len(basis.nodes)))[first : first + columns.shape[1]]


def _product(volume: torch.Tensor, matrices: Sequence[np.ndarray]) -> torch.Tensor:
    """Volume (Z, Y, X) times the weights of each axis."""
    z, y, x = (torch.as_tensor(m, dtype=volume.dtype, device=volume.device) for m in matrices)
    return y @ (torch.tensordot(z, volume, dims=1) @ x.T)
