"""Image Database: the nearest image of a database to a time and a direction, as a VTK source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline

from stsr_core.imagecodec.images import Record
from stsr_core.imagecodec.writing import write
from stsr_core.io.vtk import field_text
from stsr_filters import ImageDatabase
from stsr_filters.algorithms import image_database
from stsr_filters.pipeline import live

VIEWS = [(0.0, phi) for phi in (-90.0, 0.0, 90.0, 180.0)] + [(60.0, 0.0)]


def picture(record: Record) -> np.ndarray:
    """(5, 7, 3), whose rows differ and whose colour tells the record."""
    color = (10 * record.time, (record.phi + 180) / 2, record.theta + 100 * (record.variable == "w"))
    made = np.full((5, 7, 3), np.round(color), np.uint8)
    made[0, :, 0] = 255
    return made


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    image_database._pictures.drop(lambda key: True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    records = [Record(t, *view, v) for t in (1.0, 2.0, 4.0) for v in ("u", "w") for view in VIEWS]
    return write(tmp_path / "d.cdb", [(r, picture(r)) for r in records]).path


@pytest.fixture
def source(path: Path) -> ImageDatabase:
    made = ImageDatabase()
    made.SetFileName(str(path))
    return made


def pixels(source: ImageDatabase, time: float) -> np.ndarray:
    """The picture at a time, (H, W, 3), the top row first."""
    source.UpdateTimeStep(time)
    image = source.GetOutputDataObject(0)
    width, height, depth = image.GetDimensions()
    array = image.GetPointData().GetArray("RGB")
    assert depth == 1 and image.GetPointData().GetScalars() is array
    return vtk_to_numpy(array).reshape(height, width, 3)[::-1]


def test_pixels_and_times_are_announced_before_anything_is_read(source):
    source.UpdateInformation()
    information = source.GetOutputInformation(0)
    key = vtkStreamingDemandDrivenPipeline.TIME_STEPS()
    assert [key.Get(information, i) for i in range(key.Length(information))] == [1.0, 2.0, 4.0]
    extent = vtkStreamingDemandDrivenPipeline.WHOLE_EXTENT()
    assert [extent.Get(information, i) for i in range(6)] == [0, 6, 0, 4, 0, 0]
    assert source.GetVariableChoices() == ["(automatic)", "u", "w"]
    assert source.GetStatus() == "30 images: 3 times, 5 views"


def test_the_nearest_image_in_time_and_direction_is_shown(source):
    source.SetTheta(10.0)
    source.SetPhi(-190.0)  # 170 degrees, so the view at 180 is 14 away
    np.testing.assert_array_equal(pixels(source, 2.0), picture(Record(2.0, 0.0, 180.0, "u")))
    assert source.GetShownView() == [0.0, 180.0]
    assert source.GetStatus().startswith("u at t = 2, θ 0.0°, φ 180.0°: 7 x 5 pixels in ")
    assert field_text(source.GetOutputDataObject(0), "shown") == "u at t = 2, θ 0.0°, φ 180.0°"
    source.SetVariable("w")
    source.SetTheta(50.0)
    source.SetPhi(20.0)
    np.testing.assert_array_equal(pixels(source, 2.9), picture(Record(2.0, 60.0, 0.0, "w")))
    assert source.GetStatus().endswith("; the nearest to t = 2.9")
    image = source.GetOutputDataObject(0)
    assert image.GetInformation().Get(image.DATA_TIME_STEP()) == 2.9, "the time that was asked for"
    source.SetVariable("(automatic)")
    np.testing.assert_array_equal(pixels(source, 99.0), picture(Record(4.0, 60.0, 0.0, "u")))


def test_an_image_is_read_once_and_the_cache_is_bounded_in_bytes(source, path):
    pixels(source, 1.0)
    pixels(source, 4.0)
    pixels(source, 1.0)
    assert "from the cache" in source.GetStatus()
    assert image_database._pictures.n_bytes == 2 * 5 * 7 * 3
    other = ImageDatabase()
    other.SetFileName(str(path / "data.csv"))
    np.testing.assert_array_equal(pixels(other, 4.0), picture(Record(4.0, 0.0, -90.0, "u")))
    assert "from the cache" in other.GetStatus(), "sources share what they read"


# A window -------------------------------------------------------------------------------------------------


class Window:
    """A window with another view, of which only the camera is asked."""

    direction: tuple[float, float, float] | None = (0.0, 3.0, 0.5)

    def camera_direction(self, algorithm):
        return self.direction

    def refresh(self, algorithm):
        pass


@pytest.fixture
def window(monkeypatch) -> Window:
    made = Window()
    monkeypatch.setattr(live, "_windows", [made])
    return made


def test_the_picture_follows_the_camera_of_another_view(source, window):
    source.SetView(1)
    np.testing.assert_array_equal(pixels(source, 1.0), picture(Record(1.0, 0.0, 90.0, "u")))
    assert not source.GetNeedsUpdate()
    window.direction = (0.5, 3.0, 0.5)
    assert not source.GetNeedsUpdate(), "the same stored view is the nearest"
    window.direction = (1.0, 0.1, 2.0)
    assert source.GetNeedsUpdate()
    np.testing.assert_array_equal(pixels(source, 1.0), picture(Record(1.0, 60.0, 0.0, "u")))
    window.direction = None
    assert source.GetNeedsUpdate()
    np.testing.assert_array_equal(pixels(source, 1.0), picture(Record(1.0, 0.0, -90.0, "u")))
    assert source.GetStatus().endswith("no other view with a camera, so Theta and Phi count")


def test_a_database_that_grows_is_read_again(source, path):
    pixels(source, 1.0)
    assert not source.GetNeedsUpdate()
    more = Record(9.0, 0.0, -90.0, "u")
    write(path, [(more, picture(more))])
    assert source.GetNeedsUpdate()
    np.testing.assert_array_equal(pixels(source, 9.0), picture(more))
    assert not source.GetNeedsUpdate()


# Bad input ------------------------------------------------------------------------------------------------


def test_what_is_wrong_is_told_once_and_a_good_database_works(source, path, vtk_errors):
    source.SetFileName(None)
    assert source.GetStatus() == "no database is chosen"
    for name, words in (
        ("", "no database is chosen; set File Name"),
        (str(path.parent / "none.cdb"), "none.cdb: no such folder; a Cinema database"),
        (str(path.parent / "a.png"), "a.png: a database of images must end in .cdb"),
    ):
        source.SetFileName(name)
        source.Update()
        source.Update()
        assert words in source.GetLastError()
        assert words in vtk_errors.pop() and not vtk_errors
        assert source.GetOutputDataObject(0).GetNumberOfPoints() == 0
        assert not source.GetNeedsUpdate()
    source.SetFileName(str(path))
    assert pixels(source, 1.0).shape == (5, 7, 3) and source.GetLastError() == ""


@pytest.mark.parametrize(
    ("setter", "value", "words"),
    [
        ("SetVariable", "x", "the database has no variable 'x'; it has u, w"),
        ("SetView", 2, "View must be 0 (angles) or 1 (camera of another view), got 2"),
        ("SetTheta", 91.0, "Theta must lie in [-90, 90] and Phi be finite, got 91 and -65"),
    ],
)
def test_properties_out_of_range_are_told(source, vtk_errors, setter, value, words):
    getattr(source, setter)(value)
    source.Update()
    assert words in source.GetStatus() and words in vtk_errors.pop()


def test_a_damaged_image_is_named_and_the_others_are_shown(source, path, vtk_errors):
    (damaged,) = path.glob("variable_u/time_2.0/theta_0.0_phi_-90.0.png")
    damaged.write_bytes(damaged.read_bytes()[:60])
    source.UpdateTimeStep(2.0)
    assert f"{damaged}: cannot be read as an image" in vtk_errors.pop()
    np.testing.assert_array_equal(pixels(source, 1.0), picture(Record(1.0, 0.0, -90.0, "u")))


def test_a_database_of_one_time_has_no_time(tmp_path):
    record = Record(3.0, 0.0, 0.0, "u")
    made = ImageDatabase()
    made.SetFileName(str(write(tmp_path / "d.cdb", [(record, picture(record))]).path))
    np.testing.assert_array_equal(pixels(made, 99.0), picture(record))
    assert not made.GetOutputInformation(0).Has(vtkStreamingDemandDrivenPipeline.TIME_RANGE())


def test_coded_images_are_shown_as_those_of_a_database(tmp_path: Path) -> None:
    from image_databases import TINY, database

    from stsr_core.imagecodec.bitstream.encoding import encode
    from stsr_core.imagecodec.open import open_images
    from stsr_core.imagecodec.training.recipe import CodecRecipe
    from stsr_core.imagecodec.training.runs import fit

    images = database(tmp_path / "balls.cdb", n_times=2, n_views=2, size=32)
    model = tmp_path / "codec.stsr"
    fit(images, model, configuration=TINY, recipe=CodecRecipe(subset="all", epochs=1), device="cpu")
    encode(images, model, tmp_path / "balls.fcnr")
    source = ImageDatabase()
    source.SetFileName(str(tmp_path / "balls.fcnr"))
    record = images.records[3]
    source.SetTheta(record.theta)
    source.SetPhi(record.phi)
    coded = open_images(tmp_path / "balls.fcnr")
    np.testing.assert_array_equal(pixels(source, 11.0), coded.read(record))
