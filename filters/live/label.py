"""A line of text in the corner of a view, for as long as somebody wants it there."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import vtkmodules.vtkRenderingFreeType  # noqa: F401  (draws the text)
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkTextActor


class Label:
    """Text in the lower left corner, on behalf of several; the first who has something to say is heard.

    Parameters
    ----------
    renderer : vtkRenderer
    """

    def __init__(self, renderer: vtkRenderer) -> None:
        self._said: dict[Hashable, tuple[str, Callable[[], bool]]] = {}
        self._actor = vtkTextActor()
        self._actor.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
        self._actor.SetPosition(0.02, 0.02)
        style = self._actor.GetTextProperty()
        style.SetFontSize(18)
        style.SetBackgroundColor(0.0, 0.0, 0.0)
        style.SetBackgroundOpacity(0.6)
        self._actor.VisibilityOff()
        renderer.AddViewProp(self._actor)
        renderer.AddObserver("StartEvent", self._forget_the_gone)  # type: ignore[arg-type]  # its stub takes ids

    @property
    def text(self) -> str:
        """What is read in the view, "" for nothing."""
        return self._actor.GetInput() if self._actor.GetVisibility() else ""

    def say(self, who: Hashable, text: str, there: Callable[[], bool]) -> None:
        """``text`` on behalf of ``who``, "" for nothing; of no account once ``there()`` is False."""
        if text:
            self._said[who] = text, there
        else:
            self._said.pop(who, None)
        self._show()

    def _forget_the_gone(self, *_: object) -> None:
        gone = [who for who, (_, there) in self._said.items() if not there()]
        for who in gone:
            del self._said[who]
        if gone:
            self._show()

    def _show(self) -> None:
        self._actor.SetInput(next((text for text, _ in self._said.values()), ""))
        self._actor.SetVisibility(bool(self._said))
