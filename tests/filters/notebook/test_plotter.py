"""Linked views in pyvista: what is shared, what is shown, what stays when the step changes."""

import numpy as np
import pytest

pytest.importorskip("vtkmodules", reason="needs the vtk wheel")
pytest.importorskip("pyvista", reason="needs pyvista")

from PIL import Image
from vtkmodules.util.numpy_support import vtk_to_numpy

from stsr_core.datasets import tornado
from stsr_core.grid import Grid
from stsr_core.io.vtk import to_vtk_image
from stsr_filters.live.look import camera_below_title, error_transfer_function, text_height
from stsr_filters.notebook.plotter import pyvista_views
from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.derived_transfer_function import transfer_function_of

SIZE = (90, 80)
NAMES = ("ground truth", "prediction", "interpolation")
TIMES = (0.0, 10.0, 20.0)


def _values(time, scale, n=12):
    """The tornado, stronger later, so that no step has the range of all."""
    return tornado(n, [time])["tornado"].step(0) * np.float32(scale * (1 + time / 10))


def _images(time=10.0, scales=(1.0, 0.9), n=12):
    grid = tornado(n, [time])["tornado"].grid
    return {
        name: to_vtk_image(grid, {"v": _values(time, scale, n)})
        for name, scale in zip(NAMES, scales, strict=False)
    }


def _frames(scales=(1.0, 0.9)):
    return [(time, lambda time=time: _images(time, scales)) for time in TIMES]


@pytest.fixture
def views():
    """``views(images, **options)``: made without a window, closed at the end."""
    made = []

    def make(images, **options):
        made.append(pyvista_views(images, "v", **{"size": SIZE, "off_screen": True, **options}))
        return made[-1]

    yield make
    for each in made:
        each.plotter.close()


def _renderer(made, title):
    return made.plotter.renderers[made.plotter.renderers.loc_to_index(made.subplots[title])]


def _volume(made, title):
    volumes = _renderer(made, title).GetVolumes()
    volumes.InitTraversal()
    return volumes.GetNextVolume()


def _shown(made, title):
    """Values that a view draws, flat."""
    return vtk_to_numpy(_volume(made, title).GetMapper().GetInput().GetPointData().GetScalars())


def test_one_prediction_makes_a_row_and_two_make_a_second(views):
    one = views(_images())
    assert one.plotter.shape == (1, 4)  # the last is the legend's
    assert list(one.subplots) == ["ground truth", "prediction", "error of prediction"]
    two = views(_images(scales=(1.0, 0.9, 1.1)))
    assert two.plotter.shape == (2, 3)
    assert two.subplots["error of interpolation"] == (1, 2)
    alone = views(_images(), difference=False)
    assert list(alone.subplots) == ["ground truth", "prediction"] and alone.error_function is None


def test_turning_one_view_turns_the_others(views):
    made = views(_images())
    legend = made.plotter.renderers[3].camera.position
    _renderer(made, "error of prediction").camera.Azimuth(30)
    positions = {_renderer(made, title).camera.position for title in made.subplots}
    assert len(positions) == 1
    assert positions != {made.camera.position}
    assert made.plotter.renderers[3].camera.position == legend


def test_the_camera_given_is_the_camera_of_the_pictures(views, tmp_path):
    camera = Camera((0.5, -3, 1), (0.5, 0.5, 0.5))
    made = views(_images(), camera=camera)
    made.plotter.screenshot(tmp_path / "views.png")
    for title in made.subplots:
        assert Camera.of(_renderer(made, title).camera) == camera


def test_values_share_the_ground_truths_function_over_all_steps(views):
    made = views(_frames())
    everything = [_values(time, 1.0).ravel() for time in TIMES]
    expected = transfer_function_of(np.concatenate(everything), name="v")
    assert made.transfer_function.range == pytest.approx(expected.range)
    assert made.transfer_function.range[1] > max(v.max() for v in everything[:-1]) * 1.2
    # Extremes are added once more per step, which may move a quantile a little.
    np.testing.assert_allclose(
        made.transfer_function.opacity_points, expected.opacity_points, rtol=0.02, atol=1e-3
    )
    for title in NAMES[:2]:
        appearance = _volume(made, title).GetProperty()
        assert appearance.GetRGBTransferFunction().GetRange() == pytest.approx(expected.range)


def test_another_step_changes_the_data_and_nothing_else(views):
    made = views(_frames())
    before = made.transfer_function, made.error_function
    looks = [_volume(made, title).GetProperty() for title in made.subplots]
    ranges = [look.GetRGBTransferFunction().GetRange() for look in looks]
    made.show_step(2)
    assert (made.transfer_function, made.error_function) == before
    assert [_volume(made, title).GetProperty() for title in made.subplots] == looks
    assert [look.GetRGBTransferFunction().GetRange() for look in looks] == ranges
    truth, prediction = (_values(20.0, scale).ravel() for scale in (1.0, 0.9))
    np.testing.assert_array_equal(_shown(made, "prediction"), prediction)
    np.testing.assert_allclose(_shown(made, "error of prediction"), prediction - truth, atol=1e-6)
    with pytest.raises(ValueError, match="index must lie from 0 to 2, got 3"):
        made.show_step(3)


def test_errors_are_symmetric_round_zero_over_all_steps_and_predictions(views):
    made = views(_frames((1.0, 0.9, 1.3)))
    largest = max(np.abs(_values(t, 1.3) - _values(t, 1.0)).max() for t in TIMES)
    assert made.error_function.range == pytest.approx((-largest, largest))
    for title in ("error of prediction", "error of interpolation"):
        look = _volume(made, title).GetProperty()
        assert look.GetRGBTransferFunction().GetRange() == pytest.approx((-largest, largest))
        assert not look.GetShade()
    given = views(_frames(), error_limit=0.5)
    assert given.error_function.range == (-0.5, 0.5)


def test_given_functions_look_at_the_first_step_only(views):
    asked = []

    def images(time):
        asked.append(time)
        return _images(time)

    frames = [(time, lambda time=time: images(time)) for time in TIMES]
    made = views(frames, error_limit=0.5, transfer_function=transfer_function_of(_values(0.0, 1.0)))
    assert made.n_steps == 3
    assert set(asked) == {0.0}


def test_error_colours_tell_the_sign_and_nothing_where_there_is_no_error():
    function = error_transfer_function(4.0)
    low, zero, high = function.colors([-4.0, 0.0, 4.0]).astype(int)
    assert low[2] > low[0] and high[0] > high[2], "blue is too low, red too high"
    assert zero.min() > 240
    np.testing.assert_allclose(function.opacities([-3.0, -1.0]), function.opacities([3.0, 1.0]))
    with pytest.raises(ValueError, match="error_limit must be a finite number > 0, got 0"):
        error_transfer_function(0)


@pytest.mark.parametrize("size", [(480, 480), (386, 765), (900, 300)])
def test_the_box_lies_below_the_title_and_inside_the_view(size):
    bounds = (1.0, 3.0, -1.0, 1.0, 0.0, 0.5)
    camera = camera_below_title(bounds, size)
    back = np.subtract(camera.position, camera.focal_point)
    back /= np.linalg.norm(back)
    right = np.cross(camera.view_up, back)
    right /= np.linalg.norm(right)
    up = np.cross(back, right)
    corners = np.array([[x, y, z] for x in bounds[:2] for y in bounds[2:4] for z in bounds[4:]])
    seen = corners - camera.position
    slope = np.tan(np.radians(camera.view_angle / 2))
    heights = seen @ up / -(seen @ back) / slope
    widths = seen @ right / -(seen @ back) / slope / (size[0] / size[1])
    assert np.abs(widths).max() < 1
    assert (1 - heights.max()) / 2 * size[1] > 1.5 * text_height(size)
    # Near enough: it fills the width or, but for the title's room, the height.
    assert max(np.abs(widths).max(), heights.max() + 3.6 * text_height(size) / size[1]) > 0.9


def test_a_screenshot_shows_every_view(views, tmp_path):
    made = views(_images())
    path = tmp_path / "views.png"
    made.plotter.screenshot(path)
    picture = np.asarray(Image.open(path).convert("RGB"))
    height, width = picture.shape[:2]
    assert (height, width) == (80, round(3.35 * 90))
    for i in range(3):
        part = picture[12:, i * 90 + 5 : i * 90 + 85].astype(int)
        assert (np.ptp(part, axis=2) > 40).mean() > 0.02, "something coloured is in each view"
    # The legend: purple to yellow above, blue to red below.
    legend = picture[:, 3 * 90 :].astype(int)
    red, blue = legend[40:, :, 0], legend[40:, :, 2]
    assert (red - blue > 100).any() and (blue - red > 100).any()


def test_the_same_data_have_no_error_to_see(views, tmp_path):
    made = views(_images(scales=(1.0, 1.0)), error_limit=0.1)
    made.plotter.screenshot(tmp_path / "views.png")
    picture = np.asarray(Image.open(tmp_path / "views.png").convert("RGB")).astype(int)
    error = picture[12:, 2 * 90 : 3 * 90]
    assert (np.ptp(error, axis=2) < 10).all()


def test_a_film(views, tmp_path):
    pytest.importorskip("imageio", reason="needs imageio")
    made = views(_frames(), difference=False)
    path = tmp_path / "film.gif"
    made.plotter.open_gif(str(path), fps=5)
    for i in range(made.n_steps):
        made.show_step(i)
        made.plotter.write_frame()
    made.plotter.mwriter.close()
    with Image.open(path) as film:
        assert film.n_frames == 3
        first = np.asarray(film.convert("RGB"))
        film.seek(2)
        assert (first != np.asarray(film.convert("RGB"))).any()


def test_isosurfaces(views):
    made = views(_images(), isovalue=0.2)
    assert made.transfer_function is None
    assert _volume(made, "prediction") is None
    assert _volume(made, "error of prediction") is not None


def test_other_grids_and_directions_stand_in_their_place(views):
    images = _images(n=13)
    coarse = Grid((5, 5, 5), spacing=(0.25, 0.25, 0.25))
    images["prediction"] = to_vtk_image(coarse, {"v": np.ones((5, 5, 5), np.float32)})
    made = views(images)
    np.testing.assert_allclose(
        _shown(made, "error of prediction"), 1 - _values(10.0, 1.0, 13).ravel(), rtol=1e-5
    )
    turned = _images()
    for image in turned.values():
        image.SetOrigin(5, 2, 3)
        image.SetDirectionMatrix(0, -1, 0, 1, 0, 0, 0, 0, 1)
    made = views(turned)
    for title in NAMES[:2]:
        expected = turned[title].GetBounds()
        assert _volume(made, title).GetBounds() == pytest.approx(expected)


def test_arrays_of_other_names(views):
    images = _images()
    images["prediction"].GetPointData().GetArray(0).SetName("w")
    made = pyvista_views(images, {"ground truth": "v", "prediction": "w"}, size=SIZE, off_screen=True)
    np.testing.assert_array_equal(_shown(made, "prediction"), _values(10.0, 0.9).ravel())
    made.plotter.close()
    with pytest.raises(ValueError, match=r"array must name a point array of the image, which has \['w'\]"):
        views(images)


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        ({}, {}, "images must hold at least one image"),
        ([], {}, "images must hold at least one step"),
        (_images(scales=(1.0,)), {}, "difference needs at least two images"),
        (_images(), {"size": (0, 5)}, "size must be"),
        (_images(), {"error_limit": -1}, "error_limit must be a finite number > 0, got -1"),
        ({**_images(), "error of prediction": None}, {}, "titles must differ"),
        ([(0.0, _images()), (1.0, _images(scales=(1.0,)))], {}, "step 1 must have the titles"),
    ],
)
def test_wrong_input_is_refused(views, images, options, message):
    with pytest.raises(ValueError, match=message):
        views(images, **options)
