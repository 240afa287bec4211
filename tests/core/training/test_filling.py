"""A motion without a network: it tells how far it is, and what was stopped is whole, usable and resumable."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from models import blob_series

from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.training import fit, resume, session

KEPT = {"spatial_factor": 2, "temporal_gap": 1, "device": "cpu"}
NAMES = ("a", "b")


def asked_until(last):
    """What lets a run go on for so many questions."""
    questions = itertools.count()
    return lambda: next(questions) >= last


def questions_of(kind):
    """How often a whole run asks whether to stop."""
    asked = []
    fit(blob_series(NAMES), field=kind, should_stop=lambda: asked.append(0) or False, **KEPT)
    return len(asked)


@pytest.fixture(scope="module")
def whole():
    return fit(blob_series(NAMES), field="motion", **KEPT)


def test_it_tells_what_it_does_how_far_it_is_and_how_long_it_will_be(monkeypatch):
    monkeypatch.setattr(session, "REPORT_SECONDS", 0.0)
    told = []
    fit(blob_series(NAMES), field="motion", on_progress=told.append, **KEPT)
    fractions = [p.fraction for p in told]
    assert fractions == sorted(fractions) and fractions[0] == 0 and 0.6 <= fractions[-1] < 1
    stages = [name for name, _ in itertools.groupby(p.stage for p in told)]
    assert stages[:3] == ["taking the samples", "asking what moves together", "following what moves"]
    assert stages[-1] == "weighing motion against splines"
    late = [p for p in told if p.fraction > 0]
    for p in late:
        assert p.eta_seconds == pytest.approx(p.elapsed_seconds * (1 / p.fraction - 1))


@pytest.mark.parametrize("part", [0.0, 0.2, 0.5, 0.8])
def test_stopped_anywhere_it_is_usable_and_resumed_it_is_whole(part, whole, tmp_path):
    series, path = blob_series(NAMES), tmp_path / "m.stsr"
    asked = int(part * questions_of("motion"))
    stopped = fit(series, path, field="motion", should_stop=asked_until(asked), **KEPT)
    assert checkpoint.read_header(path).training is not None
    again = checkpoint.load(path)
    a = series["a"]
    found = evaluate(again, a.grid, a.times, "a", device="cpu")
    np.testing.assert_allclose(found[::2, ::2, ::2, ::2], a.array()[::2, ::2, ::2, ::2], atol=1e-5)
    assert torch.equal(again.weights, stopped.weights)
    # No motion is shown of which nobody knows yet what it is worth.
    assert stopped.weights[1].tolist() == [1, 0, 0, 0]
    finished = resume(path, series, device="cpu")
    assert checkpoint.read_header(path).training is None
    assert checkpoint.read_header(path).history[-1]["data"]["temporal_gap"] == 1
    for (name, expected), value in zip(
        whole.state_dict().items(), finished.state_dict().values(), strict=True
    ):
        assert torch.equal(expected, value), name


def test_a_variable_that_was_weighed_before_the_stop_keeps_its_motion(whole, monkeypatch):
    monkeypatch.setattr(session, "REPORT_SECONDS", 0.0)
    told = [0.0]
    stopped = fit(
        blob_series(NAMES),
        field="motion",
        configuration={"share": "never"},
        on_progress=lambda p: told.append(p.fraction),
        should_stop=lambda: told[-1] > 0.5,
        **KEPT,
    )
    assert stopped.weights[0].tolist() == pytest.approx(whole.weights[0].tolist(), abs=1e-3)
    assert stopped.weights[1].tolist() == [1, 0, 0, 0]
    assert stopped.errors[0].isfinite().all()


def test_an_interpolation_is_there_before_it_could_be_stopped(tmp_path):
    path = tmp_path / "m.stsr"
    fit(blob_series(), path, field="cubic", should_stop=lambda: True, **KEPT)
    header = checkpoint.read_header(path)
    assert header.training is None
    assert header.history[-1]["data"]["spatial_factor"] == 2
