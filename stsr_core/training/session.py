"""The session of a training run: clock, budget, reports, checkpoints, stopping and where to resume.

What a method of training does in a step stands in its own module; what happens between two steps stands here.
A session knows nothing of fields: whatever is learned, it is told how to save it.
"""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch

#: What says where a run stands, beside its settings.
_WHERE = ("seed", "step", "elapsed_seconds")

#: Seconds between two reports (each costs one host–device synchronisation).
REPORT_SECONDS = 1.0
#: Seconds until the first checkpoint of an unfinished run, and at least between two later ones.
FIRST_SAVE_SECONDS = 2.0
SAVE_SECONDS = 5.0
#: Largest share of the time that saving may take.
SAVE_SHARE = 0.02

State: TypeAlias = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Progress:
    """What ``on_progress`` receives about once a second.

    ``loss`` is the mean squared error (normalised) since the last report and ``psnr`` the same in dB with
    the data range 2: the fit of the kept samples, with training noise, not of unseen ones. Both are NaN in a
    ``stage`` before the training proper, which it names.
    """

    fraction: float
    epoch: int
    loss: float
    psnr: float
    samples_per_second: float
    elapsed_seconds: float
    eta_seconds: float
    stage: str = ""


@dataclass(frozen=True)
class Snapshot:
    """What a checkpoint is made of besides the weights.

    Parameters
    ----------
    history : dict
        What the run was: its settings, seed, epochs, seconds, PSNR and machine; plain JSON values.
    unfinished : dict or None
        What :meth:`Session.resumed` needs, None of a finished run.
    state : dict of Tensor or None
        Of optimizers and random numbers, None of a finished run.
    """

    history: dict[str, Any]
    unfinished: dict[str, Any] | None
    state: State | None


class Session:
    """One run, from its start or its last checkpoint until its epochs or minutes are over or it is stopped.

    ::

        for progress in session.steps(steps_per_epoch, state):
            …                                   # one step of training
            session.record(error, n_samples)

    Parameters
    ----------
    settings : mapping
        What the run is, plain JSON values; they travel with the model.
    seed : int
    epochs, minutes : float, optional
        Length of the run, whichever ends first; one of them at least.
    step, elapsed_seconds : int, float
        Where it stands.
    state : dict of Tensor, optional
        Of the run to be resumed; dropped once the steps begin.
    save : callable, optional
        Writes a checkpoint of a :class:`Snapshot`: after two seconds, then every five, or less often where
        that would take more than :data:`SAVE_SHARE` of the time; and at the end.
    on_progress, should_stop : callable, optional
        Told about once a second; asked after every step.
    clock : callable
        Seconds from any origin.

    Raises
    ------
    ValueError
        If it would never end.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        seed: int,
        epochs: float | None = None,
        minutes: float | None = None,
        step: int = 0,
        elapsed_seconds: float = 0.0,
        state: State | None = None,
        save: Callable[[Snapshot], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if epochs is None and minutes is None:
            raise ValueError("a recipe needs minutes or epochs, got neither")
        self.settings = dict(settings)
        self.seed = seed
        self.step = step
        self.elapsed_seconds = elapsed_seconds
        self.state = state
        self._epochs, self._minutes = epochs, minutes
        self._save, self._on_progress, self._should_stop = save, on_progress, should_stop
        self._clock = clock
        self.on_finish: Callable[[], None] = lambda: None  # called before the checkpoint of a finished run
        self.stopped = False  # whether anyone who asked was told to stop
        self._finished = False
        self._steps_per_epoch = math.inf
        self._psnr = math.nan
        # Since the last report:
        self._error: Any = 0.0
        self._n_steps, self._n_samples, self._reported = 0, 0.0, 0.0

    @property
    def fraction(self) -> float:
        """How much is done, in [0, 1]: of the epochs or of the minutes, whichever is further."""
        if self._finished:
            return 1.0
        parts = [0.0]
        if self._epochs:
            parts.append(self.step / (self._epochs * self._steps_per_epoch))
        if self._minutes:
            parts.append(self.elapsed_seconds / (60 * self._minutes))
        return min(1.0, max(parts))

    def steps(self, steps_per_epoch: float, state: Callable[[], State]) -> Iterator[float]:
        """The fraction done before each step to come; what is due between two of them is done here.

        It counts from the first step: warm-up and latent noise, which go by it, belong to the network alone.

        Parameters
        ----------
        steps_per_epoch : float
        state : callable
            What a resumed run needs besides the weights, as it is when called.
        """
        self.state = None
        self._steps_per_epoch = steps_per_epoch
        self._reported = now = self._clock()
        started, save_due = now - self.elapsed_seconds, now + FIRST_SAVE_SECONDS
        if self.step == 0 and self.fraction > 0:
            self.settings["staged"] = self.fraction  # share of the run that its stages took
        staged = self.settings.get("staged", 0.0)
        stopped = False
        while not stopped and (fraction := self.fraction) < 1:
            yield (fraction - staged) / (1 - staged)
            self.step += 1
            now = self._clock()
            self.elapsed_seconds = now - started
            if now - self._reported >= REPORT_SECONDS:
                self._report(now)
            if now >= save_due and self.fraction < 1:
                self._write(state)
                saved = self._clock()
                save_due = saved + max(SAVE_SECONDS, (saved - now) / SAVE_SHARE)
            stopped = self.stop_wanted()
        if self._n_steps:
            self._report(now)
        self._write(state)

    @contextmanager
    def stage(self, name: str, share: float = 0.0) -> Iterator[Callable[..., None]]:
        """Work before the first step, or all there is: its time counts.

        Parameters
        ----------
        name : str
            What is done, in words.
        share : float
            The part of the run that it is; 0 where the run's length says nothing of it.

        Yields
        ------
        callable
            Takes the fraction of the stage that is done, and other words than ``name`` where they are given.
        """
        started, reported = self._clock() - self.elapsed_seconds, -math.inf

        def tell(part: float, doing: str = name) -> None:
            nonlocal reported
            now = self._clock()
            self.elapsed_seconds = now - started
            if self._on_progress is not None and now - reported >= REPORT_SECONDS:
                reported = now
                fraction, text = self.fraction + share * part, doing if share else f"{doing} {part:.0%}"
                left = 60 * self._minutes - self.elapsed_seconds if self._minutes else math.nan
                if share and fraction:
                    left = self.elapsed_seconds * (1 - fraction) / fraction
                told = (fraction, 0, math.nan, math.nan, 0.0, self.elapsed_seconds, left)
                self._on_progress(Progress(*told, text))

        tell(0.0)
        yield tell
        self.elapsed_seconds = self._clock() - started

    def stop_wanted(self) -> bool:
        """Whether the user has asked to stop; once asked, it stays so."""
        self.stopped = self.stopped or (self._should_stop is not None and self._should_stop())
        return self.stopped

    def checkpoint(self) -> None:
        """Save what there is before the first step; a resumed run begins with it anew."""
        self._write(dict)

    def finish(self) -> None:
        """Save the run as finished: there is nothing more to learn."""
        self._finished = True
        self._write(dict)

    def record(self, error: torch.Tensor, n_samples: float) -> None:
        """The mean squared error of the step (values normalised to [−1, 1]), and how many samples it saw."""
        self._error = self._error + error.detach()
        self._n_steps += 1
        self._n_samples += n_samples

    def _report(self, now: float) -> None:
        loss = float(self._error) / self._n_steps  # host–device synchronisation
        self._psnr = decibels(loss)
        if self._on_progress is not None:
            fraction = self.fraction
            self._on_progress(
                Progress(
                    fraction,
                    int(self.step // self._steps_per_epoch),
                    loss,
                    self._psnr,
                    self._n_samples / max(now - self._reported, 1e-9),
                    self.elapsed_seconds,
                    self.elapsed_seconds * (1 - fraction) / max(fraction, 1e-9),
                )
            )
        self._error, self._n_steps, self._n_samples, self._reported = 0.0, 0, 0.0, now

    def _write(self, state: Callable[[], State]) -> None:
        if self.fraction >= 1:
            self.on_finish()
        if self._save is None:
            return
        history = {
            **self.settings,
            "seed": self.seed,
            "epochs": self.step / self._steps_per_epoch,
            "seconds": self.elapsed_seconds,
            **({} if math.isnan(self._psnr) else {"training_psnr": self._psnr}),
            "machine": platform.machine(),
            "torch": torch.__version__,
        }
        if self.fraction >= 1:
            self._save(Snapshot(history, None, None))
            return
        where = {key: getattr(self, key) for key in _WHERE}
        self._save(Snapshot(history, {**self.settings, **where}, state()))


def taken_up(unfinished: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of a run, and where it stands, of what a :class:`Snapshot` says of an unfinished one."""
    settings = {key: value for key, value in unfinished.items() if key not in _WHERE}
    return settings, {key: unfinished[key] for key in _WHERE}


def decibels(mean_squared_error: float) -> float:
    """PSNR in dB for values normalised to [−1, 1]: 20·log10(2) − 10·log10(MSE).

    Examples
    --------
    >>> round(decibels(0.04), 6)
    20.0
    """
    if mean_squared_error == 0:
        return math.inf
    return 20 * math.log10(2) - 10 * math.log10(mean_squared_error)
