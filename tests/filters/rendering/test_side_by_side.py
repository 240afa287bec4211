"""Views side by side: what is shared, how they are laid out, what is written."""

import numpy as np
import pytest

pytest.importorskip("vtkmodules", reason="needs the vtk wheel")

from PIL import Image

from stsr_core.datasets import tornado
from stsr_core.io.vtk import to_vtk_image
from stsr_core.metrics import difference_image
from stsr_filters.rendering.animation import side_by_side_animation
from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.render import render_isosurface, render_volume
from stsr_filters.rendering.side_by_side import side_by_side
from stsr_filters.rendering.transfer_function import TransferFunction

SIZE = (60, 50)
CAMERA = Camera((0.5, -3, 1), (0.5, 0.5, 0.5))


def _images(scales=(1.0, 0.9), time=10.0, n=16):
    variable = tornado(n, [time])["tornado"]
    names = ["ground truth", "prediction", "interpolation"]
    return {
        name: to_vtk_image(variable.grid, {"v": variable.step(0) * np.float32(scale)})
        for name, scale in zip(names, scales, strict=False)
    }


def _contains(picture, part):
    """Whether ``part`` stands somewhere in ``picture``, byte for byte."""
    windows = np.lib.stride_tricks.sliding_window_view(picture[..., 1], part.shape[:2])
    first = np.argwhere((windows[..., 0, :] == part[0, :, 1]).all(axis=-1))
    h, w = part.shape[:2]
    return any((picture[y : y + h, x : x + w] == part).all() for y, x in first)


def test_one_camera_and_one_transfer_function_for_all():
    images = _images()
    views = side_by_side(images, "v", size=SIZE)
    assert list(views.renderings) == ["ground truth", "prediction"]
    assert list(views.differences) == ["prediction"]
    for name, image in images.items():
        alone = render_volume(
            image, "v", transfer_function=views.transfer_function, camera=views.camera, size=SIZE
        )
        np.testing.assert_array_equal(views.renderings[name], alone)
    # The function is the ground truth's own.
    own = render_volume(images["ground truth"], "v", size=SIZE)
    np.testing.assert_array_equal(views.renderings["ground truth"], own)
    expected = difference_image(*views.renderings.values())
    np.testing.assert_array_equal(views.differences["prediction"], expected)
    assert (expected != 255).any()


@pytest.mark.parametrize("scales", [(1.0, 0.9), (1.0, 0.9, 1.1)])
def test_the_sheet_holds_every_view_unchanged(scales):
    views = side_by_side(_images(scales), "v", size=SIZE, title="T", notes={"prediction": "40 dB"})
    for part in (*views.renderings.values(), *views.differences.values()):
        assert _contains(views.picture, part)
    height, width = views.picture.shape[:2]
    assert width > 3 * SIZE[0]
    assert (height > 3 * SIZE[1]) == (len(scales) == 3)  # several differences stand in a second row


def test_a_view_of_the_same_data_has_no_difference():
    views = side_by_side(_images((1.0, 1.0)), "v", size=SIZE)
    assert (views.differences["prediction"] == 255).all()


def test_other_resolutions_are_seen_from_the_same_place():
    images = {"ground truth": _images(n=33)["ground truth"], "coarse": _images(n=17)["ground truth"]}
    views = side_by_side(images, "v", size=SIZE)
    difference = np.abs(views.renderings["ground truth"].astype(int) - views.renderings["coarse"])
    assert np.median(difference) <= 2


def test_isosurfaces_and_arrays_of_other_names():
    images = _images()
    images["prediction"].GetPointData().GetArray(0).SetName("v_predicted")
    arrays = {"ground truth": "v", "prediction": "v_predicted"}
    views = side_by_side(images, arrays, isovalue=0.15, size=SIZE, camera=CAMERA)
    assert views.transfer_function is None and views.camera == CAMERA
    expected = render_isosurface(images["prediction"], "v_predicted", 0.15, size=SIZE, camera=CAMERA)
    np.testing.assert_array_equal(views.renderings["prediction"], expected)
    with pytest.raises(ValueError, match="array must name a point array"):
        side_by_side(images, "v", size=SIZE)


def test_png_is_the_picture(tmp_path):
    path = tmp_path / "views.png"
    views = side_by_side(_images((1.0,)), "v", difference=False, size=SIZE, path=path)
    assert views.differences == {}
    np.testing.assert_array_equal(np.asarray(Image.open(path)), views.picture)


def test_pyvista_meshes_are_images():
    pyvista = pytest.importorskip("pyvista", reason="needs pyvista")
    truth = pyvista.ImageData(dimensions=(8, 8, 8))
    truth["v"] = np.linspace(0, 1, 512)
    prediction = truth.copy()
    prediction["v"] = np.linspace(0, 1, 512) ** 2
    views = side_by_side({"ground truth": truth, "prediction": prediction}, "v", size=SIZE)
    assert (views.differences["prediction"] != 255).any()


@pytest.mark.parametrize(
    ("scales", "options", "message"),
    [
        ((), {}, "images must hold at least one"),
        ((1.0,), {}, "difference needs at least two"),
        ((1.0, 0.9), {"notes": {"x": "1 dB"}}, r"notes must be for the titles .* got \['x'\]"),
        ((1.0, 0.9), {"size": (0, 5)}, "size must be"),
    ],
)
def test_wrong_input_is_refused(scales, options, message):
    with pytest.raises(ValueError, match=message):
        side_by_side(_images(scales), "v", **{"size": SIZE, **options})


def test_animation_keeps_range_and_camera(tmp_path):
    """The first step, drawn within the series, has the range of all steps."""
    frames = [(0.0, _images((1.0, 0.9))), (0.5, lambda: _images((3.0, 2.0)))]
    written = side_by_side_animation(frames, "v", tmp_path / "a.png", size=SIZE, title="T", time_unit="s")
    assert [p.name for p in written] == ["a_0000.png", "a_0001.png"]
    first, second = (np.asarray(Image.open(p)) for p in written)
    assert first.shape == second.shape
    truth = frames[0][1]["ground truth"]
    low, high = truth.GetPointData().GetArray("v").GetRange()
    alone = side_by_side(frames[0][1], "v", size=SIZE, title="T   t = 0 s")
    assert alone.transfer_function.range == pytest.approx((low, high))
    assert (alone.picture != first).any()
    largest = frames[1][1]()["ground truth"].GetPointData().GetArray("v").GetRange()[1]
    function = TransferFunction([(low, 0, 0, 1), (largest, 1, 0, 0)], [(low, 0), (largest, 0.5)])
    given = side_by_side_animation(
        iter(frames), "v", tmp_path / "b.png", size=SIZE, transfer_function=function
    )
    assert len(given) == 2


def test_gif(tmp_path):
    frames = [(t, _images((1.0, 0.9), time=t)) for t in (0.0, 20.0, 40.0)]
    (path,) = side_by_side_animation(frames, "v", tmp_path / "a.gif", size=SIZE, frames_per_second=5)
    with Image.open(path) as film:
        assert film.n_frames == 3 and film.info["duration"] == 200 and film.info["loop"] == 0


def test_wrong_animations_are_refused(tmp_path):
    frames = [(0.0, _images())]
    with pytest.raises(ValueError, match=r"must end in \.gif or \.png"):
        side_by_side_animation(frames, "v", tmp_path / "a.mov")
    with pytest.raises(ValueError, match="frames_per_second must lie"):
        side_by_side_animation(frames, "v", tmp_path / "a.gif", frames_per_second=0)
    with pytest.raises(ValueError, match="frames must be a sequence"):
        side_by_side_animation(iter(frames), "v", tmp_path / "a.gif")
    with pytest.raises(ValueError, match="at least one frame"):
        side_by_side_animation([], "v", tmp_path / "a.gif")
