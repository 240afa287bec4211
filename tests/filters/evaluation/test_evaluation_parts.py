"""The parts of an evaluation, against numbers known beforehand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from evaluation_runs import QUICK, files, settings
from hypothesis import given
from hypothesis import strategies as st
from models import blob_series

pytest.importorskip("vtkmodules")

from stsr_core.datasets import tornado
from stsr_core.fields import create
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.interrupts import Stopped
from stsr_core.measuring.isovalue import separating_value
from stsr_core.measuring.means import means_by_kind
from stsr_core.measuring.records import strict
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_filters.evaluation import Kept, Settings, methods, study
from stsr_filters.evaluation.fitting import make
from stsr_filters.evaluation.folder import report_folder, working_folder
from stsr_filters.evaluation.measures import Result, measure
from stsr_filters.evaluation.page import Row, cropped, write_page, zoom_window
from stsr_filters.evaluation.truth import read_truth, shown_step
from stsr_filters.evaluation.upscaling import fine_grid, fine_times


@given(st.floats(-5, 5), st.floats(0.5, 5), st.integers(20, 80))
def test_the_separating_value_lies_between_two_groups(low: float, gap: float, share: int) -> None:
    draw = np.random.default_rng(0)
    values = low + np.where(draw.random(2000) * 100 < share, 0.0, gap) + 0.05 * gap * draw.random(2000)
    value = separating_value(values)
    assert value is not None and low + 0.05 * gap <= value <= low + gap


def test_the_separating_value_follows_scale_and_shift() -> None:
    values = tornado(12, 1)["tornado"].step(0)
    value = separating_value(values)
    assert value is not None
    assert separating_value(3.0 * values.astype(np.float64) + 7.0) == pytest.approx(3 * value + 7, rel=1e-6)


def test_there_is_no_separating_value_without_two_values() -> None:
    assert separating_value(np.ones(5)) is None
    assert separating_value(np.array([np.nan, np.inf])) is None


def test_means_weigh_the_kinds_by_their_steps() -> None:
    kinds = ([0, 4, 8], [1, 2, 3, 5, 6, 7], [9])
    found = means_by_kind({0: 40.0, 1: 20.0, 3: 30.0, 9: 10.0, 4: math.nan}, kinds)
    assert (found.kept, found.unseen, found.after) == (40.0, 25.0, 10.0)
    assert found.all == pytest.approx((3 * 40 + 6 * 25 + 10) / 10)
    assert (found.measured, found.undefined) == (5, 1)
    assert math.isnan(means_by_kind({}, kinds).all)


def test_the_step_shown_is_unseen_and_half_way() -> None:
    for n_steps, gap in ((48, 3), (33, 3), (9, 1), (100, 7)):
        i = shown_step(n_steps, gap)
        assert i % (gap + 1) == (gap + 1) // 2 and 0 < i < n_steps
    assert shown_step(1, 0) == 0


def test_the_fine_grid_has_the_sizes_of_the_paper() -> None:
    grid = fine_grid(Grid((128, 128, 128), spacing=(0.5, 1.0, 2.0)), 1.75)
    assert grid.shape == (224, 224, 224) and grid.end == (63.5, 127.0, 254.0)
    times = fine_times(np.arange(90.0), 2.5)
    assert len(times) == 225 and times[0] == 0 and times[-1] == 89


def test_numbers_that_json_does_not_know_become_null() -> None:
    text = json.dumps(strict({"a": [math.nan, {"b": -math.inf}], "c": (1, "x", True)}), allow_nan=False)
    assert json.loads(text) == {"a": [None, {"b": None}], "c": [1, "x", True]}


def test_the_zoom_window_finds_the_difference_inside_the_picture() -> None:
    white = np.full((40, 40, 3), 255, np.uint8)
    corner, everywhere = white.copy(), np.full_like(white, 128)
    corner[38:, 37:] = 0
    window = zoom_window(white, [corner, everywhere])
    x, y, edge = window
    assert edge == 10 and x <= 37 and y <= 38 and x + edge <= 40 and y + edge <= 40
    assert cropped(corner, window).shape == (10, 10, 3)
    assert zoom_window(white, [white]) == (15, 15, 10)


def test_a_page_has_a_place_for_every_picture(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    rows = [Row("a", [red, red], (4, 4, 8)), Row("b", [None, red], legend="difference")]
    write_page(tmp_path / "page.png", ["one", "two"], rows, cell=32)
    with image.open(tmp_path / "page.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))
    is_red = (pixels == (255, 0, 0)).all(-1).sum()
    assert 3 * 28**2 < is_red < 3 * 32**2 + 100


def test_a_method_that_returns_the_truth_is_perfect() -> None:
    series = tornado(12, 4)
    truth = read_truth(series["tornado"], settings(series, Kept(1, 0)))
    case = methods(["cubic"]).cases[0]
    made = make(case, series, settings(series, Kept(1, 0)), Path("never-written"))
    result: Result = measure(made.fields["tornado"], truth, device="cpu", with_lpips=False)
    assert min(result.values["psnr"].values()) > 100
    assert max(result.values["chamfer"].values()) < 1e-3
    assert min(result.values["ssim"].values()) > 0.999999
    assert made.size_full is None and made.passes is None
    assert set(result.volumes) == set(truth.volumes) and truth.shown in result.surfaces


def test_missing_values_and_flat_or_constant_data_do_not_stop_a_report() -> None:
    values = np.zeros((4, 1, 12, 12), np.float32) + np.arange(12, dtype=np.float32)
    values[:, 0, 3, 3] = np.nan
    series = VolumeSeries.from_arrays({"flat": values, "constant": np.ones((4, 12, 12, 12), np.float32)})
    notes: list[str] = []
    choices = settings(series, Kept(1, 1), fill=0.0)
    flat, constant = (read_truth(v, choices, note=notes.append) for v in series)
    assert flat.look is None and "flat is not rendered" in notes[0] and len(notes) == 1
    assert constant.isovalue is None and not constant.surfaces
    made = make(methods(["tricubic_linear"]).cases[0], series, choices, Path("never-written"))
    result = measure(made.fields["flat"], flat, device="cpu", with_lpips=False)
    assert all(v > 20 for v in result.values["psnr"].values())
    result = measure(made.fields["constant"], constant, device="cpu", with_lpips=False)
    assert all(math.isnan(v) for v in result.values["psnr"].values()) and not result.values["chamfer"]


def test_an_isovalue_outside_the_ground_truth_is_refused() -> None:
    series = tornado(8, 3)
    with pytest.raises(ValueError, match=r"isovalue must lie in the range of the ground truth .* got 9"):
        read_truth(series["tornado"], settings(series, isovalues={"tornado": 9.0}))


def test_models_are_trained_once_and_taken_again(tmp_path: Path) -> None:
    series = tornado(8, 5)
    case = study("heads", [], overrides={"stsr_inr": {"widths": [8, 8, 16]}}, values=[1]).cases[0]
    first = make(case, series, settings(series), tmp_path / "a")
    written = (tmp_path / "a.stsr").stat().st_mtime_ns
    again = make(case, series, settings(series), tmp_path / "a")
    assert (tmp_path / "a.stsr").stat().st_mtime_ns == written
    assert again.seconds == first.seconds and again.recipe["epochs"] == 1
    assert again.configuration["heads"] == 1 and again.configuration["widths"] == [8, 8, 16]


def test_stopping_keeps_the_unfinished_model(tmp_path: Path) -> None:
    series = tornado(8, 5)
    case = methods(["modulated_siren"]).cases[0]
    choices = settings(series, epochs=3)
    with pytest.raises(Stopped):
        make(case, series, choices, tmp_path / "a", should_stop=lambda: True)
    assert make(case, series, choices, tmp_path / "a").passes == 3.0


def test_variables_of_which_different_parts_are_kept_are_trained_jointly_and_go_on(tmp_path: Path) -> None:
    values = tornado(8, 5)["tornado"].array()
    series = VolumeSeries.from_arrays({"a": values, "b": 2 * values})
    choices = Settings({"a": Kept(2, 1), "b": Kept(1, 3)}, **{**QUICK, "epochs": 3})
    case = methods(["modulated_siren"]).cases[0]
    asked = iter([False, True])
    with pytest.raises(Stopped):
        make(case, series, choices, tmp_path / "a", should_stop=lambda: next(asked))
    assert checkpoint.read_header(tmp_path / "a.stsr").training["step"] == 2
    made = make(case, series, choices, tmp_path / "a")
    assert made.passes == 3.0 and made.fields["a"] is made.fields["b"]
    assert [(v.grid.shape, len(v.times)) for v in made.fields["a"].domain] == [((4,) * 3, 3), ((8,) * 3, 2)]
    cubic = make(methods(["cubic"]).cases[0], series, choices, tmp_path / "b").fields["b"]
    assert [v.grid for v in cubic.domain] == [v.grid for v in made.fields["a"].domain]
    found = evaluate(cubic, series["b"].grid, series["b"].times[::4], "b", device="cpu")
    np.testing.assert_allclose(found, 2 * values[::4], atol=1e-5)
    refused = methods(["stnet"]).cases[0]
    with pytest.raises(ValueError, match="spatial factor must be 4"):
        make(refused, series, choices, tmp_path / "c")


def test_a_report_is_swapped_in_when_it_is_whole(tmp_path: Path) -> None:
    output = tmp_path / "report"
    for text in ("first", "second"):
        with report_folder(output, {"a": 1}, overwrite=text == "second") as (folder, models):
            assert folder != output and models.is_dir()
            (folder / "results.json").write_text(text)
            (models / "a.stsr").write_text("")
        assert (output / "results.json").read_text() == text
        assert files(output) == {"results.json"} and files(tmp_path) == {"report"}
    with pytest.raises(FileExistsError, match="choose another folder"), report_folder(output, {}):
        pass


def test_an_interrupted_report_leaves_the_old_one_and_its_models(tmp_path: Path) -> None:
    output = tmp_path / "report"
    with pytest.raises(Stopped), report_folder(output, {"a": 1}) as (_, models):
        raise Stopped
    assert not files(tmp_path)
    with pytest.raises(Stopped), report_folder(output, {"a": 1}) as (_, models):
        (models / "a.stsr").write_text("x")
        raise Stopped
    assert not output.exists() and working_folder(output).is_dir()
    with pytest.raises(ValueError, match="begun with other a"), report_folder(output, {"a": 2}, resume=True):
        pass
    with report_folder(output, {"a": 1}, resume=True, keep_models=True) as (_, models):
        assert (models / "a.stsr").read_text() == "x"
    assert files(output) == {"models"}


def test_what_is_no_report_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years")
    with (
        pytest.raises(FileExistsError, match="is no report"),
        report_folder(tmp_path / "mine", {}, overwrite=True),
    ):
        pass
    (tmp_path / "b.unfinished").mkdir()
    with pytest.raises(FileExistsError, match="no unfinished report"), report_folder(tmp_path / "b", {}):
        pass
    with pytest.raises(ValueError, match="nothing to resume"), report_folder(tmp_path / "c", {}, resume=True):
        pass


def test_studies_refuse_what_does_not_suit_them() -> None:
    with pytest.raises(ValueError, match="joint needs two or more variables, got 1"):
        study("joint", ["modulated_siren"])
    with pytest.raises(ValueError, match="needs a method that is trained, got cubic"):
        study("joint", ["cubic"], n_variables=2)
    with pytest.raises(ValueError, match="study must be one of heads, depth"):
        study("width", [])
    with pytest.raises(ValueError, match="needs a method that samples anywhere"):
        study("upscaling", ["stnet"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minutes": None, "epochs": None}, "minutes or epochs must be given"),
        ({"minutes": 0.0}, "minutes must be a finite number > 0, got 0.0"),
        ({"epochs": 0}, "epochs must be >= 1, got 0"),
        ({"steps_rendered": 2}, "at least 3, got 2"),
        ({"size": 65}, "even number >= 64, got 65"),
        ({"most_voxels": 0}, "must be >= 1, got 0"),
        ({"upscale_space": math.inf}, "upscale_space must be a finite number > 0"),
    ],
)
def test_bad_settings_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings({"a": Kept()}, **change)


def test_the_study_of_living_cells_adds_one_published_part_after_the_other():
    cases = study("microscopy", ["cubic", "spatime_inr"], overrides={"spatime_inr": {"width": 8}}).cases
    assert [case.label for case in cases][:3] == ["4D cubic", "SpatimeINR, fast", "coordinates alone"]
    kept = KeptSamples.read(blob_series(), 1, 1)
    found = [create(case.kind, kept.domain, dict(case.configuration)).config for case in cases[1:]]
    assert found[0].profile == "fast" and {c.width for c in found} == {8}
    parts = [(c.rendering != "none") + c.cycle + c.latent for c in found[1:]]
    assert parts == [0, 1, 2, 3] and {c.profile for c in found[1:]} == {"stable"}
