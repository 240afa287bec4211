"""The latent table: one Gaussian per variable (variational auto-decoder); inference uses the mean."""

from __future__ import annotations

import math

import torch


class VariationalEmbedding(torch.nn.Module):
    """One latent Gaussian N(μ_e, σ²) per variable; μ is trained, σ is not.

    Parameters
    ----------
    n_variables : int
        Number of variables or members (rows), at least 1.
    length : int
        Length L of a latent vector, at least 1.
    log_variance : float
        log σ² of every entry; 1e-3 gives σ = 1.000500125.
    variational : bool
        False makes a plain auto-decoder: no noise, no divergence.

    Notes
    -----
    STSR-INR (Tang and Wang), section on variable embedding optimisation; μ starts as N(0, 1/√L).

    Examples
    --------
    >>> table = VariationalEmbedding(2, 3)
    >>> _ = torch.nn.init.zeros_(table.mu)
    >>> round(table.kld("sum").item() / 6, 12)
    2.50083e-07
    """

    mu: torch.nn.Parameter
    log_variance: torch.Tensor

    def __init__(
        self, n_variables: int, length: int, *, log_variance: float = 1e-3, variational: bool = True
    ) -> None:
        super().__init__()
        if n_variables < 1:
            raise ValueError(f"n_variables must be >= 1, got {n_variables}")
        if length < 1:
            raise ValueError(f"latent length must be >= 1, got {length}")
        self.variational = variational
        self.mu = torch.nn.Parameter(torch.randn(n_variables, length) / math.sqrt(length))
        self.register_buffer("log_variance", torch.full((n_variables, length), float(log_variance)))

    def mean(self, index: int) -> torch.Tensor:
        """μ of one variable, shape (L,): the latent vector of inference."""
        return self.mu[index]

    def sample(
        self,
        index: int,
        n_rows: int,
        generator: torch.Generator | None = None,
        log_variance: float | None = None,
    ) -> torch.Tensor:
        """Latent vectors Φ = μ + σ·ε of one variable, ε ~ N(0, I) drawn anew for each row, (n_rows, L).

        Parameters
        ----------
        generator : torch.Generator, optional
            Source of ε, on the device of the table; the global one by default.
        log_variance : float, optional
            log σ² in place of the table's own.

        Returns
        -------
        Tensor
            μ itself in every row, without noise, when the table is not variational.
        """
        mu = self.mu[index].expand(n_rows, -1)
        if not self.variational:
            return mu
        noise = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
        if log_variance is not None:
            return mu + math.exp(0.5 * log_variance) * noise
        return torch.addcmul(mu, torch.exp(0.5 * self.log_variance[index]).expand_as(mu), noise)

    def kld(self, reduction: str = "mean") -> torch.Tensor:
        """Kullback–Leibler divergence from N(0, I): ½ Σ_e Σ_j (σ² + μ² − 1 − log σ²), float scalar.

        Parameters
        ----------
        reduction : {"mean", "sum"}
            "mean" divides by the number of variables (the authors' program); "sum" does not (their
            paper, equation 5).

        Examples
        --------
        μ = [1, −2, 0.5] with log σ² = 1e-3 gives 2.6250007503.
        """
        if reduction not in ("mean", "sum"):
            raise ValueError(f"kld_reduction must be 'mean' or 'sum', got {reduction!r}")
        # σ² − 1 − log σ² is about 5e-7 here, lost in float32; the MPS backend has no float64.
        exact = torch.float32 if self.mu.device.type == "mps" else torch.float64
        log_variance = self.log_variance.to(exact)
        total = 0.5 * (torch.expm1(log_variance) - log_variance + self.mu.to(exact) ** 2).sum()
        return total / len(self.mu) if reduction == "mean" else total
