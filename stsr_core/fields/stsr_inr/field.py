"""STSR-INR: the published network, block by block, as a continuous field over the whole volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from stsr_core.checks import choice, flag, is_whole, number, several, whole
from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler
from stsr_core.fields.embedding import VariationalEmbedding
from stsr_core.fields.stsr_inr.network import StsrNetwork
from stsr_core.fields.stsr_inr.partition import BlockPartition, BlockRows

#: profile → ω0 of the first three stages, and of all deeper ones: the authors' program, and their paper.
PROFILES = {"released": (5.0, 30.0), "paper": (5.0, 5.0)}


@dataclass(frozen=True)
class StsrInrConfig:
    """Keyword arguments of :class:`StsrInr`."""

    heads: int = 8  # blocks of the volume and outputs of the network, a power of two
    depth: int = 5  # residual blocks in each body
    latent_length: int = 256  # entries of a variable's latent vector
    profile: str = "released"  # frequency factors, a key of PROFILES
    modulator_activation: str = "sine"  # "sine" or "relu"
    final: str = "tanh"  # output of a head: "tanh" or "sine"
    variational: bool = True  # noise on the latent vectors in training, and the divergence term
    kld_weight: float = 1e-3  # λ, weight of the divergence step that ends an epoch
    kld_reduction: str = "mean"  # divergence per variable ("mean") or of all variables ("sum")
    mask_padding: bool = True  # leave padded nodes of odd sizes out of the loss
    widths: tuple[int, int, int] = (64, 128, 256)  # widths of the first three stages

    def __post_init__(self) -> None:
        if not is_whole(self.heads, 1) or self.heads & (self.heads - 1):
            raise ValueError(f"heads must be a power of two, got {self.heads!r}")
        whole(self, "heads", "latent_length", least=1)
        whole(self, "depth", least=0)
        several(self, "widths", "three numbers >= 1", lambda w: is_whole(w, 1), count=3)
        number(self, "kld_weight", least=0)
        flag(self, "variational", "mask_padding")
        choice(self, "profile", tuple(PROFILES))
        choice(self, "modulator_activation", ("sine", "relu"))
        choice(self, "final", ("tanh", "sine"))
        choice(self, "kld_reduction", ("mean", "sum"))


class StsrInr(torch.nn.Module):
    """The network of STSR-INR over all variables of a domain.

    Parameters
    ----------
    domain : Domain
        Variables may differ in grid and times; each has its own block partition.
    **configuration
        See :class:`StsrInrConfig`; unknown names are a TypeError.

    Notes
    -----
    Tang and Wang, "STSR-INR: Spatiotemporal super-resolution for multivariate time-varying volumetric data
    via implicit neural representation". A position between two blocks belongs to the nearer one, so the
    field may jump there, as in the original.
    """

    kind: ClassVar[str] = "stsr_inr"

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = StsrInrConfig(**configuration)
        c = self.config
        self.network = StsrNetwork(
            c.heads,
            c.latent_length,
            c.widths,
            c.depth,
            PROFILES[c.profile],
            c.modulator_activation,
            c.final,
        )
        self.embedding = VariationalEmbedding(len(domain), c.latent_length, variational=c.variational)
        self.partitions = [BlockPartition.of(variable, c.heads) for variable in domain]

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config) | {"widths": list(self.config.widths)}

    def latent(self, variable: str) -> torch.Tensor:
        """μ of a variable, (L,)."""
        return self.embedding.mean(self.domain.index(variable))

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids: axes (t, z, y, x) in [−1, 1] → values (T, Z, Y, X).

        The modulator runs once, here. On a call, positions that are the same inside their blocks share one
        pass of the body, so that a whole full grid costs one pass per ``heads`` voxels.

        Parameters
        ----------
        latent : Tensor
            (L,)
        variable : str, optional
            Whose block partition to use; the first variable's by default.
        """
        index = 0 if variable is None else self.domain.index(variable)
        partition, full_shape = self.partitions[index], self.domain[index].full_grid.shape
        modulations = self.network.modulations(latent)

        def sample(axes: Sequence[torch.Tensor]) -> torch.Tensor:
            times, *space = axes
            local_axes, parts = [], []
            for axis, positions in enumerate(space):
                local, by_block = _shared_positions(partition, axis, positions, full_shape[axis])
                local_axes.append(local)
                parts.append(by_block)
            coordinates = torch.stack(torch.meshgrid(times, *local_axes, indexing="ij"), -1)
            features = self.network.features(coordinates, modulations.body)
            values = features.new_empty([len(axis) for axis in axes])
            for head, block in enumerate(partition.head_blocks):
                chosen = [by_block.get(number) for by_block, number in zip(parts, block, strict=True)]
                if any(choice is None for choice in chosen):
                    continue
                own = features
                for axis, (_, among) in enumerate(chosen, start=1):  # type: ignore[misc]
                    if among is not None:
                        own = own.index_select(axis, among)
                z, y, x = (where for where, _ in chosen)  # type: ignore[misc]
                part = self.network.heads[head](own, modulations.heads[head])
                values[:, z[:, None, None], y[:, None], x] = part
            return values

        return sample

    def bytes_per_sample(self) -> int:
        """Five activations of the widest layer are alive at once; sharing between blocks only lowers it."""
        return 5 * 4 * max(self.config.widths) + 64

    def rows(self, variable_index: int, values: torch.Tensor) -> BlockRows:
        """Training rows of a variable's normalised kept samples (T, Z, Y, X), on their device."""
        variable = self.domain[variable_index]
        times = variable.normalized_axes(variable.grid, np.asarray(variable.times))[0]
        return BlockRows(
            self.partitions[variable_index],
            torch.as_tensor(times, dtype=torch.float32),
            values,
            self.config.mask_padding,
        )

    def training_rows(self, values: Sequence[torch.Tensor]) -> list[BlockRows]:
        """Training rows per variable, from its normalised kept samples (T, Z, Y, X)."""
        return [self.rows(i, kept) for i, kept in enumerate(values)]

    def loss(
        self,
        variable_index: int,
        coordinates: torch.Tensor,
        targets: torch.Tensor,
        mask: torch.Tensor | None,
        generator: torch.Generator | None,
        progress: float = 1.0,
    ) -> torch.Tensor:
        """Mean squared error over rows and heads, with the latent vector drawn anew for each row.

        Parameters
        ----------
        coordinates, targets, mask : Tensor
            As :meth:`BlockRows.batch` returns them.
        generator : torch.Generator or None
            Source of the latent noise, on the device of the field.
        progress : float
            Where the run stands; the noise is the same all along.
        """
        if self.config.variational:
            latent = self.embedding.sample(variable_index, len(coordinates), generator)
        else:
            latent = self.embedding.mean(variable_index)
        error = (self.network(coordinates, latent) - targets) ** 2
        if mask is None:
            return error.mean()
        return (error * mask).sum() / mask.sum().clamp(min=1)

    def epoch_penalty(self) -> torch.Tensor | None:
        """λ times the divergence of the latent table, for one step after each epoch; None without it."""
        if not self.config.variational or self.config.kld_weight == 0:
            return None
        return self.config.kld_weight * self.embedding.kld(self.config.kld_reduction)

    def parameter_groups(self) -> dict[str, list[torch.nn.Parameter]]:
        """All trained parameters: hidden matrices of at least 32 rows and columns, others, latents."""
        groups: dict[str, list[torch.nn.Parameter]] = {"matrices": [], "others": []}
        for parameter in self.network.parameters():
            is_matrix = parameter.ndim == 2 and min(parameter.shape) >= 32
            groups["matrices" if is_matrix else "others"].append(parameter)
        return groups | {"latents": [self.embedding.mu]}

    def model_size(self, kind: str = "full") -> float:
        """Size as float32 in MiB.

        Parameters
        ----------
        kind : {"full", "paper"}
            "full": every network parameter (the latent table adds 8·n·L bytes). "paper": both bodies, only
            the last layer of each head, and the latent table, which is what reproduces the paper's tables.

        Examples
        --------
        8 heads and 4 variables: full 15.9439, paper 5.4087.
        """
        if kind not in ("full", "paper"):
            raise ValueError(f"kind must be 'full' or 'paper', got {kind!r}")
        counts = {name: p.numel() for name, p in self.network.named_parameters()}
        if kind == "full":
            return 4 * sum(counts.values()) / 2**20
        counted = sum(n for name, n in counts.items() if not name.startswith("heads.") or ".last." in name)
        return 4 * (counted + 2 * self.embedding.mu.numel()) / 2**20


def _shared_positions(
    partition: BlockPartition, axis: int, positions: torch.Tensor, n_full: int
) -> tuple[torch.Tensor, dict[int, tuple[torch.Tensor, torch.Tensor | None]]]:
    """The different local coordinates along an axis; per block, the outputs it fills and from which of them.

    The second is None where a block takes all of them in order.
    """
    # float64 on the host: some devices have none, and an axis is short.
    index = (positions.cpu().double().numpy() + 1.0) * 0.5 * (n_full - 1)
    number, position = partition.locate(axis, index)
    different, inverse = np.unique(position, return_inverse=True)
    everything = np.arange(len(different))
    by_block = {}
    for block in np.unique(number):
        (where,) = np.nonzero(number == block)
        among = inverse[where]
        by_block[int(block)] = (
            torch.as_tensor(where, device=positions.device),
            None if np.array_equal(among, everything) else torch.as_tensor(among, device=positions.device),
        )
    local = torch.as_tensor(partition.local_coordinate(axis, different), dtype=torch.float32)
    return local.to(positions.device), by_block
