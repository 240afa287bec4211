"""Off-screen pictures of an image data step, the same in plain VTK and inside ParaView."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkDataSetAttributes, vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D
from vtkmodules.vtkFiltersModeling import vtkOutlineFilter
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkPolyDataMapper,
    vtkVolume,
    vtkVolumeProperty,
)
from vtkmodules.vtkRenderingVolume import vtkGPUVolumeRayCastMapper

from stsr_filters.camera import Camera
from stsr_filters.off_screen import picture_of
from stsr_filters.transfer_function import TransferFunction, transfer_function_of

#: (red, green, blue), the background that print has.
WHITE = (1.0, 1.0, 1.0)
#: Width and height in pixels of the papers' renderings.
SIZE = (1024, 1024)
#: A warm grey that shading can lighten and darken.
SURFACE_COLOR = (0.86, 0.74, 0.52)

_SAMPLES_PER_INTERVAL = 2.0
_FEWEST_SAMPLES = 512  # along the diagonal
_OPACITY_SHARE = 0.01  # of the diagonal, where the transfer function names no opacity distance


def render_volume(
    image: vtkImageData,
    array: str,
    *,
    transfer_function: TransferFunction | None = None,
    camera: Camera | None = None,
    size: Sequence[int] = SIZE,
    background: Sequence[float] = WHITE,
    shade: bool = True,
    outline: bool = True,
) -> np.ndarray:
    """Direct volume rendering by ray casting with trilinear interpolation and gradient shading.

    Two calls give the same bytes on one machine and driver: rays start unjittered, and the sample distance
    depends on the grid alone (half its smallest spacing, at most 1/512 of the diagonal). To compare pictures,
    give all of them the transfer function and the camera of the ground truth.

    Parameters
    ----------
    image : vtkImageData
        At least two nodes on each axis.
    array : str
        Point array with one component.
    transfer_function : TransferFunction, optional
        By default :func:`~stsr_filters.transfer_function.transfer_function_of` the array.
    camera : Camera, optional
        By default :meth:`~stsr_filters.camera.Camera.around` the image.
    size : (width, height)
        Pixels.
    background : (red, green, blue)
        From 0 to 1.
    shade : bool
        Light the volume by its gradient.
    outline : bool
        Draw the box of the grid.

    Returns
    -------
    ndarray
        (H, W, 3) uint8 sRGB, the top row first. Points that are not finite, and those hidden by ``vtkGhostType``,
        are not drawn.

    Raises
    ------
    ValueError
        The image has no such point array, one of several components, no finite value, or an axis of one node;
        or an argument is not as said above.
    RuntimeError
        There is neither a display nor a VTK that draws without one.
    """
    values = _values(image, array)
    transfer_function = transfer_function or transfer_function_of(values, name=array)
    bounds = image.GetBounds()
    diagonal = float(np.linalg.norm(np.subtract(bounds[1::2], bounds[::2])))

    mapper = vtkGPUVolumeRayCastMapper()
    mapper.SetInputData(_drawable(image, array, values))
    mapper.SetBlendModeToComposite()
    mapper.AutoAdjustSampleDistancesOff()
    mapper.UseJitteringOff()
    mapper.SetImageSampleDistance(1.0)
    mapper.SetSampleDistance(
        min(min(image.GetSpacing()) / _SAMPLES_PER_INTERVAL, diagonal / _FEWEST_SAMPLES)
    )

    appearance = vtkVolumeProperty()
    appearance.SetColor(transfer_function.vtk_colors())
    appearance.SetScalarOpacity(transfer_function.vtk_opacities())
    appearance.SetScalarOpacityUnitDistance(transfer_function.opacity_distance or _OPACITY_SHARE * diagonal)
    appearance.SetInterpolationTypeToLinear()
    appearance.SetShade(shade)
    appearance.SetAmbient(0.35)
    appearance.SetDiffuse(0.75)
    appearance.SetSpecular(0.15)
    appearance.SetSpecularPower(20.0)

    volume = vtkVolume()
    volume.SetMapper(mapper)
    volume.SetProperty(appearance)
    props = [_outline(image, background), volume] if outline else [volume]
    camera = camera or Camera.around(bounds, aspect=size[0] / size[1])
    return picture_of(props, bounds, camera, size, background)


def render_isosurface(
    image: vtkImageData,
    array: str,
    isovalue: float,
    *,
    color: Sequence[float] = SURFACE_COLOR,
    camera: Camera | None = None,
    size: Sequence[int] = SIZE,
    background: Sequence[float] = WHITE,
    outline: bool = True,
) -> np.ndarray:
    """The surface where an array has one value, smooth-shaded with normals from the gradient.

    A step that never has the value gives the picture of an empty box, as an empty surface is a possible result of a
    prediction; whether an isovalue makes sense is known from the range of the ground truth over all steps
    (:func:`stsr_core.metrics.require_isovalue`).

    Parameters
    ----------
    image, array, camera, size, background, outline
        As for :func:`render_volume`.
    isovalue : float
        Finite, in the array's unit.
    color : (red, green, blue)
        From 0 to 1.

    Returns
    -------
    ndarray
        (H, W, 3) uint8 sRGB, the top row first.

    Raises
    ------
    ValueError, RuntimeError
        As for :func:`render_volume`.
    """
    if not np.isfinite(isovalue):
        raise ValueError(f"isovalue must be finite, got {isovalue}")
    if len(color) != 3 or min(color) < 0 or max(color) > 1:
        raise ValueError(f"color must be (red, green, blue) from 0 to 1, got {tuple(color)}")
    values = _values(image, array)
    contour = vtkFlyingEdges3D()
    contour.SetInputData(_drawable(image, array, values))
    contour.SetValue(0, float(isovalue))
    contour.ComputeNormalsOn()
    contour.ComputeScalarsOff()
    mapper = vtkPolyDataMapper()
    mapper.SetInputConnection(contour.GetOutputPort())
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    appearance = actor.GetProperty()
    appearance.SetColor(*color)
    appearance.SetAmbient(0.2)
    appearance.SetDiffuse(0.8)
    appearance.SetSpecular(0.25)
    appearance.SetSpecularPower(30.0)
    bounds = image.GetBounds()
    props = [_outline(image, background), actor] if outline else [actor]
    camera = camera or Camera.around(bounds, aspect=size[0] / size[1])
    return picture_of(props, bounds, camera, size, background)


def _values(image: vtkImageData, array: str) -> np.ndarray:
    """The point array, flat, checked."""
    if image is None or not image.IsA("vtkImageData"):
        found = "nothing" if image is None else image.GetClassName()
        raise ValueError(f"image must be image data (a uniform grid), got {found}")
    if min(image.GetDimensions()) < 2:
        raise ValueError(
            f"image must have at least 2 nodes on each axis, got dimensions {image.GetDimensions()}"
        )
    found = image.GetPointData().GetArray(array)
    if found is None:
        data = image.GetPointData()
        names = [data.GetArrayName(i) for i in range(data.GetNumberOfArrays())]
        raise ValueError(f"array must name a point array of the image, which has {names}, got {array!r}")
    if found.GetNumberOfComponents() != 1:
        raise ValueError(
            f"array {array!r} must have one component, got {found.GetNumberOfComponents()}; take one of them "
            "or the magnitude with a calculator"
        )
    values = vtk_to_numpy(found)
    if not np.isfinite(values).any():
        raise ValueError(f"array {array!r} must hold at least one finite value, got none")
    return values


def _drawable(image: vtkImageData, array: str, values: np.ndarray) -> vtkImageData:
    """A shallow copy with that array active; what is not finite is hidden by VTK's ghost marks."""
    drawn = vtkImageData()
    drawn.ShallowCopy(image)
    data = drawn.GetPointData()
    missing = ~np.isfinite(values)
    if missing.any():
        filled = numpy_to_vtk(np.where(missing, values[~missing].min(), values), deep=True)
        filled.SetName(array)
        data.AddArray(filled)
        ghosts = data.GetArray(vtkDataSetAttributes.GhostArrayName())
        marks = np.zeros(len(values), np.uint8) if ghosts is None else vtk_to_numpy(ghosts).copy()
        marks[missing] |= vtkDataSetAttributes.HIDDENPOINT
        hidden = numpy_to_vtk(marks, deep=True)
        hidden.SetName(vtkDataSetAttributes.GhostArrayName())
        data.AddArray(hidden)
    data.SetActiveScalars(array)
    return drawn


def _outline(image: vtkImageData, background: Sequence[float]) -> vtkActor:
    outline = vtkOutlineFilter()
    outline.SetInputData(image)
    mapper = vtkPolyDataMapper()
    mapper.SetInputConnection(outline.GetOutputPort())
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().LightingOff()
    actor.GetProperty().SetLineWidth(1.5)
    grey = 0.45 if np.mean(background) > 0.5 else 0.7
    actor.GetProperty().SetColor(grey, grey, grey)
    return actor
