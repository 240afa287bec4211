"""Linked views in ParaView: one pvpython session, its findings compared with the data."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.image import imread
from models import blob_series

from stsr_core.inference import evaluate
from stsr_core.model.checkpoint import load

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
TITLES = ["ground truth", "prediction", "coarse", "error of prediction", "error of coarse"]
WIDTH, HEIGHT = 120, 100


@pytest.fixture(scope="module")
def session(run, material, root, tmp_path_factory):
    """What live_views_session.py found, and the folder it wrote to."""
    folder = tmp_path_factory.mktemp("views")
    script = root / "tests/plugin/live_views_session.py"
    done = run("pvpython", str(script), material.model, material.series, str(folder))
    lines = [x for x in done.stdout.splitlines() if x.startswith("found:")]
    assert lines, done.stdout
    assert done.stdout.count("ERROR") == 1, "but for the model that is not there, all went well"
    return json.loads(lines[0][len("found:") :]), folder


@pytest.fixture(scope="module")
def found(session):
    return session[0]


@pytest.fixture(scope="module")
def truth():
    """The variable a at all steps, (T, Z, Y, X)."""
    variable = blob_series(("a", "b"))["a"]
    return np.stack([variable.step(i) for i in range(len(variable.times))])


def test_a_layout_of_named_views_and_a_legend(found):
    assert found["titles"] == found["names"] == TITLES
    assert found["in layout"] == len(TITLES) + 1
    for width, height in found["sizes"]:  # ParaView draws lines of a pixel between them
        assert WIDTH - 2 <= width <= WIDTH and HEIGHT - 2 <= height <= HEIGHT
    assert found["representations"] == ["'Volume'"]
    assert found["bars"] == [["a", 1], ["error", 1]] and found["bars elsewhere"] == 0
    assert found["distances"] == [pytest.approx(0.01 * np.sqrt(3) * 5.5, abs=1e-6)]


def test_colours_and_opacities_are_those_of_the_pictures_over_all_times(found, truth):
    from stsr_filters import transfer_function_of

    samples = [x for step in truth for x in (step.ravel(), [step.min(), step.max()])]
    expected = transfer_function_of(np.concatenate(samples))
    colors, opacity = (np.reshape(points, (-1, 4)) for points in found["maps"][:2])
    np.testing.assert_allclose(colors, expected.color_points, atol=1e-6)
    np.testing.assert_allclose(opacity, expected.opacity_points, atol=1e-6)
    assert found["shared"] == [True, True, True]


def test_large_data_are_sampled_and_times_are_those_of_the_input(found, truth):
    assert found["thinned"] == pytest.approx(truth[2, ::2, ::2, ::2].ravel().tolist())
    assert found["doubled"] == pytest.approx([2 * truth.min(), 2 * truth.max()])


def test_errors_are_symmetric_round_zero_over_all_times(found, truth, material):
    grid, times = blob_series().variables[0].grid, 10.0 + np.arange(9)
    predicted = evaluate(load(material.model), grid, times, "a", device="cpu")
    largest = np.abs(predicted - truth).max()
    colors, opacity = (np.reshape(points, (-1, 4)) for points in found["maps"][2:])
    np.testing.assert_allclose(colors[[0, -1], 0], [-largest, largest], rtol=1e-4)
    np.testing.assert_allclose(opacity[:, 0], -opacity[::-1, 0], atol=1e-6)
    np.testing.assert_allclose(opacity[:, 1], opacity[::-1, 1])
    assert colors[0, 3] > colors[0, 1] and colors[-1, 1] > colors[-1, 3], "blue is too low, red too high"


def test_maps_stay_when_the_time_changes_and_the_data_are_shown_elsewhere(found):
    assert found["maps at another time, shown elsewhere"] == found["maps"]


@pytest.mark.parametrize("i", range(len(TITLES)))
def test_each_view_takes_all_others_along(found, i):
    *positions, legend = found[f"cameras, {TITLES[i]} moved"]
    assert positions == [[20.0 + i, 10.0, 10.0]] * len(TITLES)
    assert legend == found["cameras"][-1]


def test_a_camera_moved_just_before_saving_is_heeded_and_links_hold_afterwards(found):
    assert found["cameras after saving"][:-1] == [[30.0, 10.0, 10.0]] * len(TITLES)
    assert found["cameras linked again"] == found["cameras"]


def test_titles_tell_the_time_of_their_data(found):
    assert found["time"] == 10.0, "the animation is brought to where the data are"
    assert found["words"] == ["prediction   t = 16.3", "error of prediction   t = 16"]
    assert found["alone"] == [["a {static} one"], "a {static} one", None]


def test_what_is_not_compared_is_clear(found):
    missing, value = found["not compared, and shown there"]
    assert missing == 12**3 - 11**3  # of 12 nodes every second is kept: the last one lies beyond
    assert value == 0


def test_a_picture_of_all_views(session):
    picture = imread(session[1] / "views.png")[..., :3]
    assert picture.shape == (2 * HEIGHT, 3 * WIDTH, 3)
    for row in range(2):
        for column in range(3):
            part = picture[row * HEIGHT + 14 : (row + 1) * HEIGHT, column * WIDTH : (column + 1) * WIDTH]
            assert (np.ptp(part, axis=2) > 0.15).mean() > 0.005, "something coloured is in each place"


def test_a_film(session):
    found, folder = session
    frames = [imread(path) for path in sorted(folder.glob("film.*.png"))]
    assert len(frames) == 3
    assert all(frame.shape[:2] == (2 * HEIGHT, 3 * WIDTH) for frame in frames)
    assert (frames[0] != frames[2]).any()
    before, after = found["animation"]
    assert before == after, "the animation's own settings stay"
    assert len(list(folder.glob("steps.*.png"))) == 9, "one per time step"


def test_files_that_cannot_be_written_are_refused(found):
    suffixes = {"png": ".png, .jpg, .tif, .bmp or .ppm", "animation": ".png, .jpg, .avi or .ogv"}
    for name, listed in suffixes.items():
        assert found[f"/views.xyz, {name}"] == f"path must end in {listed}, got 'views.xyz'"
        folder = "path must be in a folder that exists, got '/nowhere/views.png'"
        assert found[f"/nowhere/views.png, {name}"] == folder


def test_isosurfaces_and_a_given_comparison(session):
    found, folder = session
    assert found["given"] == {
        "same": True,
        "executions": 1,  # a limit that is given need not be looked for
        "range": [-0.5, 0.5],
        "isovalues": [[5.0], [5.0]],
        "words": "prediction   heat = 5   t = 12",
    }
    picture = imread(folder / "isosurfaces.png")
    assert picture.shape[:2] == (HEIGHT, round(3.35 * WIDTH))


def test_wrong_input_is_refused_in_one_sentence(found):
    expected = [
        "ValueError: sources must hold at least one pipeline object, got none",
        "TypeError: sources must be pipeline objects by title, got list",
        "TypeError: sources must be pipeline objects by title, got str for 'ground truth'",
        "ValueError: difference needs a prediction beside the ground truth; say difference=False",
        "ValueError: ground truth: array must name a point array, which are ['a', 'b'], got 'c'",
        "ValueError: ground truth: the data must be image data (a uniform grid), got vtkPolyData",
        "FilterFailed: /nowhere.stsr: cannot read the model: No such file or directory",
        "ValueError: compare must compare one of ['prediction'] with 'ground truth', got one of other inputs",
        "TypeError: compare must be Compare to GT filters, got NeuralUpscale",
        "ValueError: error_limit must be a finite number > 0, got -1",
        "ValueError: titles must differ from each other and from "
        "['error of prediction', 'error of error of prediction'], "
        "got ['ground truth', 'prediction', 'error of prediction']",
        "ValueError: ground truth: the data must have at least 2 nodes on each axis, got [12, 12, 1]",
    ]
    assert found["refusals"] == expected
    assert found["left behind"] == [0, 0], "a refusal makes nothing"


MPI = """
import sys
from stsr_plugin import linked_views
from paraview import simple
truth = simple.OpenDataFile(sys.argv[1])
prediction = simple.NeuralUpscale(Input=truth, ModelFile=sys.argv[2], Factor=1)
sources = {"ground truth": truth, "prediction": prediction}
views = linked_views(sources, "a", times=[11.0, 12.0], size=(60, 60))
print("found:", *views.opacity.Points, views.colors.RGBPoints[-4], views.error_colors.RGBPoints[0])
"""


@pytest.mark.requires_mpi
def test_two_ranks_find_the_same_maps(run, material, tmp_path):
    script = tmp_path / "views.py"
    script.write_text(MPI)
    results = []
    for prefix in ((), ("mpiexec", "-n", "2")):
        done = run("pvbatch", str(script), material.series, material.model, prefix=prefix)
        lines = [x for x in done.stdout.splitlines() if x.startswith("found:")]
        assert lines, done.stdout
        results.append([float(x) for x in lines[0].split()[1:]])
    serial, parallel = results
    assert parallel == pytest.approx(serial, rel=1e-5)
