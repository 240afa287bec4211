"""Muon in float32, and the three optimizers of a run.

``torch.optim.Muon`` orthogonalises in bfloat16, matrix by matrix: on a CPU without bfloat16 units that
is some fifty times slower than float32, and its step does not know the scale of a sine network's weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from stsr_core.fields.recipe import Recipe
from stsr_core.llvm import keep_triton_out


class Muon(torch.optim.Optimizer):
    """Momentum whose update is orthogonalised (Jordan et al. 2024), for hidden 2-D weights.

    The update has rms ``10 · lr · rms(initial weight)``, so that one rate suits sine networks, whose
    weights are small by design. A weight that starts at zero would never move and is refused.

    Parameters
    ----------
    params : iterable of Parameter
        2-D weights.
    lr : float
    momentum : float
        Nesterov momentum in [0, 1).
    """

    def __init__(self, params: Any, lr: float, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})
        for group in self.param_groups:
            for p in group["params"]:
                rms = p.detach().square().mean().sqrt()
                if p.ndim != 2 or not rms > 0:
                    raise ValueError(
                        f"Muon needs 2-D weights that are not all zero, got shape {tuple(p.shape)}"
                    )
                self.state[p] = {"momentum": torch.zeros_like(p), "scale": rms}

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update of all weights; equal shapes are orthogonalised in one batch."""
        for group in self.param_groups:
            batches: dict[torch.Size, list[torch.nn.Parameter]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    batches.setdefault(p.shape, []).append(p)
            for params in batches.values():
                updates = []
                for p in params:
                    assert p.grad is not None
                    buffer = self.state[p]["momentum"]
                    buffer.lerp_(p.grad, 1 - group["momentum"])
                    updates.append(p.grad.lerp(buffer, group["momentum"]))
                for p, update in zip(params, orthogonalized(torch.stack(updates)), strict=True):
                    rms = update.square().mean().sqrt().clamp_min(1e-12)
                    p.addcmul_(update, self.state[p]["scale"] / rms, value=-10 * group["lr"])


def orthogonalized(matrices: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Nearest semi-orthogonal matrices (n, a, b), roughly: quintic Newton–Schulz iteration.

    The coefficients (3.4445, −4.7750, 2.0315) are Jordan et al.'s; singular values end in about [0.7, 1.2].
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices / matrices.norm(dim=(1, 2), keepdim=True).clamp_min(1e-12)
    wide = x.shape[1] <= x.shape[2]
    if not wide:
        x = x.transpose(1, 2)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if wide else x.transpose(1, 2)


class Optimizers:
    """The optimizers of a run: hidden matrices, other weights, and latents (alone in the KL step)."""

    def __init__(self, groups: dict[str, list[torch.nn.Parameter]], recipe: Recipe) -> None:
        def adam(parameters: list[torch.nn.Parameter]) -> torch.optim.Adam:
            return torch.optim.Adam(
                parameters,
                lr=recipe.learning_rate,
                betas=recipe.betas,
                weight_decay=recipe.weight_decay,
                amsgrad=recipe.optimizer == "amsgrad",
            )

        matrices, others, latents = groups["matrices"], groups["others"], groups["latents"]
        keep_triton_out()  # the first step would load it, inside ParaView after something was rendered
        self.all: dict[str, torch.optim.Optimizer] = {}
        if recipe.optimizer == "muon" and matrices:
            self.all["matrices"] = Muon(matrices, recipe.learning_rate)
        else:
            others = [*matrices, *others]
        self.all["others"] = adam(others)
        if latents:
            self.all["latents"] = adam(latents)

    def set_rate(self, rate: float) -> None:
        """Same rate for every group."""
        for optimizer in self.all.values():
            for group in optimizer.param_groups:
                group["lr"] = rate

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for optimizer in self.all.values():
            optimizer.zero_grad(set_to_none=True)

    def step(self, names: Sequence[str] | None = None) -> None:
        """Update all groups, or those named."""
        for name in names or self.all:
            self.all[name].step()

    def state(self) -> dict[str, torch.Tensor]:
        """All optimizer tensors by a flat name, for a checkpoint."""
        return flat_state(self.all)

    def load_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Inverse of :meth:`state`."""
        load_flat_state(self.all, tensors)


def flat_state(optimizers: Mapping[str, torch.optim.Optimizer]) -> dict[str, torch.Tensor]:
    """The tensors of several optimizers by flat names, "others/0/exp_avg", for a checkpoint."""
    return {
        f"{name}/{i}/{key}": value
        for name, optimizer in optimizers.items()
        for i, entry in optimizer.state_dict()["state"].items()
        for key, value in entry.items()
    }


def load_flat_state(
    optimizers: Mapping[str, torch.optim.Optimizer], tensors: Mapping[str, torch.Tensor]
) -> None:
    """Inverse of :func:`flat_state`; names of others are left alone."""
    for name, optimizer in optimizers.items():
        full = optimizer.state_dict()
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in tensors.items():
            group, _, rest = key.partition("/")
            if group == name:
                i, _, entry = rest.partition("/")
                state.setdefault(int(i), {})[entry] = value
        optimizer.load_state_dict({"state": state, "param_groups": full["param_groups"]})
