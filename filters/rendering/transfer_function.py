"""Colour and opacity over physical values: given, read from ParaView's files, or derived from the data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
_OPACITY_SHARE = 0.01  # of the diagonal, where no opacity distance is given


@dataclass(frozen=True)
class TransferFunction:
    """What colour and opacity a value has; below the first and above the last point, those of that point.

    Parameters
    ----------
    color_points : sequence of (value, red, green, blue)
        Two or more, values in physical units and not decreasing (two at one value are a step), colours sRGB
        from 0 to 1.
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

    color_points: tuple[tuple[float, ...], ...]
    opacity_points: tuple[tuple[float, ...], ...]
    color_space: str = "RGB"
    name: str = ""
    opacity_distance: float | None = None

    def __post_init__(self) -> None:
        colors = _points("color_points", self.color_points, (4,))
        opacities = _points("opacity_points", self.opacity_points, (2, 4))
        opacities = tuple((*p, 0.5, 0.0) if len(p) == 2 else p for p in opacities)
        object.__setattr__(self, "color_points", colors)
        object.__setattr__(self, "opacity_points", opacities)
        if len(colors) < 2 or colors[0][0] == colors[-1][0]:
            raise ValueError(f"color_points must be two or more over a range of values, got {colors}")
        if not opacities:
            raise ValueError("opacity_points must be one or more, got none")
        for label, points in (("color_points", colors), ("opacity_points", opacities)):
            values = [p[0] for p in points]
            if values != sorted(values):
                raise ValueError(f"{label} must not decrease in value, got {values}")
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

    def distance_in(self, bounds: Sequence[float]) -> float:
        """The length that the opacities are for in a box (x0, x1, y0, y1, z0, z1); see the parameter."""
        diagonal = np.linalg.norm(np.subtract(bounds[1::2], bounds[::2]))
        return self.opacity_distance or _OPACITY_SHARE * float(diagonal)

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

        return replace(self, color_points=moved(self.color_points), opacity_points=moved(self.opacity_points))

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
        function.AllowDuplicateScalarsOn()
        for point in self.color_points:
            function.AddRGBPoint(*point)
        return function

    def vtk_opacities(self) -> vtkPiecewiseFunction:
        """A new vtkPiecewiseFunction."""
        function = vtkPiecewiseFunction()
        function.AllowDuplicateScalarsOn()  # a step is two points at one value
        for point in self.opacity_points:
            function.AddPoint(*point)
        return function

    @classmethod
    def from_paraview_preset(cls, path: str | Path, name: str | None = None) -> TransferFunction:
        """A colour map exported by ParaView's Choose Preset dialog, ``.json`` or legacy ``.xml``.

        Presets usually span [0, 1]: :meth:`rescaled` takes one to the range of the data. One without
        opacities gets ParaView's default, a ramp from 0 to 1; ``transfer_function_of(values, colors=preset)``
        takes only its colours.

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
        from stsr_filters.rendering.color_files import read_preset

        return cls(**read_preset(Path(path), name))

    @classmethod
    def from_pvsm(cls, path: str | Path, array: str) -> TransferFunction:
        """Colour map, opacity function and opacity distance of ``array`` in a ParaView state file.

        Raises
        ------
        ValueError
            The file is no state file, has no colour map for the array, or has it on a logarithmic scale.
        """
        from stsr_filters.rendering.color_files import read_state

        return cls(**read_state(Path(path), array))


def _points(label: str, points: Iterable, lengths: tuple[int, ...]) -> tuple[tuple[float, ...], ...]:
    made = tuple(tuple(float(v) for v in point) for point in points)
    for point in made:
        if len(point) not in lengths or not np.all(np.isfinite(point)):
            wanted = " or ".join(map(str, lengths))
            raise ValueError(f"{label} must be points of {wanted} finite numbers, got {point}")
    return made
