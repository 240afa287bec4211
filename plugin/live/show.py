"""One source in ParaView, shown as the project's own pictures are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stsr_filters import Camera, TransferFunction


def show(
    source: Any,
    view: Any = None,
    *,
    array: str | None = None,
    time: float | None = None,
    isovalue: float | None = None,
    transfer_function: TransferFunction | None = None,
    camera: Camera | None = None,
) -> Any:
    """Show a volume rendering at an angle, with a colour bar and the time of the data.

    ParaView's window does the same by itself when a source of this plugin is applied for the first time;
    scripts say it. The transfer function is that of the project's other pictures
    (:func:`stsr_filters.transfer_function_of`) and belongs to the array: every view that shows it follows,
    and no time rescales it. One that something else is shown with already stays as it is, and so does a
    camera that somebody has turned.

    Parameters
    ----------
    source : proxy
        Neural Upscale, STSR Model, a reader, any filter that gives image data.
    view : proxy, optional
        A render view; by default the active one, or a new one on white.
    array : str, optional
        Point array shown; by default the first with one component.
    time : float, optional
        The animation goes there; by default it stays, or goes to the first step where the source has none.
    isovalue : float, optional
        Show this isosurface in place of the volume.
    transfer_function : stsr_filters.TransferFunction, optional
        By default from the values shown, over the range of the whole series where a model knows it.
    camera : stsr_filters.Camera, optional
        By default one that sees the whole box, below the line of the time.

    Returns
    -------
    proxy
        The display, to be changed as any of ParaView's; that of the isosurface where one is shown.

    Raises
    ------
    ValueError, TypeError
        The source is no image data, has no such array, or fewer than two nodes on an axis.
    stsr_plugin.FilterFailed
        A filter of this plugin failed, with its sentence.

    Examples
    --------
    In ParaView's Python shell, pvpython or pvbatch::

        show(simple.STSRModel(FileName="vf.stsr"), time=12.5)
        simple.SaveScreenshot("picture.png")
    """
    # ParaView is looked for on the first call: the package is also imported where there is none.
    from stsr_plugin.live import first_picture

    if not hasattr(source, "GetDataInformation"):
        raise TypeError(f"source must be a pipeline object, got {type(source).__name__}")
    return first_picture.show(source, view, array, time, isovalue, transfer_function, camera)
