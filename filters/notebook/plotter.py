"""Ground truth, predictions and their errors in linked views of pyvista, at one time or over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vtkmodules.vtkCommonDataModel import vtkImageData

from stsr_filters.live.actors import Style, ViewContent, scalar_bar
from stsr_filters.live.look import (
    LEGEND,
    arrangement,
    camera_below_title,
    column_shares,
    text_height,
)
from stsr_filters.live.steps import ERROR, Steps
from stsr_filters.rendering.animation import Frame
from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.off_screen import checked_size
from stsr_filters.rendering.render import WHITE
from stsr_filters.rendering.transfer_function import TransferFunction


@dataclass
class PyvistaViews:
    """What one call of :func:`pyvista_views` made.

    Parameters
    ----------
    plotter : pyvista.Plotter
        With a subplot for each view and one for the legend. ``show()``, ``screenshot(path)``,
        ``open_gif(path)`` and all else are pyvista's own.
    subplots : dict of str to (row, column)
        Place of each view by title, the errors as "error of TITLE".
    transfer_function, error_function : TransferFunction or None
        Shared by all views of values, and by all views of errors; None where nothing is coloured by it.
    camera : Camera
        Where the views were taken from at first.
    """

    plotter: Any
    subplots: dict[str, tuple[int, int]]
    transfer_function: TransferFunction | None
    error_function: TransferFunction | None
    camera: Camera
    _steps: Steps = field(repr=False)
    _contents: dict[str, ViewContent] = field(repr=False)

    @property
    def n_steps(self) -> int:
        """How many steps there are, one where only images were given."""
        return len(self._steps.frames)

    def show_step(self, index: int) -> None:
        """Put another step into all views; colours, opacities and camera stay.

        Parameters
        ----------
        index : int
            From 0 to ``n_steps`` − 1.
        """
        if not 0 <= index < self.n_steps:
            raise ValueError(f"index must lie from 0 to {self.n_steps - 1}, got {index}")
        time, values, errors = self._steps.at(index)
        for title, image in {**values, **errors}.items():
            self._contents[title].show(image, time)


def pyvista_views(
    images: Mapping[str, vtkImageData] | Sequence[Frame],
    array: str | Mapping[str, str],
    *,
    difference: bool = True,
    isovalue: float | None = None,
    transfer_function: TransferFunction | None = None,
    error_limit: float | None = None,
    camera: Camera | None = None,
    size: Sequence[int] = (480, 480),
    background: Sequence[float] = WHITE,
    label: str | None = None,
    **options: Any,
) -> PyvistaViews:
    """Show images beside each other in one pyvista plotter, with their errors; turn one and all turn.

    All views share camera, colours and opacities, which come from the ground truth at all steps given. An
    error view shows prediction − ground truth, blue where the prediction is too low and red where it is too
    high, over −limit … limit; a prediction on another grid is interpolated trilinearly on the ground truth's.
    Two images make one row of views; more make a row of renderings above a row of errors.

    The pictures of :func:`~stsr_filters.side_by_side` have the same transfer function and direction of view.

    Parameters
    ----------
    images : mapping of str to vtkImageData, or sequence of (time, images)
        By title, the ground truth first; pyvista's ImageData are vtkImageData. For a series all its steps as
        :func:`~stsr_filters.side_by_side_animation` takes them: images, or a function that returns them when
        they are needed. The first step is shown.
    array : str or mapping of str to str
        Name of the point array shown, or that name by title.
    difference : bool
        Make the error views.
    isovalue : float, optional
        Show this isosurface in place of the volume.
    transfer_function : TransferFunction, optional
    error_limit : float, optional
        By default the largest error of all steps. With it and a transfer function no step is looked at
        before it is shown.
    camera : Camera, optional
    size : (width, height)
        Pixels of one view.
    background : (red, green, blue)
        From 0 to 1.
    label : str, optional
        Of the colour bar, such as "density (kg/m³)"; by default the array's name.
    **options
        Of ``pyvista.Plotter``, such as ``off_screen=True`` or ``notebook=True``.

    Returns
    -------
    PyvistaViews

    Raises
    ------
    ValueError
        No image, a difference of one image, steps with other titles, or an image that cannot be drawn.
    ImportError
        pyvista is not installed.

    Examples
    --------
    A window in which the mouse turns all views, and a picture::

        views = pyvista_views({"ground truth": truth, "prediction": upscaled}, "RTData")
        views.plotter.show(screenshot="views.png")

    A film, for which pyvista needs imageio::

        views = pyvista_views(frames, "RTData", off_screen=True)
        views.plotter.open_gif("film.gif", fps=10)
        for i in range(views.n_steps):
            views.show_step(i)
            views.plotter.write_frame()
        views.plotter.close()

    A slider: ``views.plotter.add_slider_widget(lambda i: views.show_step(round(i)), (0, views.n_steps - 1))``
    """
    try:
        import pyvista
    except ImportError as error:
        raise ImportError(f"pyvista must be installed, as by pip install 'stsr[notebook]': {error}") from None
    steps = Steps.of(images, array, difference)
    rows = arrangement(steps.titles, steps.predictions)
    shares = column_shares(rows)[0]
    width, height = checked_size(size)
    values, errors = steps.transfer_functions(transfer_function, error_limit)
    time, first, differences = steps.at(0)
    truth = first[steps.titles[0]]
    distance = values.distance_in(truth.GetBounds())
    camera = camera or camera_below_title(truth.GetBounds(), (width, height))

    arranged: dict[str, Any] = {
        "shape": (len(rows), len(rows[0])),
        "col_weights": shares,
        "window_size": (round(sum(shares) * width), len(rows) * height),
        "border": False,
    }
    plotter: Any = pyvista.Plotter(**{**arranged, **options})
    plotter.set_background(background)
    subplots = {title: (i, k) for i, row in enumerate(rows) for k, title in enumerate(row)}
    style = Style(background, width, text_height((width, height)))
    label = steps.arrays[steps.titles[0]] if label is None else label
    contents: dict[str, ViewContent] = {}
    for title, image in {**first, **differences}.items():
        plotter.subplot(*subplots[title])
        if title in differences and errors is not None:
            content = ViewContent.volume(title, ERROR, errors, distance, style, shade=False)
        elif isovalue is None:
            content = ViewContent.volume(title, steps.arrays[title], values, distance, style, shade=True)
        else:
            words = f"{title}   {label} = {isovalue:g}"
            content = ViewContent.surface(words, steps.arrays[title], isovalue, style)
        content.show(image, time)
        for prop in content.props:
            plotter.add_actor(prop, reset_camera=False, render=False, pickable=False)
        contents[title] = content
    bars = [(values, label)] if isovalue is None else []
    if errors is not None:
        bars.append((errors, "error"))
    two_rows = len(rows) == 2
    plotter.subplot(*subplots.pop(LEGEND))
    plotter.renderer.SetInteractive(False)
    for i, (function, words) in enumerate(bars):
        legend_width = shares[0 if two_rows else -1] * width
        bar = scalar_bar(function, words, style, (i, len(bars)), legend_width, wide=two_rows)
        plotter.add_actor(bar, reset_camera=False, render=False, pickable=False)
    _link(plotter, list(subplots.values()), camera)
    return PyvistaViews(
        plotter, subplots, values if isovalue is None else None, errors, camera, steps, contents
    )


def _link(plotter: Any, places: Sequence[tuple[int, int]], camera: Camera) -> None:
    """One vtkCamera for all views, and the first of them the current one."""
    plotter.subplot(*places[0])
    camera.apply(plotter.camera)
    indices = [plotter.renderers.loc_to_index(place) for place in places]
    plotter.link_views(indices)
    for renderer in plotter.renderers:
        renderer.camera_set = True  # else the first render looks at everything from elsewhere
    for index in indices:
        plotter.renderers[index].reset_camera_clipping_range()
