"""Views × times × variables of a series or a model: the right pictures, and databases that resume."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from models import blob_series

from stsr_core.coordinates import OutsideTrainedRange
from stsr_core.imagecodec.cinema import ImageDatabase
from stsr_core.imagecodec.images import record_of
from stsr_core.imagecodec.views import geodesic_views
from stsr_core.interrupts import Stopped
from stsr_core.io.vtk import to_vtk_image
from stsr_core.series import VolumeSeries
from stsr_filters import render_isosurface, render_volume
from stsr_filters.images.appearance import Appearance, Look
from stsr_filters.images.orbit import Orbit
from stsr_filters.images.rendering import render_database
from stsr_filters.images.steps import ModelSteps, SeriesSteps

SIZE = (48, 40)


def test_every_view_of_every_time_is_there(database):
    assert database.size == (40, 48) and database.times == (10.0, 14.0) and database.variables == ("a",)
    assert database.views == tuple(map(tuple, geodesic_views(1).tolist()))
    assert len(database.records) == 2 * 12
    pictures = np.array([database.read(record) for record in database.records])
    assert len(np.unique(pictures.reshape(24, -1), axis=0)) == 24, "the blob is seen otherwise in each"
    coverage = (pictures < 250).any(axis=3).mean(axis=(1, 2))
    assert coverage.min() > 0.02 and coverage.max() < 0.6
    assert (pictures[:, 0, 0] == 255).all(), "the corners are background"


def test_a_picture_is_that_of_the_rendering_room_and_of_what_is_stored(database):
    """The same bytes as render_volume with the camera and the transfer function of rendering.json."""
    described = database.description
    assert described["size"] == [48, 40] and described["time_unit"] == "s"
    look = Appearance.from_json(described["variables"]["a"])
    orbit = Orbit.from_json(described["camera"])
    variable = blob_series()["a"]
    assert look.unit == "kg" and look.transfer_function is not None
    assert look.transfer_function.range == (variable.array()[[0, 4]].min(), variable.array()[[0, 4]].max())
    record = database.records[17]
    step = variable.step(list(variable.times).index(record.time))
    drawn = render_volume(
        to_vtk_image(variable.grid, {"a": step}),
        "a",
        transfer_function=look.transfer_function,
        camera=orbit.camera((record.theta, record.phi)),
        size=SIZE,
        outline=False,
    )
    np.testing.assert_array_equal(database.read(record), drawn)


def test_two_variables_in_two_styles(tmp_path):
    series = blob_series(("a", "b"))
    look = Look(("volume", "isosurface"), isovalue=5.0)
    made = render_database(series, tmp_path / "d.cdb", views="1x2", size=SIZE, times=[11.0], look=look)
    assert made.variables == ("a volume", "a isosurface", "b volume", "b isosurface")
    view = made.views[1]
    found = made.read(record_of(made.records, "b isosurface", 11.0, view))
    camera = Orbit.from_json(made.description["camera"]).camera(view)
    image = to_vtk_image(series["b"].grid, {"b": series["b"].step(1)})
    np.testing.assert_array_equal(
        found, render_isosurface(image, "b", 5.0, camera=camera, size=SIZE, outline=False)
    )


def test_a_model_at_times_that_were_never_stored(tmp_path, model, small_domains, expected):
    """Seen from the database: another picture than at the steps beside; its values are those of the core."""
    steps = ModelSteps.open(model, variables=("p",), times=(1.0, 1.7), device="cpu")
    made = render_database(steps, tmp_path / "m.cdb", views="1x2", size=(24, 24))
    assert made.times == (1.0, 1.7) and 1.7 not in small_domains[0].full_times
    values = steps.values("p", 1.7, lambda fraction, text: None, lambda: False)
    np.testing.assert_allclose(values, expected(small_domains[0].full_grid, 1.7, "p"), atol=1e-6)
    one, two = (made.read(record_of(made.records, "p", t, made.views[0])) for t in made.times)
    assert not np.array_equal(one, two)
    with pytest.warns(OutsideTrainedRange, match="time 99 is outside the trained range"):
        ModelSteps.open(model, times=(99.0,))
    finer = ModelSteps.open(model, time_factor=2.0, factor=(1.0, 2.0, 1.0))
    assert len(finer.times("u")) == 19 and finer.grid("u").shape == (9, 21, 13)


# Stopping, going on, replacing -----------------------------------------------------------------------------


def test_what_was_stopped_goes_on_with_the_same_look(tmp_path):
    series, path = blob_series(), tmp_path / "d.cdb"
    count: list[int] = []
    told: list[tuple[int, int, str]] = []
    stopped = render_database(
        series,
        path,
        views="12",
        size=SIZE,
        times=(10.0, 12.0),
        on_progress=lambda *report: (told.append(report), count.append(report[0])),
        should_stop=lambda: bool(count) and count[-1] >= 15,
    )
    assert len(stopped.records) == 15 and told[-1][:2] == (15, 24)
    before = {r.file: (path / r.file).stat().st_mtime_ns for r in stopped.records}
    told.clear()
    whole = render_database(
        series, path, views="12", times=(10.0, 12.0), resume=True, on_progress=lambda *r: told.append(r)
    )
    assert len(whole.records) == 24 and told[-1][:2] == (9, 9)
    assert not [text for _, _, text in told if "looking at" in text], "the look was there"
    assert all((path / file).stat().st_mtime_ns == when for file, when in before.items())
    at_once = render_database(series, tmp_path / "e.cdb", views="12", size=SIZE, times=(10.0, 12.0))
    for record, other in zip(whole.records, at_once.records, strict=True):
        assert record == other
        np.testing.assert_array_equal(whole.read(record), at_once.read(other))


def test_what_is_said_again_of_one_style_leaves_the_other_as_it_is(tmp_path):
    """Of volumes nothing is said: their transfer function is the stored one, whatever values come."""
    look = Look(("volume", "isosurface"), isovalue=5.0)
    options = {"views": "1x1", "size": SIZE, "look": look}
    first = render_database(blob_series(), tmp_path / "d.cdb", times=[10.0], **options)
    told: list[str] = []
    more = render_database(
        blob_series(),
        tmp_path / "d.cdb",
        times=[10.0, 17.0],
        resume=True,
        on_progress=lambda done, wanted, text: told.append(text),
        **{**options, "size": None},
    )
    assert more.description["variables"] == first.description["variables"] and len(more.records) == 4
    assert len([text for text in told if text.startswith("looking at a")]) == 2, (
        "once a step, for the isovalue"
    )


def test_times_that_a_file_holds_as_float32_are_found():
    variable = blob_series()["a"]
    series = VolumeSeries((replace(variable, times=np.float32(0.1) * np.arange(1, 10)),))
    assert SeriesSteps(series, (0.1, 0.7)).times("a") == (float(np.float32(0.1)), float(series["a"].times[6]))
    with pytest.raises(ValueError, match=r"no step at time 0\.15, the nearest is 0\.1; between"):
        SeriesSteps(series, (0.1, 0.15))


def test_a_database_is_extended_by_times_and_views(copied):
    more = render_database(blob_series(), copied, views="1x2", times=(10.0, 15.0), resume=True)
    assert len(more.records) == 24 + 4 and more.times == (10.0, 14.0, 15.0)
    again = render_database(blob_series(), copied, views="1x2", times=(10.0, 15.0), resume=True)
    assert again == more, "nothing is left to do"


def test_stopped_before_the_first_image_nothing_is_there(tmp_path):
    with pytest.raises(Stopped, match="stopped before the first image; nothing was written"):
        render_database(blob_series(), tmp_path / "d.cdb", should_stop=lambda: True)
    assert not [*tmp_path.iterdir()]


def test_an_overwritten_database_is_replaced_as_a_whole_or_not_at_all(copied):
    before = ImageDatabase.open(copied)
    options = {"views": "1x1", "size": (8, 8), "times": [10.0]}
    with pytest.raises(
        FileExistsError, match="exists; choose another database, go on with it, or overwrite it"
    ):
        render_database(blob_series(), copied, **options)
    with pytest.raises(Stopped):
        render_database(blob_series(), copied, **options, overwrite=True, should_stop=lambda: True)
    assert ImageDatabase.open(copied) == before
    after = render_database(blob_series(), copied, **options, overwrite=True)
    assert len(after.records) == 1 and after.size == (8, 8)
    assert [p.name for p in copied.parent.iterdir()] == ["blob.cdb"]
    assert len([*copied.rglob("*.png")]) == 1


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "d.cdb").mkdir()
    (tmp_path / "d.cdb/thesis.tex").touch()
    with pytest.raises(FileExistsError, match=r"exists and is no Cinema database; choose another one"):
        render_database(blob_series(), tmp_path / "d.cdb", overwrite=True)
    assert (tmp_path / "d.cdb/thesis.tex").exists()


# Bad input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": (8, 8)}, "its images have 48x40 pixels, got size 8x8"),
        ({"look": Look(colors="magma")}, "a: the pictures that are there are drawn with another transfer"),
        ({"look": Look(("isosurface",))}, "a: the pictures that are there are drawn with another transfer"),
        ({"views": "13"}, "views must be 10·f² + 2 for a geodesic sphere (12 or 42 here)"),
        (
            {"times": (10.5,)},
            "the series has no step at time 10.5, the nearest is 10; between its steps only a model",
        ),
    ],
)
def test_what_does_not_fit_to_the_database_is_refused(copied, options, words):
    before = (copied / "data.csv").read_bytes()
    with pytest.raises(ValueError) as raised:
        render_database(blob_series(), copied, **{"views": "1x1", "times": (10.0,), **options}, resume=True)
    assert words in str(raised.value)
    assert (copied / "data.csv").read_bytes() == before


def test_another_region_and_a_database_of_other_programs_are_not_gone_on_with(copied, tmp_path):
    moved = [replace(v, grid=replace(v.grid, origin=(9.0, 9.0, 9.0))) for v in blob_series()]
    with pytest.raises(ValueError, match=r"was rendered with a camera around \(5\.75, 4\.75, 3\.75\)"):
        render_database(replace(blob_series(), variables=tuple(moved)), copied, resume=True)
    described = json.loads((copied / "rendering.json").read_text())
    del described["camera"]
    (copied / "rendering.json").write_text(json.dumps(described))
    with pytest.raises(ValueError, match=r"rendering\.json does not say how it was rendered: lacks 'camera'"):
        render_database(blob_series(), copied, resume=True)
