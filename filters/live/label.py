"""A line of text in the corner of a view, for as long as somebody wants it there."""

from __future__ import annotations

from collections.abc import Hashable

from vtkmodules.vtkRenderingCore import vtkRenderer, vtkTextActor


class Label:
    """Text in the lower left corner, on behalf of several; the first who has something to say is heard.

    Parameters
    ----------
    renderer : vtkRenderer
    """

    def __init__(self, renderer: vtkRenderer) -> None:
        self._said: dict[Hashable, str] = {}
        self._actor = vtkTextActor()
        self._actor.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
        self._actor.SetPosition(0.02, 0.02)
        style = self._actor.GetTextProperty()
        style.SetFontSize(18)
        style.SetBackgroundColor(0.0, 0.0, 0.0)
        style.SetBackgroundOpacity(0.6)
        self._actor.VisibilityOff()
        renderer.AddViewProp(self._actor)

    @property
    def text(self) -> str:
        """What is read in the view, "" for nothing."""
        return self._actor.GetInput() if self._actor.GetVisibility() else ""

    def say(self, who: Hashable, text: str) -> None:
        """``text`` on behalf of ``who``, "" for nothing."""
        if text:
            self._said[who] = text
        else:
            self._said.pop(who, None)
        self._actor.SetInput(next(iter(self._said.values()), ""))
        self._actor.SetVisibility(bool(self._said))
