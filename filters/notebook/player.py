"""A model as a volume rendering at one time, with a slider to every other where something can be moved."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.series import refined_times
from stsr_filters.notebook.choices import checked_time
from stsr_filters.notebook.plotter import PyvistaViews, pyvista_views
from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.rendering.drawn_data import point_values
from stsr_filters.rendering.transfer_function import TransferFunction

if TYPE_CHECKING:
    import pyvista

    from stsr_filters.notebook.model import Model

#: Times of the slider per interval between listed ones.
_FINER = 4
#: Steps that the colours are derived from.
_LOOKED_AT = 3
_SLIDER = {"pointa": (0.12, 0.06), "pointb": (0.6, 0.06), "style": "modern", "title": "time", "fmt": "%.4g"}


def plot(
    model: Model,
    time: float | None = None,
    variable: str | None = None,
    *,
    factor: float | None = None,
    isovalue: float | None = None,
    transfer_function: TransferFunction | None = None,
    size: tuple[int, int] = (640, 480),
    jupyter_backend: str | None = None,
    screenshot: Any = None,
    **options: Any,
) -> Any:
    """Show a model; in a window, and in Jupyter where trame is installed, with a slider for the time.

    Parameters
    ----------
    model : Model
    time : float, optional
        By default the middle.
    variable : str, optional
        By default the first.
    factor : float, optional
        As for :meth:`Model.at`.
    isovalue : float, optional
        Show this isosurface in place of the volume.
    transfer_function : TransferFunction, optional
        By default one derived from the first, the middle and the last step.
    size : (width, height)
        Pixels of the view.
    jupyter_backend : str, optional
        By default that of ``pyvista.set_jupyter_backend``, or else ``"trame"`` where that is installed and
        ``"static"`` where it is not.
    screenshot : str or bool, optional
        As for :meth:`pyvista.Plotter.show`.
    **options
        Of ``pyvista.Plotter``, such as ``off_screen=True``.

    Returns
    -------
    object
        What :meth:`pyvista.Plotter.show` returns: in Jupyter the widget or picture.
    """
    import pyvista

    known = model.domain[0] if variable is None else model.domain.variable(variable)
    name, (first, last) = known.name, model.time_range
    shown = 0.5 * (first + last) if time is None else checked_time(time, model.domain)

    def images(moment: float) -> dict[str, pyvista.ImageData]:
        return {name: model.at(moment, factor, variables=name)}

    times = np.union1d(refined_times(known.full_times, _FINER), [shown])
    frames = [(float(t), partial(images, float(t))) for t in times]
    start = int(np.searchsorted(times, shown))
    label = f"{name} ({known.unit})" if known.unit else name
    views = pyvista_views(
        # The first is shown: begin where the slider does.
        [*frames[start:], *frames[:start]],
        name,
        difference=False,
        isovalue=isovalue,
        transfer_function=transfer_function or _colors(model, name),
        size=size,
        label=label,
        **options,
    )
    plotter = views.plotter
    if plotter.notebook and jupyter_backend is None:
        chosen = pyvista.global_theme.jupyter_backend
        jupyter_backend = chosen or ("trame" if find_spec("trame_pyvista") else "static")
    movable = not plotter.off_screen
    if plotter.notebook:
        movable = jupyter_backend not in ("static", "none", "html")
    if movable and len(times) > 1:
        add_time_slider(views, np.roll(times, -start))
    shows: dict[str, Any] = {"screenshot": screenshot}
    if plotter.notebook:
        shows["jupyter_backend"] = jupyter_backend
    return plotter.show(**shows)


def add_time_slider(views: PyvistaViews, times: np.ndarray) -> Any:
    """A slider in the first view of :func:`~stsr_filters.pyvista_views`, which shows the step nearest to it.

    Parameters
    ----------
    views : PyvistaViews
    times : ndarray
        Of its steps (T,), in their order; the first is the one that is shown.

    Returns
    -------
    vtkSliderWidget
    """
    views.plotter.subplot(*next(iter(views.subplots.values())))
    return views.plotter.add_slider_widget(
        lambda moment: views.show_step(int(np.argmin(np.abs(times - moment)))),
        (float(times.min()), float(times.max())),
        value=float(times[0]),
        **_SLIDER,
    )


def _colors(model: Model, name: str) -> TransferFunction:
    """From a few steps on the model's own grid, so that they stay when the time changes."""
    found = []
    for moment in np.linspace(*model.time_range, _LOOKED_AT):
        values, missing = point_values(model.at(float(moment), variables=name), name)
        found.append(values[~missing])
    return transfer_function_of(np.concatenate(found), name=name)
