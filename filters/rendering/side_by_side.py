"""Ground truth, predictions and differences in one picture, seen by one camera with one colour map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData

from stsr_core.metrics import difference_image
from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.rendering.drawn_data import by_title, point_values
from stsr_filters.rendering.off_screen import checked_size
from stsr_filters.rendering.render import WHITE, render_isosurface, render_volume
from stsr_filters.rendering.titled_pictures import sheet
from stsr_filters.rendering.transfer_function import TransferFunction


@dataclass(frozen=True)
class SideBySide:
    """What one call of :func:`side_by_side` made.

    Parameters
    ----------
    renderings : dict of str to ndarray
        (H, W, 3) uint8 by title, in the order given; the ground truth first.
    differences : dict of str to ndarray
        (H, W, 3) uint8 difference image of each other title against the ground truth; empty if not made.
    picture : ndarray
        (H', W', 3) uint8: all of them with titles and legends.
    transfer_function : TransferFunction or None
        The shared one; None for isosurfaces.
    camera : Camera
        The shared one.
    """

    renderings: dict[str, np.ndarray]
    differences: dict[str, np.ndarray]
    picture: np.ndarray
    transfer_function: TransferFunction | None
    camera: Camera


def side_by_side(
    images: Mapping[str, vtkImageData],
    array: str | Mapping[str, str],
    *,
    isovalue: float | None = None,
    difference: bool = True,
    transfer_function: TransferFunction | None = None,
    camera: Camera | None = None,
    size: Sequence[int] = (640, 640),
    background: Sequence[float] = WHITE,
    outline: bool = True,
    title: str = "",
    notes: Mapping[str, str] | None = None,
    label: str | None = None,
    text: float | None = None,
    path: str | Path | None = None,
) -> SideBySide:
    """Render several images alike, beside each other, with their differences from the first.

    All views share camera, light and transfer function; camera and transfer function come from the first
    image unless given. A difference view shows the CIELUV distance of two renderings
    (:func:`stsr_core.metrics.difference_image`). Two images make one row of three views; more make a row of
    renderings above a row of differences.

    Parameters
    ----------
    images : mapping of str to vtkImageData
        By title, the ground truth first. They may differ in resolution. What ``paraview.servermanager.Fetch``
        returns and what pyvista calls ImageData are vtkImageData.
    array : str or mapping of str to str
        Name of the point array shown, or that name by title.
    isovalue : float, optional
        Show this isosurface in place of the volume.
    difference : bool
        Make the difference views.
    transfer_function : TransferFunction, optional
    camera : Camera, optional
    size : (width, height)
        Pixels of one view.
    background : (red, green, blue)
        Of the views, from 0 to 1; the sheet around them is white.
    outline : bool
        Draw the box of the grid.
    title : str
        Above all views.
    notes : mapping of str to str, optional
        A line under a view's title, such as "PSNR 41.2 dB".
    label : str, optional
        Of the colour bar, such as "density (kg/m³)"; by default the array's name.
    text : float, optional
        Height of titles in pixels, see :func:`~stsr_filters.rendering.titled_pictures.sheet`.
    path : str or Path, optional
        PNG file to write.

    Returns
    -------
    SideBySide

    Raises
    ------
    ValueError, RuntimeError
        No image, a difference of one image, a title that is not among them, or what
        :func:`~stsr_filters.rendering.render.render_volume` raises.

    Examples
    --------
    In pvpython, after both filters were updated to one time::

        images = {"ground truth": Fetch(truth), "prediction": Fetch(upscaled)}
        views = side_by_side(images, "RTData", path="views.png")
    """
    if not images:
        raise ValueError("images must hold at least one image, got none")
    if difference and len(images) < 2:
        raise ValueError("difference needs at least two images, got one; say difference=False")
    arrays = by_title(images, array)
    unknown = sorted(set(notes or {}) - set(images))
    if unknown:
        raise ValueError(f"notes must be for the titles {list(images)}, got {unknown}")
    reference, truth = next(iter(images.items()))
    values, missing = point_values(truth, arrays[reference])
    width, height = checked_size(size)
    camera = camera or Camera.around(truth.GetBounds(), aspect=width / height)
    look: dict[str, Any] = {"camera": camera, "size": size, "background": background, "outline": outline}
    if isovalue is None:
        transfer_function = transfer_function or transfer_function_of(
            values[~missing], name=arrays[reference]
        )
        # The ground truth's opacity distance for all: boxes of other resolutions can differ by a fraction.
        distance = transfer_function.distance_in(truth.GetBounds())
        transfer_function = replace(transfer_function, opacity_distance=distance)
        renderings = {
            t: render_volume(image, arrays[t], transfer_function=transfer_function, **look)
            for t, image in images.items()
        }
    else:
        transfer_function = None
        renderings = {t: render_isosurface(image, arrays[t], isovalue, **look) for t, image in images.items()}
    differences = {}
    if difference:
        differences = {
            t: difference_image(renderings[reference], renderings[t]) for t in images if t != reference
        }
    label = arrays[reference] if label is None else label
    if isovalue is not None:
        title = f"{title}   {label} = {isovalue:g}".strip()
    picture = sheet(
        renderings,
        differences,
        title=title,
        notes=notes,
        transfer_function=transfer_function,
        label=label,
        text=text,
    )
    if path is not None:
        save_png(picture, path)
    return SideBySide(renderings, differences, picture, transfer_function, camera)


def save_png(picture: np.ndarray, path: str | Path) -> None:
    """Write (H, W, 3) uint8 as a PNG file."""
    from PIL import Image

    Image.fromarray(picture).save(path, format="PNG")
