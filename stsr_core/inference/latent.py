"""Between variables: interpolation of latent vectors, linear or on the sphere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch

from stsr_core.fields.base import Field
from stsr_core.fields.kinds import kind_of
from stsr_core.inference import blended
from stsr_core.normalize import Normalization
from stsr_core.request.blend import INTERPOLATIONS

_STEPS = 100  # of the mean on the sphere; it settles in about ten
_SETTLED = 1e-13  # radians


def interpolated_latent(
    vectors: Sequence[torch.Tensor] | torch.Tensor, weights: Sequence[float], mode: str = "linear"
) -> torch.Tensor:
    """The latent vector between several.

    ``"linear"``: Φ = Σ wᵢ Φᵢ (STSR-INR, section on latent-space interpolation).

    ``"spherical"``: the length is Σ wᵢ |Φᵢ|, and the direction is the weighted mean on the unit sphere, the
    unit vector q that minimises Σ wᵢ ∠(q, Φᵢ)² (Buss and Fillmore 2001, *Spherical averages and applications
    to spherical splines and interpolation*). For two vectors that is the great-circle arc of Shoemake's
    slerp: sin((1−α)θ)/sin θ · a + sin(αθ)/sin θ · b for unit vectors a, b at the angle θ.

    Parameters
    ----------
    vectors : sequence of Tensor
        n >= 1 vectors (L,).
    weights : sequence of float
        n numbers, finite, >= 0 and not all zero; their sum is made 1.
    mode : {"linear", "spherical"}

    Returns
    -------
    Tensor
        (L,), in the type of the vectors; one of weight 1 is returned unchanged to rounding.

    Raises
    ------
    ValueError
        On bad weights; in spherical mode also for a vector of length 0, which has no direction, and for
        opposite vectors, between which there are many arcs.

    Examples
    --------
    >>> a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0])
    >>> interpolated_latent([a, b], [0.5, 0.5]).tolist()
    [1.0, 2.0]

    Half-way on the arc, at the mean length 3: 3·(√½, √½).

    >>> [round(v, 6) for v in interpolated_latent([a, b], [1, 1], "spherical").tolist()]
    [2.12132, 2.12132]
    """
    if mode not in INTERPOLATIONS:
        raise ValueError(f"interpolation must be linear or spherical, got {mode!r}")
    table = torch.stack(list(vectors))
    shares = torch.tensor(normalized_weights(weights), dtype=torch.float64, device="cpu")
    if len(shares) != len(table):
        raise ValueError(f"one weight per vector is needed, got {len(shares)} for {len(table)}")
    exact = table.detach().to("cpu", torch.float64)
    if mode == "linear":
        return (shares @ exact).to(table)
    lengths = exact.norm(dim=1)
    if not bool((lengths > 0).all()):
        raise ValueError("spherical interpolation needs vectors of length > 0, got one of length 0")
    return (shares @ lengths * _mean_direction(exact / lengths[:, None], shares)).to(table)


def normalized_weights(weights: Sequence[float]) -> list[float]:
    """Weights over their sum.

    Raises
    ------
    ValueError
        If one is negative or not finite, or all are zero.

    Examples
    --------
    >>> normalized_weights([1, 3])
    [0.25, 0.75]
    """
    for weight in weights:
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"each weight must be a finite number >= 0, got {weight:g}")
    total = math.fsum(weights)
    if total == 0:
        raise ValueError("at least one weight must be > 0, got only zeros")
    return [weight / total for weight in weights]


def interpolated(
    field: Field, weights: Mapping[str, float], mode: str = "linear"
) -> tuple[torch.Tensor, Normalization]:
    """Latent vector and value range between variables of a field; the range is always the weighted mean.

    Parameters
    ----------
    weights : mapping of str to float
        Weight by variable, as in :func:`interpolated_latent`.

    Raises
    ------
    ValueError
        As :func:`interpolated_latent`; for an unknown variable; for spherical interpolation of a kind
        without trained latent vectors.
    """
    shares = dict(zip(weights, normalized_weights(list(weights.values())), strict=True))
    if mode == "spherical" and not kind_of(field.kind).latent_vectors:
        raise ValueError(
            f"spherical interpolation needs latent vectors, which a {field.kind} model does not have; "
            "choose linear"
        )
    _, normalization, _ = blended(field, shares)
    latents = torch.stack([field.latent(name) for name in shares])
    amounts = list(shares.values())
    # Entries that say which variable is meant are shares of a whole: on no sphere.
    places = getattr(field, "places", 0)
    parts = [
        interpolated_latent(latents[:, :places], amounts),
        interpolated_latent(latents[:, places:], amounts, mode),
    ]
    return torch.cat(parts), normalization


def _mean_direction(directions: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Weighted mean (L,) of unit vectors (n, L): averages in the tangent plane until it rests."""
    # A vector of weight 0 has no say, not even by being opposite.
    directions, shares = directions[shares > 0], shares[shares > 0]
    mean = shares @ directions
    if float(mean.norm()) < 1e-9:
        raise ValueError("spherical interpolation is not defined between opposite latent vectors")
    mean = mean / mean.norm()
    for _ in range(_STEPS):
        along = (directions @ mean).clamp(-1.0, 1.0)
        across = directions - along[:, None] * mean
        sines = across.norm(dim=1)
        angles = torch.atan2(sines, along)
        if bool((angles > math.pi - 1e-6).any()):
            raise ValueError("spherical interpolation is not defined between opposite latent vectors")
        step = shares @ (across * (angles / sines.clamp_min(1e-300))[:, None])
        length = float(step.norm())
        if length < _SETTLED:
            break
        mean = math.cos(length) * mean + math.sin(length) / length * step
        mean = mean / mean.norm()
    return mean
