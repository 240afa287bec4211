"""Views side by side in one off-screen window, all seen by one camera."""

from __future__ import annotations

import time as clock
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import vtkmodules.vtkInteractionStyle
import vtkmodules.vtkRenderingFreeType
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkInteractionStyle import vtkInteractorStyleTrackballCamera
from vtkmodules.vtkRenderingCore import vtkCamera, vtkRenderer, vtkRenderWindowInteractor

from stsr_filters.live.actors import Style, ViewContent
from stsr_filters.live.look import camera_below_title, error_transfer_function, symmetric_limit
from stsr_filters.live.steps import ERROR
from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.drawn_data import point_values
from stsr_filters.rendering.off_screen import new_window
from stsr_filters.rendering.transfer_function import TransferFunction

#: Width and height of a view in pixels before a browser says its own: few, as nobody sees that picture.
_UNSEEN = 120
#: Width that titles have to fit in, and their height.
_WIDTH, _TEXT = 480, 18
#: Longest wait for a picture in seconds, and the fewest pixels that it gets all the same.
_PATIENCE, _FEWEST = 0.5, 250_000


@dataclass(frozen=True)
class Look:
    """How values are drawn.

    Parameters
    ----------
    function : TransferFunction
        Of the volumes.
    isovalue : float or None
        Draw this isosurface in place of the volume.
    background : (float, float, float)
    """

    function: TransferFunction
    isovalue: float | None
    background: tuple[float, float, float]


class Scene:
    """One window; the views in it come and go with what is shown."""

    def __init__(self) -> None:
        self.window = new_window()
        self.window.SetOffScreenRendering(True)
        self.window.SetSize(3 * _UNSEEN, _UNSEEN)
        self._camera = vtkCamera()
        self._interactor = vtkRenderWindowInteractor()
        self._interactor.SetRenderWindow(self.window)
        self._interactor.SetInteractorStyle(vtkInteractorStyleTrackballCamera())
        self._renderers: dict[str, vtkRenderer] = {}
        self._contents: dict[str, ViewContent] = {}
        self._made_for: tuple[object, ...] = ()
        self._error_limit = 0.0
        self._bounds: tuple[float, ...] | None = None
        self._placed: tuple[Camera, tuple[object, ...]] | None = None
        self._begun = 0.0
        self._speeds: deque[float] = deque(maxlen=4)  # of the last pictures, pixels per second
        self.window.AddObserver("StartEvent", self._begin)  # type: ignore[arg-type]  # its stub takes ids
        self.window.AddObserver("EndEvent", self._drawn)  # type: ignore[arg-type]

    def show(
        self,
        images: Mapping[str, vtkImageData | None],
        arrays: Mapping[str, str],
        look: Look,
        time: float,
    ) -> None:
        """Show images by title, each in a view of its own, which stays empty of None.

        Those without a name in ``arrays`` are errors.
        """
        for title, image in images.items():
            if title not in arrays and image is not None:
                found, missing = point_values(image, ERROR)
                limit = symmetric_limit([float(np.abs(found[~missing]).max(initial=0.0))], look.function)
                self._error_limit = max(self._error_limit, limit)
        bounds = next(image for image in images.values() if image is not None).GetBounds()
        made_for = (tuple(images), tuple(arrays.items()), look, self._error_limit)
        arranged = made_for != self._made_for
        if arranged:
            self._arrange(images, arrays, look, bounds)
            self._made_for = made_for
        for title, image in images.items():
            self._contents[title].show(image, time)
        self._bounds = bounds
        self._place()
        if arranged:
            # A window in which others draw new views for the first time stays empty.
            self.window.Render()

    @property
    def affordable_pixels(self) -> int:
        """Pixels that this machine draws in a time that a viewer waits for; few before anything was drawn."""
        return round(max(_FEWEST, _PATIENCE * max(self._speeds, default=0.0)))

    def _drawn(self, *_: object) -> None:
        if not self._renderers:  # an empty window says nothing of the speed
            return
        width, height = self.window.GetSize()
        self._speeds.append(width * height / max(1e-6, clock.perf_counter() - self._begun))

    def _place(self) -> None:
        """See all of the box, until somebody turns it: whatever the shape of the views becomes."""
        if self._bounds is None or not self._renderers:
            return
        width, height = self.window.GetSize()
        view = max(1, width // len(self._renderers)), max(1, height)
        untouched = self._placed is None or Camera.of(self._camera) == self._placed[0]
        if untouched and (self._placed is None or self._placed[1] != (self._bounds, view)):
            camera_below_title(self._bounds, view).apply(self._camera)
            self._placed = Camera.of(self._camera), (self._bounds, view)
        height = min(content.title_height(view[0]) for content in self._contents.values())
        for content in self._contents.values():
            content.resize_title(height)
        for renderer in self._renderers.values():
            renderer.ResetCameraClippingRange()

    def _begin(self, *_: object) -> None:
        self._place()
        self._begun = clock.perf_counter()

    def forget_errors(self) -> None:
        """Begin anew with the range of errors: another variable, or other colours, are shown."""
        self._error_limit = 0.0

    def reset_camera(self) -> None:
        """Look from where it was looked at first."""
        self._placed = None

    def _arrange(
        self,
        titles: Iterable[str],
        arrays: Mapping[str, str],
        look: Look,
        bounds: tuple[float, ...],
    ) -> None:
        for renderer in self._renderers.values():
            self.window.RemoveRenderer(renderer)
        self._renderers.clear()
        self._contents.clear()
        style = Style(look.background, _WIDTH, _TEXT)
        distance = look.function.distance_in(bounds)
        places = list(titles)
        for i, title in enumerate(places):
            renderer = vtkRenderer()
            renderer.SetViewport(i / len(places), 0.0, (i + 1) / len(places), 1.0)
            renderer.SetBackground(*look.background)
            renderer.SetActiveCamera(self._camera)
            if title not in arrays:
                function = error_transfer_function(self._error_limit or 1.0)  # nothing is shown yet
                content = ViewContent.volume(title, ERROR, function, distance, style, shade=False)
            elif look.isovalue is None:
                content = ViewContent.volume(title, arrays[title], look.function, distance, style, shade=True)
            else:
                content = ViewContent.surface(title, arrays[title], look.isovalue, style)
            for prop in content.props:
                renderer.AddViewProp(prop)
            self.window.AddRenderer(renderer)
            self._renderers[title], self._contents[title] = renderer, content
