"""Off-screen pictures of an image data step, the same in plain VTK and inside ParaView."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkProp3D

from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.rendering.drawn_data import point_values
from stsr_filters.rendering.off_screen import checked_size, picture_of
from stsr_filters.rendering.outline import outlines
from stsr_filters.rendering.props import SURFACE_COLOR, surface_prop, volume_prop
from stsr_filters.rendering.transfer_function import TransferFunction

#: (red, green, blue), the background that print has.
WHITE = (1.0, 1.0, 1.0)
#: Width and height in pixels of the papers' renderings.
SIZE = (1024, 1024)


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

    Rays are cast on the CPU in fixed-point numbers, so that a picture does not depend on a graphics card: two
    calls give the same bytes. The sample distance depends on the grid alone (half its smallest spacing, at
    most 1/512 of the diagonal). To compare pictures, give all of them the ground truth's transfer function
    and camera.

    Parameters
    ----------
    image : vtkImageData
        At least two nodes on each axis; pyvista's ImageData is one.
    array : str
        Point array with one component.
    transfer_function : TransferFunction, optional
        By default :func:`~stsr_filters.rendering.derived_transfer_function.transfer_function_of` the array.
    camera : Camera, optional
        By default :meth:`~stsr_filters.rendering.camera.Camera.around` the image.
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
        (H, W, 3) uint8 sRGB, the top row first. Points that are not finite, or hidden by ``vtkGhostType``,
        get the least opaque value.

    Raises
    ------
    ValueError
        The image has no such point array, one of several components, no finite value, or an axis of one node;
        or an argument is not as said above.
    RuntimeError
        There is neither a display nor a VTK that draws without one.
    """
    values, missing = point_values(image, array)
    transfer_function = transfer_function or transfer_function_of(values[~missing], name=array)
    volume = volume_prop(image, array, transfer_function, shade)
    return _picture(image, volume, camera, size, background, outline)


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

    A step that never has the value gives the picture of an empty box, since an empty surface is a possible
    result of a prediction; whether an isovalue makes sense tells the ground truth's range over all steps
    (:func:`stsr_core.metrics.require_isovalue`).

    Parameters
    ----------
    image : vtkImageData
    array : str
        As for :func:`render_volume`.
    isovalue : float
        Finite, in the array's unit.
    color : (red, green, blue)
        From 0 to 1.
    camera, size, background, outline
        As for :func:`render_volume`.

    Returns
    -------
    ndarray
        (H, W, 3) uint8 sRGB, the top row first. The surface has holes where points are not finite or hidden.

    Raises
    ------
    ValueError, RuntimeError
        As for :func:`render_volume`.
    """
    actor = surface_prop(image, array, isovalue, color)
    return _picture(image, actor, camera, size, background, outline)


def _picture(
    image: vtkImageData,
    prop: vtkProp3D,
    camera: Camera | None,
    size: Sequence[int],
    background: Sequence[float],
    outline: bool,
) -> np.ndarray:
    bounds = image.GetBounds()
    width, height = checked_size(size)
    camera = camera or Camera.around(bounds, aspect=width / height)
    if not outline:
        return picture_of([prop], bounds, camera, size, background)
    behind, front = outlines(image, camera, background)
    return picture_of([behind, prop], bounds, camera, size, background, over=[front])
