"""The picture of Compare to GT in a render view of its own."""

from __future__ import annotations

from typing import Any

_PICTURE, _OVERVIEW = 2, 4  # numbers of the outputs
_TABLE_SHARE = 0.3  # of the height of what table and picture divide between them


def show_picture(compare: Any) -> Any:
    """Show the picture of a Compare to GT flat and as large as its view, which is made and returned.

    The view takes the lower part of that of the overview, or else of the active view. Which view is active
    stays as it is.

    Parameters
    ----------
    compare : paraview.servermanager.SourceProxy
        With Pictures on, and updated.

    Returns
    -------
    paraview.servermanager.RenderView

    Raises
    ------
    ValueError
        If there is no picture.
    """
    from paraview import servermanager, simple  # only ParaView's own Python has it

    extent = compare.GetDataInformation(_PICTURE).GetExtent()
    width, height = extent[1] + 1, extent[3] + 1
    if width <= 2:
        raise ValueError("there is no picture to show; turn Pictures on and update the comparison first")
    active = simple.GetActiveView()
    view = simple.CreateView("RenderView")
    _place(view, _view_of(compare, _OVERVIEW) or active)
    view.InteractionMode = "2D"
    view.OrientationAxesVisibility = view.CenterAxesVisibility = 0
    view.UseColorPaletteForBackground = 0
    view.Background = [1.0, 1.0, 1.0]
    simple.Show(servermanager.OutputPort(compare, _PICTURE), view)
    view.CameraParallelProjection = 1
    view.CameraFocalPoint = [(width - 1) / 2, (height - 1) / 2, 0.0]
    view.CameraPosition = [(width - 1) / 2, (height - 1) / 2, float(width)]
    view.CameraViewUp = [0.0, 1.0, 0.0]
    simple.Render(view)  # only now the size of the view is known
    shown = max(1, view.ViewSize[0]) / max(1, view.ViewSize[1])
    view.CameraParallelScale = max(height, width / shown) / 2
    simple.Render(view)
    if active is not None:
        simple.SetActiveView(active)
    return view


def _place(view: Any, beside: Any) -> None:
    """Below ``beside`` where that is in a layout; in one of its own otherwise."""
    from paraview import simple

    layout = simple.GetLayout(beside) if beside is not None else None
    if layout is None:
        simple.CreateLayout("Picture").AssignView(0, view)
        return
    at = layout.GetViewLocation(beside)
    layout.SplitVertical(at, _TABLE_SHARE)  # what was there is the first of the two now
    layout.AssignView(2 * at + 2, view)


def _view_of(compare: Any, port: int) -> Any:
    """The view that shows an output, None if none does."""
    from paraview import simple

    for view in simple.GetViews():
        for display in getattr(view, "Representations", ()):
            given = getattr(display, "Input", None)
            if given is not None and given.SMProxy == compare.SMProxy and given.Port == port:
                return view
    return None


def is_shown(compare: Any) -> bool:
    """Whether a view shows the picture."""
    return _view_of(compare, _PICTURE) is not None
