"""The loop: it learns, stops, resumes exactly, and refuses before it writes."""

import math
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from models import QUICK, SMALL, blob_series, moving_blob

from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.series import VolumeSeries
from stsr_core.training import Recipe, fit, learning_rate, resume
from stsr_core.training.optimizers import Muon, Optimizers, orthogonalized

TESTS = Path(__file__).resolve().parents[2]


def weights(field):
    return {k: v.clone() for k, v in field.state_dict().items()}


def test_the_default_field_learns_a_moving_blob():
    series = blob_series()
    field = fit(series, field="modulated_siren", configuration=SMALL, recipe=replace(QUICK, epochs=40))
    truth = series["a"].array()
    values = evaluate(field, series["a"].grid, series["a"].times, "a")
    assert 20 * math.log10(10) - 10 * math.log10(np.mean((values - truth) ** 2)) > 30


def test_variables_of_different_shapes_train_jointly():
    arrays = {"a": moving_blob(), "b": 100 * moving_blob((5, 9, 10, 7), phase=2.0)}
    series = VolumeSeries.merged([VolumeSeries.from_arrays({k: v}) for k, v in arrays.items()])
    field = fit(series, field="modulated_siren", configuration=SMALL, recipe=replace(QUICK, epochs=60))
    for name, truth in arrays.items():
        values = evaluate(field, series[name].grid, series[name].times, name)
        assert 20 * math.log10(truth.max()) - 10 * math.log10(np.mean((values - truth) ** 2)) > 25, name


def test_a_constant_series_and_a_single_step_work():
    constant = VolumeSeries.from_arrays({"c": np.full((3, 5, 5, 5), 2.5, np.float32)})
    field = fit(constant, field="modulated_siren", configuration=SMALL, recipe=QUICK)
    np.testing.assert_array_equal(evaluate(field, constant["c"].grid.refined(2), [0.5], "c"), 2.5)
    single = VolumeSeries.from_arrays({"a": moving_blob()[:1]})
    field = fit(single, field="modulated_siren", configuration=SMALL, recipe=replace(QUICK, epochs=200))
    values = evaluate(field, single["a"].grid, [0], "a")
    assert np.abs(values - single["a"].step(0)).max() < 2


class StopAfter:
    """Asks to stop after so many steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self) -> bool:
        self.left -= 1
        return self.left <= 0


@pytest.mark.parametrize("stop_after", [7, 31, 62])
def test_a_stopped_run_resumes_exactly(tmp_path, stop_after):
    series, settings = (
        blob_series(("a", "b")),
        {"field": "modulated_siren", "configuration": SMALL, "recipe": QUICK, "seed": 4},
    )
    whole = fit(series, **settings)
    path = tmp_path / "model.stsr"
    fit(series, path, should_stop=StopAfter(stop_after), **settings)
    assert checkpoint.read_header(path).training["step"] == stop_after
    checkpoint.load(path)  # usable as it is
    resumed = resume(path, series)
    for name, tensor in weights(whole).items():
        torch.testing.assert_close(weights(resumed)[name], tensor, rtol=0, atol=0)
    assert checkpoint.read_header(path).training is None
    with pytest.raises(ValueError, match="nothing to resume"):
        resume(path, series)


@pytest.mark.parametrize("field", ["modulated_siren", "tricubic_linear"])
def test_each_variable_can_keep_another_part(tmp_path, field):
    series = blob_series(("a", "b"))
    settings = (
        {} if field == "tricubic_linear" else {"configuration": SMALL, "recipe": replace(QUICK, epochs=60)}
    )
    path = tmp_path / "model.stsr"
    fit(series, path, field=field, spatial_factor=[2, 3], temporal_gap=(1, 0), **settings)
    field = checkpoint.load(path)
    assert [(v.grid.shape, len(v.times)) for v in field.domain] == [((6, 6, 6), 5), ((4, 4, 4), 9)]
    for variable, kept in zip(series, field.domain, strict=True):
        # The positions in space and time are those of the full series.
        truth = variable.array()[:: 2 if variable.name == "a" else 1]
        every = slice(None, None, 2 if variable.name == "a" else 3)
        values = evaluate(field, kept.grid, kept.times, variable.name, device="cpu")
        error = values - truth[:, every, every, every]
        assert 20 * math.log10(10) - 10 * math.log10(np.mean(error**2)) > 25, variable.name


def test_a_stopped_run_of_different_parts_resumes_exactly(tmp_path):
    series = blob_series(("a", "b"))
    settings = {
        "field": "modulated_siren",
        "configuration": SMALL,
        "recipe": QUICK,
        "spatial_factor": [2, 3],
        "temporal_gap": [1, 0],
    }
    whole = fit(series, **settings)
    path = tmp_path / "model.stsr"
    fit(series, path, should_stop=StopAfter(4), **settings)
    with pytest.raises(ValueError, match=r"cannot resume, it was trained on the variables a, b, got a$"):
        resume(path, series.select(["a"]))
    resumed = resume(path, series)
    for name, tensor in weights(whole).items():
        torch.testing.assert_close(weights(resumed)[name], tensor, rtol=0, atol=0)
    data = checkpoint.read_header(path).history[-1]["data"]
    assert data == {"spatial_factor": [2, 3], "temporal_gap": [1, 0], "fill": None}


def test_one_number_for_all_variables_stays_one_number_in_the_history(tmp_path):
    path = tmp_path / "model.stsr"
    recipe = replace(QUICK, epochs=1)
    fit(
        blob_series(("a", "b")),
        path,
        field="modulated_siren",
        configuration=SMALL,
        recipe=recipe,
        spatial_factor=2,
        temporal_gap=3,
    )
    data = checkpoint.read_header(path).history[-1]["data"]
    assert data == {"spatial_factor": 2, "temporal_gap": 3, "fill": None}


def test_resuming_on_other_data_is_refused(tmp_path):
    path = tmp_path / "model.stsr"
    fit(
        blob_series(),
        path,
        field="modulated_siren",
        configuration=SMALL,
        recipe=QUICK,
        should_stop=StopAfter(3),
    )
    before = path.read_bytes()
    other = VolumeSeries.from_arrays({"a": moving_blob(phase=1.0)})
    with pytest.raises(ValueError, match="kept samples differ"):
        resume(path, other)
    assert path.read_bytes() == before


def test_a_killed_run_resumes_from_its_last_checkpoint(tmp_path):
    """`kill -9` while checkpoints are being written: the file is whole and the run goes on exactly."""
    script = textwrap.dedent(
        """
        import sys
        sys.path.insert(0, sys.argv[2])
        from models import QUICK, SMALL, blob_series
        from dataclasses import replace
        from stsr_core.training import fit, session
        session.FIRST_SAVE_SECONDS = session.SAVE_SECONDS = 0.0
        settings = {"field": "modulated_siren", "configuration": SMALL}
        fit(blob_series(), sys.argv[1], recipe=replace(QUICK, epochs=100000), **settings)
        """
    )
    path = tmp_path / "model.stsr"
    process = subprocess.Popen([sys.executable, "-c", script, str(path), str(TESTS)])
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (
        path.exists() and checkpoint.read_header(path).training["step"] > 20
    ):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    step = checkpoint.read_header(path).training["step"]
    assert step > 20
    whole = fit(
        blob_series(),
        field="modulated_siren",
        configuration=SMALL,
        recipe=replace(QUICK, epochs=100000),
        should_stop=StopAfter(step + 5),
    )
    resumed = resume(path, blob_series(), should_stop=StopAfter(5))
    for name, tensor in weights(whole).items():
        torch.testing.assert_close(weights(resumed)[name], tensor, rtol=0, atol=0)


def test_progress_and_history_say_what_happened(tmp_path):
    seen = []
    path = tmp_path / "model.stsr"
    fit(
        blob_series(),
        path,
        field="modulated_siren",
        configuration=SMALL,
        recipe=QUICK,
        on_progress=seen.append,
    )
    assert seen[-1].fraction == 1
    assert seen[-1].eta_seconds == 0
    assert seen[-1].samples_per_second > 0
    history = checkpoint.read_header(path).history
    assert history[0]["epochs"] == 3
    assert history[0]["training_psnr"] == pytest.approx(seen[-1].psnr)


def test_nothing_is_written_when_the_input_is_refused(tmp_path):
    path = tmp_path / "model.stsr"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="exists"):
        fit(blob_series(), path)
    bad = VolumeSeries.from_arrays({"a": np.full((2, 4, 4, 4), np.nan, np.float32)})
    with pytest.raises(ValueError, match="NaN"):
        fit(bad, path, overwrite=True)
    for settings, words in [
        ({"minutes": -1}, "minutes must be a finite number > 0, got -1"),
        ({"epochs": 0}, "epochs must be >= 1, got 0"),
        ({"field": "magic"}, "field must be one of"),
        ({"spatial_factor": [2, 2]}, "spatial factor must be one number, or one for each of the 1 variables"),
    ]:
        with pytest.raises(ValueError, match=words):
            fit(blob_series(), path, overwrite=True, **settings)
    with pytest.raises(ValueError, match=r"must end in \.stsr"):
        fit(blob_series(), tmp_path / "model.pt")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        fit(blob_series(), tmp_path / "nowhere" / "model.stsr")
    assert path.read_bytes() == b"precious"


def test_interpolation_is_fitted_by_keeping_the_samples(tmp_path):
    series = blob_series()
    fit(series, tmp_path / "tl.stsr", field="tricubic_linear", spatial_factor=2, temporal_gap=1)
    field = checkpoint.load(tmp_path / "tl.stsr")
    values = evaluate(field, series["a"].grid.every(2), series["a"].times[::2], "a")
    np.testing.assert_allclose(values, series["a"].array()[::2, ::2, ::2, ::2], atol=1e-4)


def test_the_schedule_is_a_pure_function():
    recipe = Recipe(learning_rate=2.0, schedule="cosine", warm_up=0.1)
    assert learning_rate(recipe, 0.05) == pytest.approx(1.0)
    assert learning_rate(recipe, 0.1) == pytest.approx(2.0)
    assert learning_rate(recipe, 1.0) == pytest.approx(0.0)
    assert learning_rate(replace(recipe, schedule="constant"), 0.9) == 2.0


def test_muon_orthogonalises_and_scales_by_the_initial_weights():
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalized(torch.randn(2, 40, 60)))
    assert values.min() > 0.6
    assert values.max() < 1.3
    weight = torch.nn.Parameter(0.01 * torch.randn(40, 60))
    start = weight.detach().clone()
    muon = Muon([weight], lr=3e-3)
    weight.grad = torch.randn(40, 60)
    muon.step()
    step = (weight.detach() - start).square().mean().sqrt() / start.square().mean().sqrt()
    assert float(step) == pytest.approx(10 * 3e-3, rel=1e-4)


def test_muon_refuses_weights_that_start_at_zero():
    with pytest.raises(ValueError, match="not all zero"):
        Muon([torch.nn.Parameter(torch.zeros(4, 4))], lr=1e-3)


def test_an_unknown_optimizer_is_refused():
    groups = {"matrices": [], "others": [torch.nn.Parameter(torch.ones(2))], "latents": []}
    with pytest.raises(ValueError, match="optimizer must be one of muon, adam, amsgrad, got 'sgd'"):
        Optimizers(groups, Recipe(optimizer="sgd"))
