"""Renderings: determinism, orientation, opacity in numbers, missing values, refusals, ParaView."""

import os
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("vtkmodules", reason="needs the vtk wheel")

from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData

import stsr_filters.rendering.off_screen as off_screen
from stsr_core.datasets import tornado
from stsr_core.grid import Grid
from stsr_core.io.vtk import to_vtk_image
from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.render import render_isosurface, render_volume
from stsr_filters.rendering.transfer_function import TransferFunction
from stsr_plugin.launch import display_prefix

SIZE = (96, 64)
WHITE = np.array([255, 255, 255])


def _tornado(n=24):
    variable = tornado(n, [10.0])["tornado"]
    return to_vtk_image(variable.grid, {"speed": variable.step(0)})


def _image(values, **grid):
    return to_vtk_image(Grid(values.shape, **grid), {"v": values.astype(np.float32)})


def _opaque_ball(shape=(21, 21, 21), **grid):
    """One inside a ball about the grid's centre, zero outside."""
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    return _image((x**2 + y**2 + z**2 < 0.36).astype(float), **grid)


RED = TransferFunction([(0, 1, 0, 0), (1, 1, 0, 0)], [(0, 0), (0.5, 0), (1, 1)])


def _drawn(picture):
    return np.any(picture != WHITE, axis=2)


@pytest.mark.parametrize("shade", [True, False])
def test_two_renderings_are_equal_to_the_byte(shade):
    first = render_volume(_tornado(), "speed", size=SIZE, shade=shade)
    second = render_volume(_tornado(), "speed", size=SIZE, shade=shade)
    assert first.shape == (64, 96, 3) and first.dtype == np.uint8 and first.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(first, second)
    assert 0.1 < _drawn(first).mean() < 0.9
    surface = render_isosurface(_tornado(), "speed", 0.15, size=SIZE)
    np.testing.assert_array_equal(surface, render_isosurface(_tornado(), "speed", 0.15, size=SIZE))


def test_opacity_over_the_opacity_distance():
    """A slab as thick as the opacity distance, seen at a right angle, hides the background by its opacity."""
    slab = _image(np.ones((3, 33, 33)), spacing=(0.5, 1.0, 1.0))
    front = Camera((16, 16, 100), (16, 16, 0.5), (0, 1, 0), parallel_scale=8)
    look = {"camera": front, "size": (32, 32), "shade": False, "outline": False}
    for opacity in (0.0, 0.25, 0.5, 1.0):
        function = TransferFunction([(0, 1, 0, 0), (2, 1, 0, 0)], [(0, opacity)], opacity_distance=1.0)
        pixel = render_volume(slab, "v", transfer_function=function, **look)[16, 16]
        np.testing.assert_allclose(pixel, [255, 255 * (1 - opacity), 255 * (1 - opacity)], atol=8)


def test_opacity_does_not_depend_on_the_resolution():
    function = TransferFunction([(0, 1, 0, 0), (2, 0, 0, 1)], [(0, 0.02), (2, 0.1)])
    look = {"transfer_function": function, "size": (48, 48), "outline": False}
    coarse, fine = (
        render_volume(_image(np.ones((n, n, n)), spacing=(1 / (n - 1),) * 3), "v", **look) for n in (9, 33)
    )
    difference = np.abs(coarse.astype(int) - fine)
    assert np.median(fine) < 200
    assert np.quantile(difference, 0.9) <= 3  # the pixels on the box's edges see one sample more or less


def test_the_top_row_is_first_and_x_runs_to_the_right():
    values = np.zeros((16, 16, 16))
    values[12:, :, 12:] = 1  # high z, high x
    camera = Camera((7.5, -20, 7.5), (7.5, 7.5, 7.5), view_angle=40)
    look = {"camera": camera, "size": (64, 64), "outline": False}
    for picture in (
        render_volume(_image(values), "v", transfer_function=RED, **look),
        render_isosurface(_image(values), "v", 0.5, **look),
    ):
        rows, columns = np.nonzero(_drawn(picture))
        assert rows.max() < 24 and columns.min() > 40


@pytest.mark.parametrize("render", ["volume", "surface"])
def test_origin_extent_and_direction_are_heeded(render):
    """An image turned by 90° about z shows the same world as the same values turned in the array."""

    def picture(image):
        camera = Camera((40, -70, 45), (20, 30, 10), parallel_scale=18)
        if render == "surface":
            return render_isosurface(image, "v", 0.5, camera=camera, size=(80, 80))
        return render_volume(image, "v", transfer_function=RED, camera=camera, size=(80, 80))

    values = np.zeros((12, 14, 16))
    values[2:6, 3:12, 4:7] = 1
    values[6:10, 3:6, 4:12] = 1
    plain = _image(values, origin=(5.0, 20.0, 10.0))
    # x' = −y and y' = x about the first node; reversing y puts that node at the other end.
    turned = _image(
        values.transpose(0, 2, 1)[:, :, ::-1].copy(),
        origin=(5.0, 33.0, 10.0),
        direction=(0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    )
    turned.SetExtent(0, 13, 0, 15, 0, 11)
    difference = np.abs(picture(plain).astype(int) - picture(turned)).max(axis=2)
    assert (difference > 40).mean() < 0.02
    moved = vtkImageData()
    moved.DeepCopy(plain)
    moved.SetOrigin(3.0, 20.0, 5.0)
    moved.SetExtent(7, 22, 0, 13, 0, 11)  # node (7, 0, 0) lies where node (0, 0, 0) was
    np.testing.assert_allclose(picture(moved), picture(plain), atol=8)


def test_missing_points_are_not_drawn():
    values = np.ones((16, 16, 16), np.float32)
    values[:, :, :8] = np.nan
    values[0] = 0  # the clear value must occur
    camera = Camera((7.5, -20, 7.5), (7.5, 7.5, 7.5), view_angle=40)
    picture = render_volume(
        _image(values), "v", transfer_function=RED, camera=camera, size=(64, 64), outline=False
    )
    assert not _drawn(picture)[:, :28].any() and _drawn(picture)[30, 40]
    surface = render_isosurface(_image(values), "v", 0.5, camera=camera, size=(64, 64), outline=False)
    assert not _drawn(surface)[:, :30].any() and _drawn(surface)[:, 40].any()

    hidden = _image(np.nan_to_num(values, nan=1.0))
    ghosts = numpy_to_vtk(np.where(np.isnan(values), 2, 0).astype(np.uint8).ravel(), deep=True)
    ghosts.SetName("vtkGhostType")
    hidden.GetPointData().AddArray(ghosts)
    again = render_volume(hidden, "v", transfer_function=RED, camera=camera, size=(64, 64), outline=False)
    np.testing.assert_array_equal(again, picture)


def test_input_is_left_alone():
    image = _tornado()
    before = image.GetPointData().GetScalars(), image.GetMTime()
    render_volume(image, "speed", size=SIZE)
    assert (image.GetPointData().GetScalars(), image.GetMTime()) == before


@pytest.mark.parametrize("dtype", [np.float64, np.int16, np.uint8, np.int64])
def test_every_type_of_number(dtype):
    """Whole numbers are interpolated like real ones, not rounded to whole numbers between two nodes."""
    values = (np.arange(512).reshape(8, 8, 8) % 5).astype(dtype)
    image = to_vtk_image(Grid((8, 8, 8)), {"v": values})
    reference = to_vtk_image(Grid((8, 8, 8)), {"v": values.astype(np.float32)})
    np.testing.assert_allclose(
        render_volume(image, "v", size=SIZE), render_volume(reference, "v", size=SIZE), atol=1
    )


def test_constant_and_empty_surface_show_the_box_alone():
    constant = _image(np.full((5, 5, 5), 3.0))
    box = render_isosurface(constant, "v", 9.0, size=SIZE)
    assert 0 < _drawn(box).mean() < 0.2
    np.testing.assert_array_equal(render_volume(constant, "v", size=SIZE), box)
    assert not _drawn(render_volume(constant, "v", size=SIZE, outline=False)).any()


def test_background_and_default_camera():
    dark = render_volume(_opaque_ball(), "v", transfer_function=RED, size=(96, 96), background=(0, 0.5, 1))
    assert dark[0, 0].tolist() == [0, 128, 255]
    picture = render_volume(_opaque_ball(), "v", transfer_function=RED, size=(96, 96))
    rows, columns = np.nonzero(_drawn(picture))
    # The box fills the picture along one axis up to the margin, is centred and is not cut.
    extents = [(rows.min(), rows.max()), (columns.min(), columns.max())]
    assert all(low > 0 and high < 95 and abs(low + high - 95) <= 3 for low, high in extents)
    assert max(high - low for low, high in extents) > 85


def test_every_corner_is_seen_at_any_aspect():
    rng = np.random.default_rng(1)
    for _ in range(20):
        low = rng.uniform(-5, 5, 3)
        high = low + rng.uniform(0.01, 9, 3)
        aspect = rng.uniform(0.3, 3)
        camera = Camera.around(np.stack([low, high], 1).ravel(), direction=rng.normal(size=3), aspect=aspect)
        back = np.subtract(camera.position, camera.focal_point)
        back /= np.linalg.norm(back)
        right = np.cross(camera.view_up, back)
        right /= np.linalg.norm(right)
        corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T - camera.position
        reach = np.tan(np.radians(15)) * -(corners @ back)
        assert (np.abs(corners @ np.cross(back, right)) < reach).all()
        assert (np.abs(corners @ right) < aspect * reach).all()


def test_camera_round_trip_through_vtk():
    from vtkmodules.vtkRenderingCore import vtkCamera

    for camera in (
        Camera((1, 2, 3), (0, 0, 0), view_angle=40),
        Camera((0, -9, 0), (0, 0, 0), parallel_scale=3),
    ):
        vtk = vtkCamera()
        camera.apply(vtk)
        assert Camera.of(vtk) == camera


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0, 0, 1), (0, 0, 0)), "view_up must not be parallel"),
        (((0, 0), (0, 0, 0)), "position must be three"),
        (((1, 0, 0), (0, 0, 0), (0, 0, 1), 180.0), "view_angle must lie"),
        (((1, 0, 0), (0, 0, 0), (0, 0, 1), 30.0, -1.0), "parallel_scale must be"),
    ],
)
def test_wrong_cameras_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Camera(*arguments)
    with pytest.raises(ValueError, match="bounds must be a box"):
        Camera.around((1, 0, 0, 1, 0, 1))
    with pytest.raises(ValueError, match="direction must have a length"):
        Camera.around((0, 1, 0, 1, 0, 1), direction=(0, 0, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"array": "T"}, r"array must name a point array of the image, which has \['v', 'pair', 'gone'\]"),
        ({"array": "pair"}, "must have one component, got 2"),
        ({"array": "gone"}, "at least one finite value"),
        ({"size": (0, 10)}, "size must be"),
        ({"size": (10.5, 10)}, "size must be"),
        ({"background": (255, 255, 255)}, "background must be"),
    ],
)
def test_wrong_input_is_refused(options, message):
    image = _image(np.zeros((3, 3, 3)))
    for name, values in (("pair", np.zeros((27, 2))), ("gone", np.full(27, np.nan))):
        array = numpy_to_vtk(values, deep=True)
        array.SetName(name)
        image.GetPointData().AddArray(array)
    options = {"array": "v", "size": SIZE, **options}
    with pytest.raises(ValueError, match=message):
        render_volume(image, **options)
    with pytest.raises(ValueError, match=message):
        render_isosurface(image, isovalue=0.5, **options)


def test_flat_images_and_wrong_values_are_refused():
    with pytest.raises(ValueError, match="at least 2 nodes on each axis"):
        render_volume(_image(np.zeros((1, 4, 4))), "v", size=SIZE)
    with pytest.raises(ValueError, match="must be image data"):
        render_volume(None, "v", size=SIZE)
    with pytest.raises(ValueError, match="isovalue must be finite"):
        render_isosurface(_opaque_ball(), "v", np.nan, size=SIZE)
    with pytest.raises(ValueError, match="color must be"):
        render_isosurface(_opaque_ball(), "v", 0.5, color=(2, 0, 0), size=SIZE)


def test_without_a_display_and_a_vtk_that_needs_one(monkeypatch):
    monkeypatch.setattr(off_screen.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(off_screen, "opengl", object())
    with pytest.raises(RuntimeError, match="rendering needs a display"):
        render_volume(_opaque_ball(), "v", size=SIZE)


_IN_PARAVIEW = """
import site, sys
import vtkmodules
site.addsitedir(sys.argv[1])
sys.path.insert(0, sys.argv[1])
import numpy as np
from paraview.simple import ColorBy, GetColorTransferFunction, GetOpacityTransferFunction
from paraview.simple import SaveState, Show, Wavelet
from paraview.servermanager import Fetch
from stsr_core.datasets import tornado
from stsr_core.io.vtk import to_vtk_image
from stsr_filters.rendering.side_by_side import side_by_side
from stsr_filters.rendering.render import render_isosurface, render_volume
from stsr_filters.rendering.transfer_function import TransferFunction

variable = tornado(24, [10.0])["tornado"]
image = to_vtk_image(variable.grid, {"speed": variable.step(0)})
size = (96, 64)
pictures = [render_volume(image, "speed", size=size), render_isosurface(image, "speed", 0.15, size=size)]
np.save(sys.argv[2] + "/pictures.npy", np.stack(pictures))

wavelet = Wavelet(WholeExtent=[-6, 6, -6, 6, -6, 6])
shown = Show(wavelet)
shown.SetRepresentationType("Volume")
ColorBy(shown, ("POINTS", "RTData"))
GetColorTransferFunction("RTData").RGBPoints = [100, 0, 0, 1, 270, 1, 0, 0]
GetOpacityTransferFunction("RTData").Points = [100, 0, 0.5, 0, 270, 0.6, 0.4, 0.1]
shown.ScalarOpacityUnitDistance = 2.5
SaveState(sys.argv[2] + "/state.pvsm")
function = TransferFunction.from_pvsm(sys.argv[2] + "/state.pvsm", "RTData")
fetched = Fetch(wavelet)
views = side_by_side({"a": fetched, "b": fetched}, "RTData", transfer_function=function, size=(80, 80),
                     path=sys.argv[2] + "/views.png")
assert views.transfer_function == function
assert (views.differences["b"] == 255).all()
print("reached the end", function.opacity_distance, function.opacity_points)
"""


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
def test_the_same_bytes_inside_paraview(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(_IN_PARAVIEW)
    environment = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    arguments = [str(script), sysconfig.get_paths()["purelib"], str(tmp_path)]
    command = [*display_prefix(), "pvpython", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert "reached the end 2.5 ((100.0, 0.0, 0.5, 0.0), (270.0, 0.6, 0.4, 0.1))" in done.stdout, done.stderr
    assert "ERR|" not in done.stderr and "Warning" not in done.stderr, done.stderr
    assert (Path(tmp_path) / "views.png").read_bytes()[:4] == b"\x89PNG"
    inside = np.load(tmp_path / "pictures.npy")
    here = [
        render_volume(_tornado(), "speed", size=SIZE),
        render_isosurface(_tornado(), "speed", 0.15, size=SIZE),
    ]
    # Rays are cast on the CPU; only the rasterisation of lines and surfaces is the driver's.
    assert (np.abs(inside.astype(int) - np.stack(here)) > 8).mean() < 0.01
