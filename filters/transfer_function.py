"""Colour and opacity over physical values: given, read from ParaView's files, or derived from the data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
from vtkmodules.vtkRenderingCore import vtkColorTransferFunction

#: Colour space → vtkColorTransferFunction's method, and whether hue goes round the shorter way.
COLOR_SPACES = {
    "RGB": ("SetColorSpaceToRGB", False),
    "HSV": ("SetColorSpaceToHSV", False),
    "HSVWrap": ("SetColorSpaceToHSV", True),
    "Lab": ("SetColorSpaceToLab", False),
    "Diverging": ("SetColorSpaceToDiverging", False),
    "LabCIEDE2000": ("SetColorSpaceToLabCIEDE2000", False),
    "Step": ("SetColorSpaceToStep", False),
}

_HISTOGRAM_BINS = 256
_OPACITY_POINTS = 33
_COLOR_POINTS = 65  # a listed map of 256 colours is then met to less than one byte


@dataclass(frozen=True)
class TransferFunction:
    """What colour and opacity a value has; below the first and above the last point, those of that point.

    Parameters
    ----------
    color_points : sequence of (value, red, green, blue)
        Two or more, values strictly increasing in physical units, colours sRGB from 0 to 1.
    opacity_points : sequence of (value, opacity) or (value, opacity, midpoint, sharpness)
        One or more, values not decreasing, opacity from 0 to 1. Midpoint and sharpness, both 0 to 1, shape
        the curve up to the next point as in ParaView; 0.5 and 0 (the default) are a straight line.
    color_space : str
        Where colours between the points are interpolated: one of :data:`COLOR_SPACES`.
    name : str
        The variable or preset it is for.
    opacity_distance : float, optional
        The length in physical units along a ray in which a medium gets the opacity written here. Without it,
        a hundredth of the volume's diagonal, so that a picture does not depend on the grid's resolution.

    Raises
    ------
    ValueError
        A point is not as said above, or ``color_space`` is another word.

    Examples
    --------
    >>> grey = TransferFunction([(0, 0, 0, 0), (10, 1, 1, 1)], [(0, 0), (10, 0.5)])
    >>> grey.colors(5).tolist(), grey.opacities([5, 20]).tolist()
    ([128, 128, 128], [0.25, 0.5])
    """

    color_points: tuple[tuple[float, float, float, float], ...]
    opacity_points: tuple[tuple[float, float, float, float], ...]
    color_space: str = "RGB"
    name: str = ""
    opacity_distance: float | None = None

    def __post_init__(self) -> None:
        colors = _points("color_points", self.color_points, (4,))
        opacities = _points("opacity_points", self.opacity_points, (2, 4))
        opacities = tuple((*p, 0.5, 0.0) if len(p) == 2 else p for p in opacities)
        object.__setattr__(self, "color_points", colors)
        object.__setattr__(self, "opacity_points", opacities)
        if len(colors) < 2 or any(a[0] >= b[0] for a, b in zip(colors, colors[1:], strict=False)):
            values = [p[0] for p in colors]
            raise ValueError(f"color_points must be two or more with increasing values, got {values}")
        if not opacities or any(a[0] > b[0] for a, b in zip(opacities, opacities[1:], strict=False)):
            values = [p[0] for p in opacities]
            raise ValueError(f"opacity_points must be one or more, values not decreasing, got {values}")
        for label, points in (("color_points", colors), ("opacity_points", opacities)):
            outside = [p for p in points if min(p[1:]) < 0 or max(p[1:]) > 1]
            if outside:
                raise ValueError(f"{label} must lie from 0 to 1 after the value, got {outside[0]}")
        if self.color_space not in COLOR_SPACES:
            raise ValueError(f"color_space must be one of {list(COLOR_SPACES)}, got {self.color_space!r}")
        distance = self.opacity_distance
        if distance is not None and not 0 < distance < np.inf:
            raise ValueError(f"opacity_distance must be a finite length > 0, got {distance}")

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest value of the colour points."""
        return self.color_points[0][0], self.color_points[-1][0]

    def rescaled(self, low: float, high: float) -> TransferFunction:
        """The same colours and opacities stretched from :attr:`range` to ``low`` … ``high``.

        Examples
        --------
        >>> TransferFunction([(0, 0, 0, 0), (1, 1, 1, 1)], [(0.5, 1)]).rescaled(-2, 2).opacity_points
        ((0.0, 1.0, 0.5, 0.0),)
        """
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise ValueError(f"low and high must be finite with low < high, got {low} and {high}")
        first, last = self.range

        def moved(points: Iterable[tuple[float, ...]]) -> tuple:
            return tuple((low + (p[0] - first) / (last - first) * (high - low), *p[1:]) for p in points)

        return replace(
            self, color_points=moved(self.color_points), opacity_points=moved(self.opacity_points)
        )

    def colors(self, values: np.ndarray | float) -> np.ndarray:
        """sRGB bytes (..., 3) of values (...)."""
        function = self.vtk_colors()
        flat = [function.GetColor(float(v)) for v in np.ravel(values)]
        return np.rint(np.reshape(flat, (*np.shape(values), 3)) * 255).astype(np.uint8)

    def opacities(self, values: np.ndarray | float) -> np.ndarray:
        """Opacities (...) of values (...), float64 from 0 to 1."""
        function = self.vtk_opacities()
        return np.reshape([function.GetValue(float(v)) for v in np.ravel(values)], np.shape(values))

    def vtk_colors(self) -> vtkColorTransferFunction:
        """A new vtkColorTransferFunction."""
        function = vtkColorTransferFunction()
        method, wrap = COLOR_SPACES[self.color_space]
        getattr(function, method)()
        function.SetHSVWrap(wrap)
        for point in self.color_points:
            function.AddRGBPoint(*point)
        return function

    def vtk_opacities(self) -> vtkPiecewiseFunction:
        """A new vtkPiecewiseFunction."""
        function = vtkPiecewiseFunction()
        function.AllowDuplicateScalarsOn()  # steps in ParaView's opacity functions are two points at one value
        for point in self.opacity_points:
            function.AddPoint(*point)
        return function

    @classmethod
    def from_paraview_preset(cls, path: str | Path, name: str | None = None) -> TransferFunction:
        """A colour map exported by ParaView's Choose Preset dialog, ``.json`` or legacy ``.xml``.

        Presets usually span [0, 1]: :meth:`rescaled` takes one to the range of the data. One without opacities
        gets ParaView's default, a ramp from 0 to 1; ``transfer_function_of(values, colors=preset)`` takes only
        its colours.

        Parameters
        ----------
        name : str, optional
            Which preset, where the file holds several.

        Raises
        ------
        ValueError
            The file is no colour map, holds none of that name, or several and no name was given, or the map
            is categorical.
        """
        from stsr_filters.color_files import read_preset

        return cls(**read_preset(Path(path), name))

    @classmethod
    def from_pvsm(cls, path: str | Path, array: str) -> TransferFunction:
        """Colour map, opacity function and opacity distance of ``array`` in a ParaView state file.

        Raises
        ------
        ValueError
            The file is no state file, has no colour map for the array, or has it on a logarithmic scale.
        """
        from stsr_filters.color_files import read_state

        return cls(**read_state(Path(path), array))


def transfer_function_of(
    values: np.ndarray,
    *,
    colors: str | TransferFunction = "viridis",
    transparent: float = 0.5,
    opacity: float = 0.25,
    name: str = "",
) -> TransferFunction:
    """A transfer function that hides the background and shows what departs from it.

    Colours run over the whole range. The background is the most frequent value; the share ``transparent`` of
    the voxels nearest to it in value is clear, and opacity rises from there with the rank r in [0, 1] of a
    value's distance to the background: opacity · s²·(3 − 2s) with s = (r − transparent) / (1 − transparent).
    Rare values at either end of the range are thus seen, whatever the shape of the histogram.

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
        The greatest opacity, above 0 to 1, within a hundredth of the volume's diagonal.

    Raises
    ------
    ValueError
        No value is finite, or a share lies outside its range.

    Examples
    --------
    >>> made = transfer_function_of(np.array([0.0] * 8 + [1.0, 2.0]))
    >>> made.range, made.opacities([0, 2]).tolist()
    ((0.0, 2.0), [0.0, 0.25])
    """
    if not 0 <= transparent < 1:
        raise ValueError(f"transparent must lie in [0, 1), got {transparent}")
    if not 0 < opacity <= 1:
        raise ValueError(f"opacity must lie in (0, 1], got {opacity}")
    values = np.asarray(values, dtype=np.float64).ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        raise ValueError("values must hold at least one finite number, got none")
    low, high = float(values.min()), float(values.max())
    if low == high:  # a constant has no structure; one colour, thinly visible
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(values, bins=_HISTOGRAM_BINS, range=(low, high))
    return TransferFunction(
        _color_points(colors, low, high),
        _opacity_points(counts, edges, transparent, opacity),
        colors.color_space if isinstance(colors, TransferFunction) else "RGB",
        name,
    )


def _opacity_points(
    counts: np.ndarray, edges: np.ndarray, transparent: float, opacity: float
) -> tuple[tuple[float, float], ...]:
    centers = (edges[:-1] + edges[1:]) / 2
    smooth = np.convolve(np.pad(counts, 4, mode="edge"), np.full(9, 1 / 9), mode="valid")
    background = centers[np.argmax(smooth)]
    distance = np.abs(centers - background)
    order = np.argsort(distance, kind="stable")
    ranks = np.cumsum(counts[order]) / counts.sum()
    at = np.linspace(edges[0], edges[-1], _OPACITY_POINTS)
    rank = np.interp(np.abs(at - background), distance[order], ranks)
    rising = np.clip((rank - transparent) / (1 - transparent), 0, 1)
    return tuple(zip(at.tolist(), (opacity * rising**2 * (3 - 2 * rising)).tolist(), strict=True))


def _color_points(
    colors: str | TransferFunction, low: float, high: float
) -> tuple[tuple[float, float, float, float], ...]:
    if isinstance(colors, TransferFunction):
        return colors.rescaled(low, high).color_points
    import matplotlib

    if colors not in matplotlib.colormaps:
        raise ValueError(f"colors must be a colour map of matplotlib or a TransferFunction, got {colors!r}")
    at = np.linspace(0, 1, _COLOR_POINTS)
    rgb = matplotlib.colormaps[colors](at)[:, :3]
    return tuple((low + (high - low) * float(t), *map(float, c)) for t, c in zip(at, rgb, strict=True))


def _points(label: str, points: Iterable, lengths: tuple[int, ...]) -> tuple[tuple[float, ...], ...]:
    made = tuple(tuple(float(v) for v in point) for point in points)
    for point in made:
        if len(point) not in lengths or not np.all(np.isfinite(point)):
            wanted = " or ".join(map(str, lengths))
            raise ValueError(f"{label} must be points of {wanted} finite numbers, got {point}")
    return made
