"""A transfer function derived from the data, when the scientist gives none."""

from __future__ import annotations

import numpy as np

from stsr_filters.rendering.transfer_function import TransferFunction

_HISTOGRAM_BINS = 256
_SMOOTHING = (1, 2, 3, 4, 5, 4, 3, 2, 1)  # weights of neighbouring bins; peaked, so that a single bin stays
_QUANTILE_SAMPLES = 1_000_000
_SHELLS = 4
_HAZE = 0.01  # what lies between two shells is felt, not seen
_COLOR_POINTS = 65  # a listed map of 256 colours is then met to less than one byte


def transfer_function_of(
    values: np.ndarray,
    *,
    colors: str | TransferFunction = "viridis",
    transparent: float = 0.6,
    opacity: float = 0.6,
    name: str = "",
) -> TransferFunction:
    """A transfer function that hides the background and shows what departs from it as nested shells.

    Colours run over the whole range. The background b is the most frequent value, and the share
    ``transparent`` of the voxels, those nearest to it in value, is clear: |v − b| <= d. Beyond, with
    u = (|v − b| − d) / (max |v − b| − d), four shells at c = 1/8, 3/8, 5/8 and 7/8 have the opacity

        opacity · (1/4 + 3/4·c) · max(0, 1 − 16·|u − c|), at least 0.01 where u > 1/32.

    So rare values at either end of the range are seen whatever the shape of the histogram, outer shells do
    not hide inner ones, and a displaced structure changes the picture.

    Parameters
    ----------
    values : ndarray
        Ground truth of any shape; all its steps at once give one function that is stable over time. Values
        that are not finite are left out.
    colors : str or TransferFunction
        Name of a colour map of matplotlib, or the function whose colours are taken, stretched to the range.
    transparent : float
        Share of the voxels left clear, from 0 to below 1.
    opacity : float
        Opacity scale, above 0 to 1, for a hundredth of the volume's diagonal.
    name : str
        The variable it is for.

    Raises
    ------
    ValueError
        No value is finite, or a share lies outside its range.

    Examples
    --------
    >>> made = transfer_function_of(np.array([0.0] * 8 + [4.0, 8.0]))
    >>> made.range, made.opacities([0, 7, 8]).round(4).tolist()
    ((0.0, 8.0), [0.0, 0.5438, 0.01])
    """
    if not 0 <= transparent < 1:
        raise ValueError(f"transparent must lie in [0, 1), got {transparent}")
    if not 0 < opacity <= 1:
        raise ValueError(f"opacity must lie in (0, 1], got {opacity}")
    values = np.asarray(values).ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        raise ValueError("values must hold at least one finite number, got none")
    low, high = float(values.min()), float(values.max())
    if not low < high:  # a constant is all background
        low, high = low - 0.5, high + 0.5
    background = _most_frequent(values, low, high)
    sampled = values[:: max(1, values.size // _QUANTILE_SAMPLES)]
    clear = float(np.quantile(np.abs(sampled - background), transparent))
    return TransferFunction(
        _color_points(colors, low, high),
        _shells(low, high, background, clear, opacity),
        colors.color_space if isinstance(colors, TransferFunction) else "RGB",
        name,
    )


def _most_frequent(values: np.ndarray, low: float, high: float) -> float:
    """Centre of the fullest bin after smoothing; the range's end where that bin lies on it."""
    counts, edges = np.histogram(values, bins=_HISTOGRAM_BINS, range=(low, high))
    smooth = np.convolve(np.pad(counts, len(_SMOOTHING) // 2, mode="edge"), _SMOOTHING, mode="valid")
    at = int(np.argmax(smooth))
    if at in (0, _HISTOGRAM_BINS - 1):
        return low if at == 0 else high
    return float((edges[at] + edges[at + 1]) / 2)


def _shells(
    low: float, high: float, background: float, clear: float, opacity: float
) -> tuple[tuple[float, float], ...]:
    farthest = max(background - low, high - background)
    curve = [(0.0, 0.0), (1 / 32, _HAZE)]
    for k in range(_SHELLS):
        center = (k + 0.5) / _SHELLS
        height = opacity * (0.25 + 0.75 * center)
        curve += [(center - 0.0625, _HAZE), (center, height), (center + 0.0625, _HAZE)]
    curve.append((1.0, _HAZE))
    distances = [(clear + u * (farthest - clear), height) for u, height in curve]
    above = [(background + d, height) for d, height in distances if background + d <= high]
    below = [(background - d, height) for d, height in distances if background - d >= low]
    return (*below[::-1], *above)


def _color_points(colors: str | TransferFunction, low: float, high: float) -> tuple[tuple[float, ...], ...]:
    if isinstance(colors, TransferFunction):
        return colors.rescaled(low, high).color_points
    import matplotlib

    if colors not in matplotlib.colormaps:
        raise ValueError(f"colors must be a colour map of matplotlib or a TransferFunction, got {colors!r}")
    at = np.linspace(0, 1, _COLOR_POINTS)
    rgb = matplotlib.colormaps[colors](at)[:, :3]
    return tuple((low + (high - low) * float(t), *map(float, c)) for t, c in zip(at, rgb, strict=True))
