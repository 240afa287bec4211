"""Series and Model: from files or meshes to a model, and what it shows."""

import gc

import numpy as np
import pytest

pytest.importorskip("pyvista", reason="needs pyvista")

import pyvista as pv
from matplotlib.figure import Figure
from models import write_blobs

from stsr_filters import pyvista_views
from stsr_filters.notebook import Model, Series
from stsr_filters.notebook.player import add_time_slider


def test_files_and_meshes_are_the_same_series(tmp_path, series):
    path = write_blobs(tmp_path / "blobs.pvd", ("a", "b"))
    files, meshes = Series(path), Series(list(series))
    for each in (files, meshes):
        assert each.variables == ("a", "b") and len(each) == 9
        np.testing.assert_array_equal(each.times, series.times)
        np.testing.assert_array_equal(each[-1]["b"], series[8]["b"])
    assert meshes.volumes["a"].unit == "kg" and meshes.volumes.time_unit == "s"
    one = Series(sorted(tmp_path.rglob("*.vti"))[:2], name="run01", variables=["a"], times=[0.5, 1.0])
    assert one.variables == ("run01",) and list(one.times) == [0.5, 1.0]


def test_times_of_meshes_can_be_given_or_counted():
    mesh = pv.ImageData(dimensions=(3, 3, 3))
    mesh["u"] = np.arange(27.0)
    assert list(Series([mesh, mesh]).times) == [0, 1]
    assert list(Series([mesh, mesh], times=[0.1, 0.7]).times) == [0.1, 0.7]


def test_members_are_put_together_and_parts_taken(series):
    both = series.select("a") + series.select("b")
    assert both.variables == ("a", "b")
    part = series.keep(2, 3)
    assert part[0].dimensions == (6, 6, 6) and list(part.times) == [10, 14, 18]


def test_a_model_says_what_it_is_of(blobs):
    assert blobs.variables == ("a", "b") and blobs.time_range == (10, 18)
    assert list(blobs.kept_times) == [10, 12, 14, 16, 18] and len(blobs.times) == 9
    assert "a, b; t = 10 … 18" in repr(blobs)


def test_without_a_path_the_file_goes_with_the_model(series, tmp_path):
    model = series.fit(field="nearest")
    path, kept = model.path, model.save(tmp_path / "kept.stsr")
    assert path.is_file()
    with pytest.raises(FileExistsError, match="exists; choose another name"):
        model.save(tmp_path / "kept.stsr")
    del model
    gc.collect()
    assert not path.exists() and kept.at(12)["a"].shape == (12**3,)


def test_learning_shows_how_far_it_is(series, capsys):
    series.fit(field="cubic", progress_bar=True)
    assert "fit: 100%" in capsys.readouterr().err


def test_a_blend_lies_between_its_members(blobs):
    mesh = blobs.blend({"a": 0.25, "b": 0.75}, 12, factor=2)
    expected = 0.25 * blobs.at(12, 2)["a"] + 0.75 * blobs.at(12, 2)["b"]
    np.testing.assert_allclose(mesh["interpolated"], expected, atol=0.01)
    assert list(mesh.field_data["interpolated weights"]) == [0.25, 0.75]


def test_latent_vectors_are_those_of_the_network(model):
    found = Model(model).latent_vectors()  # the small network of all tests of the filters
    assert list(found) == ["u", "p"] and found["u"].shape == (8,)


def test_every_step_is_compared_kept_and_unseen_ones_apart(series, blobs):
    found = blobs.compare(series)
    assert found.value("psnr", "a", "kept") > 100
    assert 20 < found.value("psnr") < 60, "of unseen steps"
    assert len(found.curves) == 18 and found.value("psnr", "a", "unseen") == found.value("psnr")
    axes = Figure().subplots()
    found.plot("psnr", axes=axes)
    assert [line.get_label() for line in axes.lines[:3]] == ["a", "a, kept steps", "a, unseen steps"]
    assert list(axes.lines[2].get_xdata()) == [11, 13, 15, 17]


def test_jupyter_shows_tables_and_small_pictures(series, blobs):
    html = blobs._repr_html_()
    for text in ("cubic", "a [kg]", "12 x 12 x 12", "5 of 9", "10 … 18 s", "KiB", "data:image/png;base64,"):
        assert text in html
    html = series._repr_html_()
    for text in ("b [kg]", "float32", "data:image/png;base64,"):
        assert text in html


def test_a_plot_is_a_picture_where_nothing_can_be_moved(blobs, tmp_path):
    path = tmp_path / "plot.png"
    blobs.plot(13.3, "b", size=(96, 80), off_screen=True, screenshot=path)
    pixels = np.asarray(pv.read_texture(path).to_array()).reshape(-1, 3)
    assert len(np.unique(pixels, axis=0)) > 100


def test_the_slider_leads_to_other_times(blobs):
    times = np.array([13.0, 13.5, 14.0, 12.5])  # as the plot has them: what is shown comes first
    frames = [(time, lambda time=time: {"a": blobs.at(time, variables="a")}) for time in times]
    views = pyvista_views(frames, "a", difference=False, size=(96, 80), off_screen=True)
    shown = []
    views.show_step = lambda index, show=views.show_step: (shown.append(float(times[index])), show(index))
    slider = add_time_slider(views, times)
    assert slider.GetRepresentation().GetValue() == 13
    for value in (12.6, 13.9):
        slider.GetRepresentation().SetValue(value)
        slider.InvokeEvent("EndInteractionEvent")
    assert shown[-2:] == [12.5, 14]
    views.plotter.close()


@pytest.mark.parametrize(
    ("wrong", "kind", "sentence"),
    [
        (lambda series, model: Series([]), ValueError, "at least one mesh, got none"),
        (
            lambda series, model: Series(3),
            TypeError,
            "source must be files, meshes or a VolumeSeries, got int",
        ),
        (lambda series, model: Series("no/*.vti"), FileNotFoundError, "no file matches"),
        (lambda series, model: Series(series.volumes, times=[1]), ValueError, "times belong to files"),
        (lambda series, model: Series([series[0], pv.Sphere()]), TypeError, "mesh 1 must be ImageData"),
        (
            lambda series, model: Series([series[0], series.keep(2)[0]]),
            ValueError,
            "the nodes of the first, got others in mesh 1",
        ),
        (lambda series, model: Series([series[0]], times=[1, 2]), ValueError, "times must be one per mesh"),
        (lambda series, model: series[9], IndexError, "the series has 9 steps, got the index 9"),
        (lambda series, model: series.fit("model.pth"), ValueError, "must end in .stsr"),
        (lambda series, model: series.fit(field="magic"), ValueError, "field must be one of"),
        (lambda series, model: Model("no.stsr"), ValueError, "no.stsr: "),
        (lambda series, model: model.at("noon"), ValueError, "time must be a finite number .* got 'noon'"),
        (lambda series, model: model.at(12, variables="w"), ValueError, "no variable 'w'; it has a, b"),
        (lambda series, model: model.at(12, motion=True), ValueError, "motion"),
        (lambda series, model: model.blend({"a": -1}, 12), ValueError, "got -1 for a"),
        (lambda series, model: model.blend({"w": 1}, 12), ValueError, "no member 'w'; it has a, b"),
        (lambda series, model: model.latent_vectors(), ValueError, "a cubic model has no latent vectors"),
        (lambda series, model: model.compare(series).value("beauty"), ValueError, "measure must be one of"),
        (lambda series, model: model.save("model.pth"), ValueError, "must end in .stsr"),
    ],
)
def test_what_is_wrong_is_one_sentence(series, blobs, wrong, kind, sentence):
    with pytest.raises(kind, match=sentence) as caught:
        wrong(series, blobs)
    assert "\n" not in str(caught.value)
