"""Evaluate a field on a grid at times, tile by tile, into one preallocated array."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from stsr_core.coordinates import OutsideTrainedRange, VariableDomain
from stsr_core.fields.base import Field, Sampler, as_axes
from stsr_core.grid import Grid
from stsr_core.inference.device import resolve_device
from stsr_core.inference.tiles import default_tile, tiles
from stsr_core.interrupts import Stopped
from stsr_core.memory import check_memory
from stsr_core.normalize import Normalization, as_type
from stsr_core.threads import bounded_threads


def blended(
    field: Field, variable: str | Mapping[str, float]
) -> tuple[torch.Tensor, Normalization, VariableDomain]:
    """Latent vector, value range and domain of a variable, or of a weighted mean of several.

    Parameters
    ----------
    variable : str or mapping
        A name, or weights per name, e.g. ``{"run01": 0.5, "run02": 0.5}``; used as they are (linear).
        The domain of a blend is that of its first variable.
    """
    weights = {variable: 1.0} if isinstance(variable, str) else dict(variable)
    if not weights:
        raise ValueError("at least one variable is needed, got none")
    domains = [field.domain.variable(name) for name in weights]
    latent = sum(w * field.latent(name) for name, w in weights.items())
    low = sum(w * d.normalization.low for w, d in zip(weights.values(), domains, strict=True))
    high = sum(w * d.normalization.high for w, d in zip(weights.values(), domains, strict=True))
    return latent, Normalization(low, high), domains[0]  # type: ignore[return-value]


@bounded_threads()
def evaluate(
    field: Field,
    grid: Grid,
    times: Sequence[float] | np.ndarray,
    variable: str | Mapping[str, float],
    *,
    latent: torch.Tensor | None = None,
    device: str | torch.device = "auto",
    tile: int | None = None,
    on_progress: Callable[[float], None] | None = None,
    should_abort: Callable[[], bool] | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Values of one variable on a grid at times, in physical units.

    Parameters
    ----------
    field : Field
    grid : Grid
        Output nodes in physical coordinates.
    times : sequence of float
        Physical times (T,). Outside the range the variable was trained on the nearest end of it is shown.
    variable : str or mapping of str to float
        A variable, or weights of several (see :func:`blended`).
    latent : Tensor, optional
        Latent vector (L,) to use in place of the variable's own; range and domain stay the variable's.
    device : str or torch.device
    tile : int, optional
        Most samples per network call; by default from the free memory. The result does not depend on it.
    on_progress : callable, optional
        Called with the fraction done after every tile.
    should_abort : callable, optional
        Asked before every tile; :class:`Stopped` is raised when it returns True.
    out : ndarray, optional
        Array (T, Z, Y, X) to write into, in its own type.

    Returns
    -------
    ndarray
        (T, Z, Y, X) in the dtype the variable came with; whole numbers are rounded to the nearest and
        clipped to the range of their type. A blend has the dtype of its first variable.

    Raises
    ------
    MemoryError
        If the output would not fit in memory; names its size.

    Warns
    -----
    OutsideTrainedRange
        If a time lies outside the trained range, see :meth:`VariableDomain.shown_times`.
    """
    device = resolve_device(device) if isinstance(device, str) else device
    field.to(device)
    own_latent, normalization, domain = blended(field, variable)
    shown, warning = domain.shown_times(times)
    if warning:
        warnings.warn(warning, OutsideTrainedRange, stacklevel=3)  # above what bounds the threads
    dtype = torch.float64 if domain.dtype == "float64" else torch.float32
    shape = (len(shown), *grid.shape)
    if out is None:
        out = allocated(shape, domain.dtype)
    elif out.shape != shape:
        raise ValueError(f"out must have shape (T, Z, Y, X) = {shape}, got {out.shape}")
    with torch.inference_mode():
        sampler = field.sampler((own_latent if latent is None else latent).to(device), domain.name)
    fill(
        out,
        sampler,
        lambda values: as_type(normalization.decode(values.to(dtype)).cpu().numpy(), out.dtype),
        domain.normalized_axes(grid, shown),
        device,
        tile=tile or default_tile(field, device, int(np.prod(shape))),
        on_progress=on_progress,
        should_abort=should_abort,
    )
    return out


def allocated(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """A new array (T, Z, Y, X), of vectors where ``dtype`` has a shape; MemoryError if it would not fit."""
    needed = int(np.prod(shape, dtype=np.float64)) * np.dtype(dtype).itemsize
    check_memory(needed, f"an output of shape (T, Z, Y, X) = {shape}")
    return np.empty(shape, dtype)


def fill(
    out: np.ndarray,
    sampler: Sampler,
    convert: Callable[[torch.Tensor], np.ndarray],
    axes: Sequence[np.ndarray],
    device: torch.device,
    *,
    tile: int,
    on_progress: Callable[[float], None] | None = None,
    should_abort: Callable[[], bool] | None = None,
) -> None:
    """Sample product grids tile by tile; a tile that is too large for a GPU is halved.

    Parameters
    ----------
    out : ndarray
        (T, Z, Y, X, …), filled.
    sampler, convert : callable
        What ``convert`` makes of the sampled values of a tile is written there.
    axes : four ndarrays
        Normalised (t, z, y, x).
    tile : int
        Most samples per call of ``sampler``.
    on_progress, should_abort : callable, optional
        As of :func:`evaluate`.
    """
    tensors = as_axes(axes, device)
    shape = tuple(len(a) for a in axes)
    done, total = 0, max(1, int(np.prod(shape, dtype=np.int64)))
    pending = list(tiles(shape, tile))[::-1]
    while pending:
        if should_abort is not None and should_abort():
            raise Stopped
        part = pending.pop()
        try:
            with torch.inference_mode():
                values = sampler(tuple(t[s] for t, s in zip(tensors, part, strict=True)))  # type: ignore[arg-type]
        except torch.cuda.OutOfMemoryError:
            tile = int(np.prod([s.stop - s.start for s in part])) // 2
            if tile < 1:
                raise
            torch.cuda.empty_cache()
            pending += list(tiles(tuple(s.stop - s.start for s in part), tile, part))[::-1]
            continue
        out[part] = convert(values)
        done += int(np.prod([s.stop - s.start for s in part]))
        if on_progress is not None:
            on_progress(done / total)
