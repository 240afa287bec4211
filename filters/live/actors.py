"""What stands in one live view: a volume or a surface, its box and its title; and the bars of the legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData
from vtkmodules.vtkFiltersSources import vtkCubeSource
from vtkmodules.vtkRenderingAnnotation import vtkScalarBarActor
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkPolyDataMapper,
    vtkTextActor,
    vtkTextProperty,
    vtkVolume,
)
from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkSmartVolumeMapper

from stsr_filters.live.look import fitting_height
from stsr_filters.rendering.drawn_data import drawable_volume, isosurface, point_values, pose_of
from stsr_filters.rendering.render import SURFACE_COLOR
from stsr_filters.rendering.transfer_function import TransferFunction

_EDGES = (0.4, 0.4, 0.4)


@dataclass(frozen=True)
class Style:
    """What all views have in common: colour of the background (0 to 1), width and text height in pixels."""

    background: Sequence[float]
    width: int
    text: int


class ViewContent:
    """The actors of one view, into which another step can be put at any time.

    Parameters
    ----------
    title : str
        Above the view.
    array : str
        Point array shown.
    prop : vtkVolume or vtkActor
        With a mapper.
    look : TransferFunction or float
        Of the volume; or the isovalue.
    style : Style
    """

    def __init__(
        self, title: str, array: str, prop: vtkVolume | vtkActor, look: TransferFunction | float, style: Style
    ) -> None:
        self._title, self._array, self._prop, self._look = title, array, prop, look
        self._height = style.text
        self._cube = vtkCubeSource()
        mapper = vtkPolyDataMapper()
        mapper.SetInputConnection(self._cube.GetOutputPort())
        self._box = vtkActor()
        self._box.SetMapper(mapper)
        self._box.VisibilityOff()  # until something says where it is
        # The walls behind the data, from wherever it is seen, as if they were only their edges.
        walls = self._box.GetProperty()
        walls.FrontfaceCullingOn()
        walls.SetColor(*style.background)
        walls.EdgeVisibilityOn()
        walls.SetEdgeColor(*_EDGES)
        walls.SetLineWidth(1.5)
        walls.LightingOff()
        self._text = vtkTextActor()
        self._text.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
        self._text.SetPosition(0.5, 0.98)
        letters = self._text.GetTextProperty()
        _write(letters, style)
        self.resize_title(self.title_height(style.width))
        letters.SetJustificationToCentered()
        letters.SetVerticalJustificationToTop()

    @classmethod
    def volume(
        cls, title: str, array: str, look: TransferFunction, distance: float, style: Style, *, shade: bool
    ) -> ViewContent:
        """A volume, whose opacities are for the length ``distance`` along a ray."""
        volume = vtkVolume()
        volume.SetMapper(vtkSmartVolumeMapper())
        appearance = volume.GetProperty()
        appearance.SetColor(look.vtk_colors())
        appearance.SetScalarOpacity(look.vtk_opacities())
        appearance.SetScalarOpacityUnitDistance(distance)
        appearance.SetInterpolationTypeToLinear()
        appearance.SetShade(shade)
        appearance.SetDiffuse(1.0)
        appearance.SetSpecular(0.2)
        appearance.SetSpecularPower(20.0)
        return cls(title, array, volume, look, style)

    @classmethod
    def surface(cls, title: str, array: str, isovalue: float, style: Style) -> ViewContent:
        """The isosurface at a value."""
        surface = vtkActor()
        surface.SetMapper(vtkPolyDataMapper())
        surface.GetProperty().SetColor(*SURFACE_COLOR)
        surface.GetProperty().SetSpecular(0.2)
        surface.GetProperty().SetSpecularPower(30.0)
        return cls(title, array, surface, float(isovalue), style)

    @property
    def props(self) -> tuple[Any, ...]:
        """What a renderer shows."""
        return self._prop, self._box, self._text

    def title_height(self, width: int) -> int:
        """Height in pixels at which the title can be read in a view of so many."""
        return fitting_height(_titled(self._title, 1.2345), width, self._height)

    def resize_title(self, height: int) -> None:
        """Write the title at a height in pixels."""
        self._text.GetTextProperty().SetFontSize(height)

    def show(self, image: vtkImageData | None, time: float | None) -> None:
        """Put an image into the view, and its time into the title; of None that there is none then."""
        self._prop.SetVisibility(image is not None)
        if image is None:
            self._text.SetInput(f"{_titled(self._title, time)}: none")
            return
        values, missing = point_values(image, self._array)
        data: vtkImageData | vtkPolyData
        if isinstance(self._look, TransferFunction):
            data = drawable_volume(image, values, missing, self._look)
        else:
            data = isosurface(image, values, missing, self._look)
        mapper: Any = self._prop.GetMapper()  # of a volume or of a surface, as the data are
        mapper.SetInputData(data)
        ends = zip(image.GetExtent(), np.repeat(image.GetSpacing(), 2), strict=True)
        self._cube.SetBounds([index * spacing for index, spacing in ends])
        for prop in (self._prop, self._box):
            prop.SetUserMatrix(pose_of(image))
        self._box.VisibilityOn()
        self._text.SetInput(_titled(self._title, time))


def scalar_bar(
    function: TransferFunction, label: str, style: Style, place: tuple[int, int], width: float, *, wide: bool
) -> vtkScalarBarActor:
    """The colours of a function with its values, one of several above each other.

    Parameters
    ----------
    place : (int, int)
        Which of how many, from the top.
    width : float
        Pixels of the legend.
    wide : bool
        Whether that is the width of a view, or of a narrow column.
    """
    index, count = place
    bar = vtkScalarBarActor()
    bar.SetLookupTable(function.vtk_colors())
    bar.SetTitle(label)
    bar.SetLabelFormat("%-.3g")
    bar.SetMaximumNumberOfColors(256)
    bar.SetNumberOfLabels(5)
    bar.UnconstrainedFontSizeOn()
    bar.SetVerticalTitleSeparation(style.text // 2)
    bar.SetBarRatio(0.3)
    _write(bar.GetTitleTextProperty(), replace(style, text=fitting_height(label, width, style.text)))
    _write(bar.GetLabelTextProperty(), style)
    bar.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
    bar.SetPosition(0.35 if wide else 0.08, 1 - (index + 0.93) / count)
    bar.SetPosition2(0.3 if wide else 0.84, 0.86 / count)
    return bar


def _titled(title: str, time: float | None) -> str:
    return title if time is None else f"{title}   t = {time:.5g}"


def _write(letters: vtkTextProperty, style: Style) -> None:
    ink = 0.15 if np.mean(style.background) > 0.5 else 0.9
    letters.SetFontSize(style.text)
    letters.SetColor(ink, ink, ink)
    letters.BoldOff()
    letters.ItalicOff()
    letters.ShadowOff()
