"""Ground truth, predictions and their errors in ParaView's own views: linked, with one colour map, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PICTURES = (".png", ".jpg", ".tif", ".bmp", ".ppm")
_FILMS = (".png", ".jpg", ".avi", ".ogv")


@dataclass(frozen=True)
class LinkedViews:
    """What one call of :func:`linked_views` made; every member is ParaView's own object.

    Parameters
    ----------
    layout : proxy
        The tab that holds all views.
    views : dict of str to proxy
        Render views by title, in the order given; then the error views, "error of TITLE".
    displays : dict of str to proxy
        What those views show, by the same titles.
    comparisons : dict of str to proxy
        The Compare to GT filters behind the error views, by the title of the prediction.
    legend : proxy
        The view of the scalar bars.
    colors, opacity : proxy
        The transfer functions that all views of values share.
    error_colors, error_opacity : proxy or None
        Those that all error views share; None without an error view.
    camera : stsr_filters.Camera
        Where the views were taken from at first.
    """

    layout: Any
    views: dict[str, Any]
    displays: dict[str, Any]
    comparisons: dict[str, Any]
    legend: Any
    colors: Any
    opacity: Any
    error_colors: Any
    error_opacity: Any
    camera: Any

    def save_png(self, path: str | Path, **options: Any) -> None:
        """Write all views as one picture.

        Parameters
        ----------
        path : str or Path
            Ends in .png, or in .jpg, .tif, .bmp or .ppm.
        options
            Of ``paraview.simple.SaveScreenshot``, such as ``ImageResolution=(2400, 800)``.

        Raises
        ------
        ValueError
            The path ends otherwise.
        OSError
            The file cannot be written.
        """
        from stsr_plugin.live.scene import save_screenshot

        save_screenshot(self, _checked(path, _PICTURES), options)

    def save_animation(self, path: str | Path, *, frames: int | None = None, **options: Any) -> None:
        """Write all views over time: a film, or numbered pictures.

        Parameters
        ----------
        path : str or Path
            ``name.avi`` or ``name.ogv``, where ParaView was built with them; ``name.png`` or ``name.jpg``
            writes ``name.0000.png``, ``name.0001.png``, …
        frames : int, optional
            So many frames, evenly spaced over the time of the animation; by default one at each time step
            that ParaView's animation bar lists.
        options
            Of ``paraview.simple.SaveAnimation``, such as ``FrameRate=10``.

        Raises
        ------
        ValueError
            The path ends otherwise, or ``frames`` is below 2.
        OSError
            The files cannot be written.
        """
        from stsr_plugin.live.scene import save_animation

        if frames is not None and frames < 2:
            raise ValueError(f"frames must be 2 or more, got {frames}")
        save_animation(self, _checked(path, _FILMS), frames, options)


def linked_views(
    sources: Mapping[str, Any],
    array: str | Mapping[str, str],
    *,
    compare: Any = None,
    difference: bool = True,
    isovalue: float | None = None,
    transfer_function: Any = None,
    error_limit: float | None = None,
    camera: Any = None,
    times: Sequence[float] | None = None,
    size: Sequence[int] = (480, 480),
    label: str | None = None,
    name: str = "linked views",
) -> LinkedViews:
    """Show pipeline objects beside each other in a new layout, with their errors; move one and all move.

    All views share camera, colours and opacities, which come from the ground truth at all its times. They
    stay as they are when the time changes, and when the array is coloured elsewhere. An error view shows
    prediction − ground truth, as Compare to GT finds it, blue where the prediction is too low and red where
    it is too high. One prediction makes one row of views; several make a row of renderings above a row of
    errors. Each title names the time of its data.

    The mouse turns all views at once. In a script the others follow when the one that was moved is drawn
    (``simple.Render(view)``) or when a picture is saved. The pictures of :func:`stsr_filters.side_by_side`
    have the same transfer function and direction of view.

    Parameters
    ----------
    sources : mapping of str to proxy
        By title, the ground truth first: readers, Neural Upscale, any filter that gives image data. They may
        differ in resolution.
    array : str or mapping of str to str
        Name of the point array shown, or that name by title.
    compare : proxy or sequence of proxies, optional
        Compare to GT filters, each of one of the sources with the first. Without it one is made for each
        prediction, which resamples other grids and compares at the ground truth's step nearest to the time.
    difference : bool
        Make the error views.
    isovalue : float, optional
        Show this isosurface in place of the volume.
    transfer_function : stsr_filters.TransferFunction, optional
        By default :func:`stsr_filters.transfer_function_of` the ground truth at ``times``.
    error_limit : float, optional
        The colours of the errors reach from −error_limit to error_limit; by default the largest error at
        ``times``. Given, no comparison runs before it is shown.
    camera : stsr_filters.Camera, optional
        By default :meth:`stsr_filters.Camera.around` the ground truth.
    times : sequence of float, optional
        The times that transfer function and error limit are taken from, by default all steps of the ground
        truth. For a long series a few suffice.
    size : (width, height)
        Pixels of one view. In the GUI the window decides instead.
    label : str, optional
        Of the colour bar, such as "density (kg/m³)"; by default the array's name.
    name : str
        Of the layout.

    Returns
    -------
    LinkedViews

    Raises
    ------
    ValueError, TypeError
        No source, one that is no image data or has no such array, an error view without a prediction, or a
        comparison of other sources.
    stsr_plugin.FilterFailed
        A filter of this plugin failed, with its sentence.

    Examples
    --------
    In ParaView's Python shell, pvpython or pvbatch::

        truth = simple.OpenDataFile("full.pvd")
        upscaled = simple.NeuralUpscale(Input=truth, ModelFile="vf.stsr", Factor=1)
        views = linked_views({"ground truth": truth, "prediction": upscaled}, "RTData")
        views.save_png("views.png")
        views.save_animation("film.avi", FrameRate=10)
    """
    # ParaView is looked for on the first call: the package is also imported where there is none.
    from stsr_filters.live.look import arrangement, error_transfer_function
    from stsr_filters.rendering.off_screen import checked_size
    from stsr_plugin.live import data, scene

    if not isinstance(sources, Mapping):
        raise TypeError(f"sources must be pipeline objects by title, got {type(sources).__name__}")
    if not sources:
        raise ValueError("sources must hold at least one pipeline object, got none")
    width_height = checked_size(size)
    series = data.Series.of(sources, array, times)
    found = data.compared(series, compare) if difference else {}
    rows = arrangement(list(sources), list(found))
    if error_limit is not None:
        error_transfer_function(error_limit)  # which refuses a wrong one, before anything is made
    comparisons = {t: given or data.new_comparison(series, t) for t, given in found.items()}
    values, errors = data.transfer_functions(series, comparisons, transfer_function, error_limit)
    label = series.array if label is None else label
    return LinkedViews(
        **scene.build(series, comparisons, rows, values, errors, isovalue, camera, width_height, label, name)
    )


def _checked(path: str | Path, suffixes: tuple[str, ...]) -> Path:
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"path must end in {', '.join(suffixes[:-1])} or {suffixes[-1]}, got {path.name!r}")
    if not path.parent.is_dir():  # which ParaView would not tell
        raise FileNotFoundError(f"path must be in a folder that exists, got {str(path)!r}")
    return path
