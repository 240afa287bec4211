"""A step as what VTK draws: a volume under a transfer function, or the surface of one value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkVolume, vtkVolumeProperty
from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

from stsr_filters.rendering.drawn_data import drawable_volume, isosurface, point_values, pose_of
from stsr_filters.rendering.transfer_function import TransferFunction

#: A warm grey that shading can lighten and darken.
SURFACE_COLOR = (0.86, 0.74, 0.52)

_SAMPLES_PER_INTERVAL = 2.0
_FEWEST_SAMPLES = 512  # along the diagonal


def volume_prop(
    image: vtkImageData, array: str, transfer_function: TransferFunction, shade: bool = True
) -> vtkVolume:
    """A volume that is ray-cast on the CPU, as :func:`~stsr_filters.rendering.render.render_volume` says.

    Raises
    ------
    ValueError
        The image has no such point array, one of several components, no finite value, or an axis of one node.
    """
    values, missing = point_values(image, array)
    bounds = image.GetBounds()
    diagonal = float(np.linalg.norm(np.subtract(bounds[1::2], bounds[::2])))
    mapper = vtkFixedPointVolumeRayCastMapper()
    mapper.SetInputData(drawable_volume(image, values, missing, transfer_function))
    mapper.SetBlendModeToComposite()
    mapper.AutoAdjustSampleDistancesOff()
    mapper.SetImageSampleDistance(1.0)
    mapper.SetSampleDistance(min(min(image.GetSpacing()) / _SAMPLES_PER_INTERVAL, diagonal / _FEWEST_SAMPLES))
    volume = vtkVolume()
    volume.SetMapper(mapper)
    volume.SetUserMatrix(pose_of(image))
    appearance = vtkVolumeProperty()
    appearance.SetColor(transfer_function.vtk_colors())
    appearance.SetScalarOpacity(transfer_function.vtk_opacities())
    appearance.SetScalarOpacityUnitDistance(transfer_function.distance_in(bounds))
    appearance.SetInterpolationTypeToLinear()
    appearance.SetShade(shade)
    appearance.SetAmbient(0.55)
    appearance.SetDiffuse(0.55)
    appearance.SetSpecular(0.2)
    appearance.SetSpecularPower(20.0)
    volume.SetProperty(appearance)
    return volume


def surface_prop(
    image: vtkImageData, array: str, isovalue: float, color: Sequence[float] = SURFACE_COLOR
) -> vtkActor:
    """The surface where an array has one value, empty where it never has.

    Raises
    ------
    ValueError
        As for :func:`volume_prop`; or the value is not finite, or the colour not (red, green, blue).
    """
    if not np.isfinite(isovalue):
        raise ValueError(f"isovalue must be finite, got {isovalue}")
    if len(color) != 3 or min(color) < 0 or max(color) > 1:
        raise ValueError(f"color must be (red, green, blue) from 0 to 1, got {tuple(color)}")
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(isosurface(image, *point_values(image, array), isovalue))
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.SetUserMatrix(pose_of(image))
    appearance = actor.GetProperty()
    appearance.SetColor(*color)
    appearance.SetAmbient(0.2)
    appearance.SetDiffuse(0.8)
    appearance.SetSpecular(0.2)
    appearance.SetSpecularPower(30.0)
    return actor
