"""One off-screen window per picture: no window of ParaView or of a notebook is touched."""

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

# (position seen from the camera, intensity): key light over the left shoulder, a weak one from below right.
_LIGHTS = (((-0.35, 0.5, 1.0), 0.9), ((0.8, -0.5, 0.8), 0.3))
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
    width, height = checked_size(size)
    if len(background) != 3 or min(background) < 0 or max(background) > 1:
        raise ValueError(f"background must be (red, green, blue) from 0 to 1, got {tuple(background)}")
    renderer = vtkRenderer()
    renderer.SetBackground(*background)
    renderer.AutomaticLightCreationOff()
    for position, intensity in _LIGHTS:
        renderer.AddLight(_light(position, intensity))
    for prop in props:
        renderer.AddViewProp(prop)
    camera.apply(renderer.GetActiveCamera())
    renderer.ResetCameraClippingRange(*bounds)
    overlay = vtkRenderer()
    overlay.SetLayer(1)
    overlay.SetActiveCamera(renderer.GetActiveCamera())
    for prop in over:
        overlay.AddViewProp(prop)

    window = new_window()
    try:
        window.SetOffScreenRendering(True)
        window.SetMultiSamples(8)
        window.SetSize(width, height)
        window.SetNumberOfLayers(2)
        window.AddRenderer(renderer)
        window.AddRenderer(overlay)
        window.Render()
        pixels = vtkUnsignedCharArray()
        window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
    finally:
        window.Finalize()  # gives its memory back now, not when Python happens to collect it
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
