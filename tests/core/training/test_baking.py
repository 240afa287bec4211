"""A baked model says at its steps what its model says there, and tells how near it is between them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from models import blob_series, header_of, small_siren

from stsr_core.cli import main
from stsr_core.fields.motion.trajectories import Moment, MovingFrames
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.interrupts import Stopped
from stsr_core.model import checkpoint
from stsr_core.model.summary import baked_texts
from stsr_core.series import VolumeSeries
from stsr_core.training import fit
from stsr_core.training.baking import bake
from stsr_core.training.session import decibels

KEPT = {"spatial_factor": 2, "temporal_gap": 1}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Two members by motion, every second node and step of a blob that moves on a circle."""
    path = tmp_path_factory.mktemp("model") / "m.stsr"
    fit(blob_series(("a", "b")), path, field="motion", device="cpu", **KEPT)
    return path


@pytest.fixture(scope="module")
def baked(model):
    path = model.with_name("b.stsr")
    bake(model, path, device="cpu")
    return path


def both(model, baked, times, variable="a", names=("a", "a")):
    """What the two say on the nodes of the baked one, and the half range of its variable."""
    said, meant = checkpoint.load(baked), checkpoint.load(model)
    domain = said.domain.variable(names[0])
    half = domain.normalization.half_range
    return evaluate(said, domain.grid, times, names[0]), evaluate(meant, domain.grid, times, variable), half


def psnr_of(said, meant, half):
    return decibels(float(np.mean(((said - meant) / half) ** 2)))


def test_steps_are_those_of_the_model_to_a_16_bit_number(model, baked):
    header, own = checkpoint.read_header(baked), checkpoint.read_header(model)
    assert header.kind == "baked"
    assert header.domain.names == ("a", "b")
    assert header.domain[0].times == own.domain[0].full_times
    assert header.domain[0].grid == own.domain[0].full_grid
    for name in "ab":
        said, meant, _ = both(model, baked, header.domain[0].times, name, (name, name))
        # Half a level of 65534, and what float32 makes of it.
        assert np.abs(said - meant).max() <= 1.1 * np.ptp(meant) / 131068


def test_the_error_it_tells_is_that_in_the_middle_of_its_gaps(model, baked):
    header = checkpoint.read_header(baked)
    told = header.history[-1]["baked_of"]["psnr"]
    times = np.asarray(header.domain[0].times)
    middles = (times[1:] + times[:-1]) / 2
    for name in "ab":
        found = psnr_of(*both(model, baked, middles, name, (name, name)))
        assert found == pytest.approx(told[name], abs=0.01)
        assert found > 45
    assert baked_texts(header) == [
        "steps of a model of kind motion, PSNR against it half-way between them: "
        f"a {told['a']:.2f} dB, b {told['b']:.2f} dB"
    ]


def test_a_step_takes_under_three_bytes_per_node(tmp_path):
    field = small_siren()
    checkpoint.save(tmp_path / "m.stsr", header_of(field), field)
    found = bake(tmp_path / "m.stsr", tmp_path / "b.stsr", factor=2, time_factor=2, device="cpu")
    assert found.domain[0].grid.shape == (23, 23, 23)
    assert found.domain[0].times == tuple(np.arange(10, 18.25, 0.5))
    buffers = sum(v.numel() * v.element_size() for v in found.state_dict().values())
    assert buffers / (23**3 * 17) < 2.9  # flow at 12³ of 23³ nodes


def test_what_is_chosen_is_baked(model, tmp_path):
    chosen = [10.0, 11.25, 17.5]
    bake(model, tmp_path / "b.stsr", times=chosen, factor=(1, 2, 3), variables="b", device="cpu")
    domain = checkpoint.read_header(tmp_path / "b.stsr").domain
    assert domain.names == ("b",)
    assert domain[0].times == domain[0].full_times == tuple(chosen)
    assert domain[0].grid.shape == (6, 11, 16)
    said, meant, _ = both(model, tmp_path / "b.stsr", chosen, "b", ("b", "b"))
    assert np.abs(said - meant).max() < 1e-3


def test_a_blend_is_one_variable(model, tmp_path):
    bake(model, tmp_path / "b.stsr", blend="a=0.25, b=0.75", device="cpu")
    said, meant, _ = both(
        model, tmp_path / "b.stsr", [11.0], {"a": 0.25, "b": 0.75}, ("interpolated", "interpolated")
    )
    assert np.abs(said - meant).max() < 1e-3


def test_one_step_has_nothing_between(model, tmp_path):
    bake(model, tmp_path / "b.stsr", times=[12.0], device="cpu")
    header = checkpoint.read_header(tmp_path / "b.stsr")
    assert header.history[-1]["baked_of"]["psnr"] == {"a": None, "b": None}
    assert baked_texts(header) == ["steps of a model of kind motion"]
    said, meant, _ = both(model, tmp_path / "b.stsr", [12.0])
    assert np.abs(said - meant).max() < 1e-3


def test_what_is_missing_stays_missing(tmp_path):
    values = blob_series()["a"].array().copy()
    values[:, :4, :4, :4] = np.nan
    series = VolumeSeries.from_arrays({"a": values})
    fit(series, tmp_path / "m.stsr", field="tricubic_linear", fill="mask", device="cpu", **KEPT)
    bake(tmp_path / "m.stsr", tmp_path / "b.stsr", device="cpu")
    said, meant, half = both(tmp_path / "m.stsr", tmp_path / "b.stsr", [3.0, 3.5])
    assert 0 < np.isnan(meant).mean() < 0.1
    assert np.array_equal(np.isnan(said), np.isnan(meant))
    known = ~np.isnan(meant)
    assert psnr_of(said[known], meant[known], half) > 50


@pytest.mark.parametrize(("factor", "n"), [(None, 12), (1, 6), (3, 18)])
def test_a_circle_stays_closed(tmp_path, factor, n):
    t, x = np.meshgrid(np.arange(5), np.arange(12), indexing="ij")
    wave = np.sin(2 * np.pi * (x - t) / 12)[:, None, None, :] * np.ones((1, 6, 6, 1))
    series = VolumeSeries.from_arrays({"a": wave.astype(np.float32)})
    model, path = tmp_path / "m.stsr", tmp_path / "b.stsr"
    fit(series, model, field="motion", configuration={"periodic": "x"}, device="cpu", **KEPT)
    bake(model, path, factor=factor, device="cpu")
    domain = checkpoint.read_header(path).domain[0]
    assert domain.grid.shape[2] == n
    assert domain.grid.spacing[2] * n == pytest.approx(12)
    # Beyond the last node the wave goes on at the first.
    around = Grid((1, 1, 8), (2, 2, 8.5), (1, 1, 0.5))
    said, meant = (evaluate(checkpoint.load(p), around, [2.0], "a") for p in (path, model))
    assert np.abs(said - meant).max() < (0.15 if factor == 1 else 0.05)


def test_a_flow_at_every_second_node_carries_as_one_at_all():
    frames = torch.rand(2, 9, 9, 9, generator=torch.Generator().manual_seed(0))
    z = torch.arange(9.0).view(1, 1, 9, 1, 1)
    flow = (0.1 * z).expand(1, 3, 9, 9, 9)  # linear, so that nothing is lost between its nodes
    closed = (False, False, False)
    full = MovingFrames(frames, flow, closed)
    half = MovingFrames(frames, flow[..., ::2, ::2, ::2], closed, (2, 2, 2))
    moment = Moment.of(0.3, [0.0, 1.0])
    one, other = (m.ends(moment, m.displacement(moment)) for m in (full, half))
    # Beyond the last node a flow is that of the face, and no line any more.
    torch.testing.assert_close(other.before[:6], one.before[:6], atol=1e-4, rtol=0)
    torch.testing.assert_close(other.after[:6], one.after[:6], atol=1e-4, rtol=0)


def test_stopped_it_writes_nothing(model, tmp_path):
    calls = []

    def stop():
        calls.append(0)
        return len(calls) > 5

    with pytest.raises(Stopped):
        bake(model, tmp_path / "b.stsr", device="cpu", should_stop=stop)
    assert not list(tmp_path.iterdir())


def test_progress_grows_to_the_end(model, tmp_path):
    told = []
    bake(model, tmp_path / "b.stsr", times=[10, 12, 14], device="cpu", on_progress=lambda *t: told.append(t))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    assert [text for _, text in told][-1] == "b: measuring between steps, 2 of 2"


def test_command_line(model, tmp_path, capsys):
    output = tmp_path / "b.stsr"
    assert main(["bake", str(model), "--times", "10:14:3", "--variable", "a", "-o", str(output)]) == 0
    assert "steps of a model of kind motion, PSNR against it half-way" in capsys.readouterr().out
    assert main(["info", str(output)]) == 0
    assert "baked          steps of a model of kind motion, PSNR" in capsys.readouterr().out
    assert main(["upscale", str(output), "--motion", "-o", str(tmp_path / "out.h5")]) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--times", "9"], "a: the steps to bake must lie in the trained range, got: time 9 is outside"),
        (["--times", "11", "11"], "--times must be finite and strictly increasing, got 11 11"),
        (["--time-factor", "0"], "Time Factor must be a finite number > 0, got 0"),
        (["--factor", "-1"], "--factor must be finite and > 0, got -1"),
        (["--variable", "c"], "the model has no variable 'c'; it has a, b"),
        (["--blend", "a=1,c=1"], "'c'"),
        (["--device", "tpu"], "device must be"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(model, tmp_path, capsys, options, words):
    assert main(["bake", str(model), "-o", str(tmp_path / "b.stsr"), *options]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_no_file_is_replaced_unasked(model, baked, capsys):
    before = baked.read_bytes()
    assert main(["bake", str(model), "-o", str(baked)]) == 2
    assert f"{baked} exists" in capsys.readouterr().err
    assert baked.read_bytes() == before
    assert main(["bake", str(model), "-o", str(model), "--overwrite"]) == 2
    assert "needs a file of its own" in capsys.readouterr().err


def test_it_is_made_and_not_fitted():
    with pytest.raises(ValueError, match="got baked, which `stsr bake` makes of a model"):
        fit(blob_series(), field="baked")
