"""The default field: a plain sine network over global coordinates, modulated by a latent vector."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar, TypeAlias

import torch
from torch import nn

from stsr_core.checks import flag, number, whole
from stsr_core.coordinates import Domain
from stsr_core.fields.embedding import VariationalEmbedding
from stsr_core.precision import multiplies_bfloat16
from stsr_core.sampling import GridRows

#: Rows evaluated at once on a CPU: two activations of so many rows stay in its caches.
CPU_CHUNK = 2048
#: bfloat16 may add this share of a model's own mean squared error: a tenth of the error itself.
_ROUNDING = 0.01
#: Places where that is measured.
_PLACES = 4096
#: Weight of each step in the running mean of the error.
_RECENT = 0.02

#: Weight and bias of each layer.
Layers: TypeAlias = list[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class ModulatedSirenConfig:
    """Architecture of :class:`ModulatedSiren`; it travels in the checkpoint."""

    width: int = 192  # neurons per sine layer
    depth: int = 6  # number of sine layers, the first included
    first_omega: float = 10.0  # ω of the first layer, radians per unit of normalised coordinate
    time_ratio: float = 0.5  # initial frequency along t over that along z, y, x: steps are kept more sparsely
    hidden_omega: float = 30.0  # ω of the others
    latent_length: int = 16  # entries of a latent vector
    variational: bool = True  # noise on the latent vectors in training (VAD) or none (AD)
    latent_log_variance: float = -10.0  # log σ² of that noise at the end of a run
    wide_noise: float = 0.05  # share of a run of several variables in which log σ² falls from 0 to that
    kld_weight: float = 1e-3  # λ of the KL divergence, one step per epoch

    def __post_init__(self) -> None:
        whole(self, "width", "depth", "latent_length", least=1)
        number(self, "first_omega", "hidden_omega", above=0)
        number(self, "time_ratio", "kld_weight", least=0)
        number(self, "latent_log_variance")
        number(self, "wide_noise", least=0, most=1)
        flag(self, "variational")


class ModulatedSiren(nn.Module):
    """SIREN whose layers are scaled and shifted by linear maps of the variable's latent vector.

    ::

        Φ (L,) ──┬── gain_i: L → width, zero at the start ──┐
                 └── shift_i: L → width, zero at the start ─┤
                                                            ▼
        (t, z, y, x) ─ layers[0] ─ … ─ layers[depth−1] ─ sin(ω_i·((1 + gain_i Φ)·(W_i h + b_i) + shift_i Φ))
                                                            │
                                                          output: width → 1

    Since Φ is the same for all rows of one variable, gain and shift are folded into W_i and b_i once per
    variable and step; the modulation costs nothing per sample.

    Where the processor multiplies matrices in bfloat16 faster, and what that adds to the error is at most a
    tenth of the network's own, the hidden layers are sampled so.

    Initial weights follow SIREN (Sitzmann et al. 2020): first layer U(±1/fan_in), hidden U(±√(6/fan_in)/ω).

    Parameters
    ----------
    domain : Domain
    **configuration
        Fields of :class:`ModulatedSirenConfig`.
    """

    kind: ClassVar[str] = "modulated_siren"
    kept_error: torch.Tensor  # mean squared error of the last training rows; 0 where none is known

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = c = ModulatedSirenConfig(**configuration)
        self.embedding = VariationalEmbedding(
            len(domain), c.latent_length, log_variance=c.latent_log_variance, variational=c.variational
        )
        widths = [4] + [c.width] * c.depth
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.gains = nn.ModuleList(nn.Linear(c.latent_length, c.width, bias=False) for _ in self.layers)
        self.shifts = nn.ModuleList(nn.Linear(c.latent_length, c.width, bias=False) for _ in self.layers)
        self.output = nn.Linear(c.width, 1)
        self.register_buffer("kept_error", torch.zeros(()))
        self._rounds: dict[torch.device, bool] = {}
        self._initialize()

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        # Models written before this was stored are sampled in float32.
        state_dict.setdefault(f"{prefix}kept_error", self.kept_error)
        self._rounds.clear()
        super()._load_from_state_dict(state_dict, prefix, *args)

    def _initialize(self) -> None:
        hidden = math.sqrt(6 / self.config.width) / self.config.hidden_omega
        for i, weight in enumerate(self._weights()):
            bound = 1 / 4 if i == 0 else hidden
            nn.init.uniform_(weight, -bound, bound)
        with torch.no_grad():
            self._weights()[0][:, 0] *= self.config.time_ratio
        nn.init.uniform_(self.output.weight, -hidden, hidden)
        nn.init.zeros_(self.output.bias)
        for linear in (*self.gains, *self.shifts):
            nn.init.zeros_(linear.weight)

    def _weights(self) -> list[nn.Parameter]:
        return [layer.weight for layer in self.layers]  # type: ignore[misc]

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field."""
        return asdict(self.config)

    def latent(self, variable: str) -> torch.Tensor:
        """μ of the variable, (L,)."""
        return self.embedding.mean(self.domain.index(variable))

    def folded(self, latent: torch.Tensor) -> Layers:
        """Weight and bias of every layer with ω, gain and shift of ``latent`` (L,) multiplied in."""
        folded = []
        for i, (layer, gain, shift) in enumerate(zip(self.layers, self.gains, self.shifts, strict=True)):
            omega = self.config.first_omega if i == 0 else self.config.hidden_omega
            scale = omega * (1 + gain(latent))
            folded.append((scale[:, None] * layer.weight, scale * layer.bias + omega * shift(latent)))
        return folded

    def forward(self, coordinates: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        """Normalised values (N,) at normalised coordinates (N, 4) for one latent vector (L,)."""
        h = coordinates
        for weight, bias in self.folded(latent):
            h = torch.sin(nn.functional.linear(h, weight, bias))
        return self.output(h).squeeze(-1)

    def training_rows(self, values: Sequence[torch.Tensor]) -> list[GridRows]:
        """Training rows per variable, from its normalised kept samples (T, Z, Y, X)."""
        return [GridRows(variable, kept) for variable, kept in zip(self.domain, values, strict=True)]

    def loss(
        self,
        variable_index: int,
        coordinates: torch.Tensor,
        targets: torch.Tensor,
        mask: torch.Tensor | None,
        generator: torch.Generator,
        progress: float = 1.0,
    ) -> torch.Tensor:
        """Mean squared error of one variable's rows that count, with one draw of its latent vector."""
        latent = self.drawn(variable_index, generator, progress)
        squares = (self(coordinates, latent) - targets).square()
        error = squares.mean() if mask is None else (squares * mask).sum() / mask.sum().clamp(min=1)
        known = torch.where(self.kept_error == 0, error.detach(), self.kept_error)
        self.kept_error.copy_(torch.lerp(known, error.detach(), _RECENT))
        self._rounds.clear()
        return error

    def drawn(self, variable_index: int, generator: torch.Generator, progress: float) -> torch.Tensor:
        """One latent vector (L,) of a variable with its noise at ``progress`` in [0, 1] of the run.

        At the start the latent vectors of several variables are drawn so widely that the network learns what
        they share; as the noise falls, it learns what sets them apart along directions that stay smooth
        between them. One variable has nothing between, and its noise is small from the start.
        """
        c = self.config
        fallen = 1.0 if len(self.domain) == 1 or progress >= c.wide_noise else progress / c.wide_noise
        return self.embedding.sample(variable_index, 1, generator, fallen * c.latent_log_variance)[0]

    def epoch_penalty(self) -> torch.Tensor | None:
        """λ·KLD of the latent table, or None without variational embedding."""
        c = self.config
        return c.kld_weight * self.embedding.kld() if c.variational else None

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Parameters by what optimises them.

        Maps that start at zero cannot be in the Muon group: it scales its update by the initial rms.
        """
        matrices = self._weights()[1:]
        latents = list(self.embedding.parameters())
        taken = {id(p) for p in (*matrices, *latents)}
        others = [p for p in self.parameters() if id(p) not in taken]
        return {"matrices": matrices, "others": others, "latents": latents}

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Callable[..., torch.Tensor]:
        """Values on product grids; ``variable`` is not needed, for the coordinates are global."""
        layers = [(weight.t().contiguous(), bias) for weight, bias in self.folded(latent)]
        if self._may_round(layers):
            layers = _rounded(layers)

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            coordinates = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
            return self._values(layers, coordinates.view(-1, 4)).view(coordinates.shape[:-1])

        return sample

    def _values(self, layers: Layers, coordinates: torch.Tensor) -> torch.Tensor:
        """Values (N,) at coordinates (N, 4), by layers with transposed weights; hidden ones in their type."""
        (first, shift), *hidden = layers
        dtype = hidden[0][0].dtype if hidden else first.dtype
        n, width = len(coordinates), self.config.width
        values = torch.empty(n, device=coordinates.device)
        chunk = CPU_CHUNK if coordinates.is_cpu else max(1, n)
        # New memory for each activation, which the system clears first, would cost a fifth of the time.
        start = torch.empty(min(chunk, n), width, device=values.device)
        two = torch.empty(2, min(chunk, n), width, dtype=dtype, device=values.device)
        for rows, out in zip(coordinates.split(chunk), values.split(chunk), strict=True):
            h = torch.addmm(shift, rows, first, out=start[: len(out)]).sin_().to(dtype)
            for i, (weight, bias) in enumerate(hidden):
                h = torch.addmm(bias, h, weight, out=two[i % 2, : len(out)]).sin_()
            out.copy_(self.output(h.float()).squeeze(-1))
        return values

    def _may_round(self, layers: Layers) -> bool:
        """Whether hidden layers in bfloat16 are faster, and near enough; measured once on each device."""
        device = self.kept_error.device
        if not multiplies_bfloat16(device):
            return False
        if device not in self._rounds:
            draw = torch.Generator().manual_seed(0)
            places = (2 * torch.rand(_PLACES, 4, generator=draw) - 1).to(device)
            with torch.inference_mode():
                exact, rounded = (self._values(which, places) for which in (layers, _rounded(layers)))
                error = (exact - rounded).square().mean()
            self._rounds[device] = bool(error <= _ROUNDING * self.kept_error)
        return self._rounds[device]

    def bytes_per_sample(self) -> int:
        """Two activations of one layer and the coordinates, float32."""
        return 4 * (2 * self.config.width + 8)


def _rounded(layers: Layers) -> Layers:
    """The hidden ones in bfloat16."""
    first, *hidden = layers
    return [first, *((weight.bfloat16(), bias.bfloat16()) for weight, bias in hidden)]
