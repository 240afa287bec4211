"""Pictures from an off-screen window: no window of ParaView or of a notebook is touched."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import numpy as np
import vtkmodules.vtkRenderingOpenGL2 as opengl
import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401  (registers the volume mapper's implementation)
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkLight, vtkProp3D, vtkRenderer, vtkRenderWindow

from stsr_filters.rendering.camera import Camera

#: (position seen from the camera, intensity): key light over the left shoulder, a weak one from below right.
LIGHTS = (((-0.35, 0.5, 1.0), 0.9), ((0.8, -0.5, 0.8), 0.3))
_LARGEST = 16384  # pixels along an edge that every OpenGL driver in use can draw


def picture_of(
    props: Sequence[vtkProp3D],
    bounds: Sequence[float],
    camera: Camera,
    size: Sequence[int],
    background: Sequence[float],
    over: Sequence[vtkProp3D] = (),
) -> np.ndarray:
    """Render props under the fixed lights.

    Parameters
    ----------
    props : sequence of vtkProp3D
        Drawn in this order.
    bounds : six floats
        Box that the clipping planes enclose; the same for every picture of a comparison.
    size : (width, height)
        Pixels, each 1 to 16384.
    background : (red, green, blue)
        sRGB from 0 to 1.
    over : sequence of vtkProp3D
        Drawn over the finished picture, with the same camera.

    Returns
    -------
    ndarray
        (H, W, 3) uint8 sRGB, the top row first.

    Raises
    ------
    ValueError
        A size or a colour is not as said above.
    RuntimeError
        There is neither a display nor a VTK that draws without one.
    """
    with OffScreen(size, background) as window:
        window.show(props, over)
        return window.picture(camera, bounds)


class OffScreen:
    """A window under the fixed lights, for one picture after another; a context manager that closes it.

    Parameters
    ----------
    size, background
        As for :func:`picture_of`.
    """

    def __init__(self, size: Sequence[int], background: Sequence[float]) -> None:
        self._size = checked_size(size)
        if len(background) != 3 or min(background) < 0 or max(background) > 1:
            raise ValueError(f"background must be (red, green, blue) from 0 to 1, got {tuple(background)}")
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(*background)
        self._renderer.AutomaticLightCreationOff()
        for position, intensity in LIGHTS:
            self._renderer.AddLight(_light(position, intensity))
        self._overlay = vtkRenderer()
        self._overlay.SetLayer(1)
        self._overlay.SetActiveCamera(self._renderer.GetActiveCamera())
        self._window = new_window()
        self._window.SetOffScreenRendering(True)
        self._window.SetMultiSamples(8)
        self._window.SetSize(*self._size)
        self._window.SetNumberOfLayers(2)
        self._window.AddRenderer(self._renderer)
        self._window.AddRenderer(self._overlay)

    def __enter__(self) -> OffScreen:
        return self

    def __exit__(self, *_: object) -> None:
        self._window.Finalize()  # gives its memory back now, not when Python happens to collect it

    def show(self, props: Sequence[vtkProp3D], over: Sequence[vtkProp3D] = ()) -> None:
        """Draw these from now on, in place of what was drawn, ``over`` over the finished picture."""
        for renderer, drawn in ((self._renderer, props), (self._overlay, over)):
            renderer.RemoveAllViewProps()
            for prop in drawn:
                renderer.AddViewProp(prop)

    def picture(self, camera: Camera, bounds: Sequence[float]) -> np.ndarray:
        """(H, W, 3) uint8 sRGB of what is shown, the top row first; ``bounds`` as for :func:`picture_of`."""
        width, height = self._size
        camera.apply(self._renderer.GetActiveCamera())
        self._renderer.ResetCameraClippingRange(*bounds)
        self._window.Render()
        pixels = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
        return vtk_to_numpy(pixels).reshape(height, width, 3)[::-1].copy()


def checked_size(size: Sequence[int]) -> tuple[int, int]:
    """(width, height) as whole pixels, or ValueError."""
    if len(size) != 2 or any(int(n) != n or not 1 <= n <= _LARGEST for n in size):
        raise ValueError(
            f"size must be (width, height) in whole pixels from 1 to {_LARGEST}, got {tuple(size)}"
        )
    return int(size[0]), int(size[1])


def _light(position: tuple[float, float, float], intensity: float) -> vtkLight:
    light = vtkLight()
    light.SetLightTypeToCameraLight()
    light.SetPosition(*position)
    light.SetFocalPoint(0, 0, 0)
    light.SetIntensity(intensity)
    light.SetAmbientColor(1, 1, 1)  # black by default, which makes a volume's ambient term nothing
    return light


def new_window() -> vtkRenderWindow:
    """A window that needs no display where there is none.

    VTK before 9.4 ends the whole process when an X11 window finds no display, so it is not even tried.
    """
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        return vtkRenderWindow()
    for name in ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow"):  # graphics card or Mesa; software alone
        kind = getattr(opengl, name, None)  # which of them exist is a choice of VTK's build
        if kind is not None:
            window = kind()
            if window.SupportsOpenGL():
                return window
    raise RuntimeError(
        "rendering needs a display, which DISPLAY does not name, or a VTK that draws without one (9.4 and "
        "newer); start the program with xvfb-run -a"
    )
