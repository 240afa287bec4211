"""The session under every trainer, on a clock of its own: when it saves, reports, stops and ends."""

import math

import pytest
import torch

from stsr_core.training.session import Session, decibels


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Run:
    """A session whose steps take a second each; lists when it saved and what it reported."""

    def __init__(self, seconds_per_step=1.0, stop_at=None, **budget) -> None:
        self.clock = Clock()
        self.saved, self.reports = [], []
        self.seconds_per_step = seconds_per_step
        self.session = Session(
            {"data": {"fill": None}},
            seed=7,
            save=lambda snapshot: self.saved.append((self.clock.now - 1000, snapshot)),
            on_progress=self.reports.append,
            should_stop=None if stop_at is None else lambda: self.session.step >= stop_at,
            clock=self.clock,
            **budget,
        )
        self.fractions = []

    def to_the_end(self, steps_per_epoch=10):
        for fraction in self.session.steps(steps_per_epoch, lambda: {"at": torch.tensor(self.session.step)}):
            self.fractions.append(fraction)
            self.clock.now += self.seconds_per_step
            self.session.record(torch.tensor(0.04), 500)
        return self


def test_the_first_checkpoint_falls_due_after_two_seconds_then_one_every_five():
    run = Run(epochs=1.5).to_the_end()
    assert [at for at, _ in run.saved] == [2, 7, 12, 15]
    for (_, snapshot), step in zip(run.saved, (2, 7, 12), strict=False):
        assert snapshot.unfinished["step"] == step
        assert snapshot.state["at"] == step, "the state is that of the very step"
        assert snapshot.history["epochs"] == step / 10
    last = run.saved[-1][1]
    assert last.unfinished is None
    assert last.state is None
    assert last.history["seconds"] == 15


def test_saving_that_takes_long_is_done_less_often():
    run = Run(epochs=15)
    save = run.session._save

    def slowly(snapshot):
        save(snapshot)
        run.clock.now += 1.0

    run.session._save = slowly
    run.to_the_end()
    assert [at for at, _ in run.saved] == [2, 53, 104, 153], "a second of saving, fifty of learning"


def test_steps_that_take_longer_are_saved_when_they_are_done():
    run = Run(seconds_per_step=3, epochs=1).to_the_end()
    assert [at for at, _ in run.saved] == [3, 9, 15, 21, 27, 30]


def test_epochs_or_minutes_end_a_run_whichever_is_further():
    assert Run(epochs=3).to_the_end().session.step == 30
    assert Run(minutes=0.5).to_the_end().session.step == 30
    both = Run(epochs=3, minutes=0.25).to_the_end()
    assert both.session.step == 15
    assert both.fractions == pytest.approx([i / 15 for i in range(15)])
    with pytest.raises(ValueError, match="needs minutes or epochs, got neither"):
        Run()


def test_a_report_comes_once_a_second_and_at_the_end():
    run = Run(seconds_per_step=0.25, epochs=1).to_the_end()
    assert [p.elapsed_seconds for p in run.reports] == [1.0, 2.0, 2.5]
    first, _, last = run.reports
    assert first.samples_per_second == 2000
    assert (first.fraction, first.epoch, last.fraction, last.epoch) == (0.4, 0, 1.0, 1)
    assert first.eta_seconds == pytest.approx(1.5)
    assert last.eta_seconds == 0
    assert first.loss == pytest.approx(0.04)
    assert first.psnr == pytest.approx(20)


def test_a_stopped_run_is_saved_with_its_state_and_goes_on_where_it_stood():
    run = Run(epochs=3, stop_at=12).to_the_end()
    (_, snapshot), *none_after = run.saved[::-1]
    assert [s.unfinished["step"] for _, s in none_after] == [12, 7, 2]
    assert snapshot.unfinished == {"data": {"fill": None}, "seed": 7, "step": 12, "elapsed_seconds": 12.0}
    later = Run(
        epochs=3,
        step=snapshot.unfinished["step"],
        elapsed_seconds=snapshot.unfinished["elapsed_seconds"],
        state=snapshot.state,
    )
    assert later.session.state["at"] == 12
    later.to_the_end()
    assert later.fractions == pytest.approx([i / 30 for i in range(12, 30)])
    assert [at for at, _ in later.saved] == [2, 7, 12, 17, 18], "counted from when it went on"
    assert later.saved[-1][1].history["seconds"] == 30


def test_a_run_stopped_at_its_very_end_is_finished():
    run = Run(epochs=1, stop_at=10).to_the_end()
    assert run.saved[-1][1].unfinished is None


def test_what_fails_in_a_step_saves_nothing_more():
    run = Run(epochs=1)
    with pytest.raises(FloatingPointError):
        for _ in run.session.steps(10, dict):
            raise FloatingPointError
    assert run.saved == []


def test_decibels():
    assert decibels(0.04) == pytest.approx(20)
    assert decibels(0.0) == math.inf


def test_steps_count_from_the_first_one_after_the_stages_also_when_resumed():
    run = Run(minutes=1)
    with run.session.stage("something before"):
        run.clock.now += 20
    run.to_the_end()
    assert run.fractions[:2] == pytest.approx([0, 1 / 40])
    assert run.session.elapsed_seconds == 60
    half_way = run.saved[0][1].unfinished
    again = Run(minutes=1, step=10, elapsed_seconds=30.0)
    again.session.settings["staged"] = half_way["staged"]
    assert again.to_the_end().fractions[0] == pytest.approx(0.25)
