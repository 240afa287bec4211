"""A series or a model → a database of images: views × times × variables, one after another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np

from stsr_core.imagecodec.cinema import INDEX, ImageDatabase
from stsr_core.imagecodec.images import Record
from stsr_core.imagecodec.views import views_of
from stsr_core.imagecodec.writing import write
from stsr_core.interrupts import Stopped
from stsr_core.measuring.survey import Survey
from stsr_core.series import VolumeSeries
from stsr_filters.images.appearance import Appearance, Look
from stsr_filters.images.setting import Setting
from stsr_filters.images.steps import ModelSteps, SeriesSteps, Steps, image_of_step
from stsr_filters.rendering.off_screen import OffScreen
from stsr_filters.rendering.render import WHITE

#: Colours and isovalues are taken from so many steps of a variable.
_STEPS_SURVEYED = 16
_NOTHING = "stopped before the first image; nothing was written"

#: Called with the number of images that are there, the number that is wanted, and what is being done.
Report = Callable[[int, int, str], None]


def render_database(
    source: VolumeSeries | str | os.PathLike[str] | Steps,
    path: str | os.PathLike[str],
    *,
    views: str | np.ndarray = "92",
    times: Sequence[float] | None = None,
    variables: Sequence[str] = (),
    size: Sequence[int] | None = None,
    look: Look | None = None,
    device: str = "auto",
    overwrite: bool = False,
    resume: bool = False,
    made_by: dict | None = None,
    on_progress: Report | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ImageDatabase:
    """Render a time-varying volume from many sides into a Cinema database.

    All pictures have one camera distance, from which the sphere around all volumes is seen, the same lights
    and a white background; each variable has one transfer function or isovalue for all times. All of it is
    stored in the database.

    Parameters
    ----------
    source : VolumeSeries, path or Steps
        A series, a model file (``.stsr``), or any steps.
    path : path
        Ends in ``.cdb``.
    views : str or ndarray
        "92" or any 10·f² + 2 for a geodesic sphere, "6x12" for circles of latitude, or views (V, 2) in
        degrees; see :mod:`stsr_core.imagecodec.views`.
    times : sequence of float, optional
        Of a series some of its own, of a model any; all of them by default.
    variables : sequence of str
        () for all.
    size : (width, height), optional
        Pixels; 256 x 256 by default, or what the database has.
    look : Look, optional
        How they are drawn.
    device : str
        That decodes a model: "auto", "cpu", "cuda", "cuda:N" or "mps".
    overwrite : bool
        Replace an existing database.
    resume : bool
        Add to an existing database what it lacks of what is asked for.
    made_by : dict, optional
        The command, stored in the database.
    on_progress : callable, optional
        Called after every image, and more often while a step is decoded.
    should_stop : callable
        Asked before every image; what is there by then is a database that can be resumed.

    Returns
    -------
    ImageDatabase
        What is there.

    Raises
    ------
    FileExistsError
        If the database exists and neither ``overwrite`` nor ``resume`` is set.
    ValueError
        If what is asked for is impossible, or an existing database was rendered otherwise.
    OSError
        If the disk is full, or there is neither a display nor a VTK that draws without one.
    Stopped
        If it was stopped before the first image.

    Warns
    -----
    OutsideTrainedRange
        If times lie outside the range that a model was trained on.
    """
    folder = Path(path)
    look = look or Look()
    known = _known(folder, overwrite, resume)
    steps = _steps(source, times, variables, device)
    names = [name for name in steps.names if not variables or name in variables]
    view_table = views_of(views) if isinstance(views, str) else np.asarray(views, dtype=np.float64)
    wanted = _wanted(steps, names, look, view_table)
    setting = Setting.of(steps, names, size, known)
    there = {record.key for record in known.records} if known else set()
    work = _Work(steps, setting, [w for w in wanted if w[0].key not in there], on_progress, should_stop)
    try:
        appearances = {
            shown: setting.appearance(shown, style, look)
            or look.of(array, style, work.surveyed(array), steps.unit(array))
            for array in names
            for shown, style in look.shown(array).items()
        }
    except Stopped:
        raise Stopped(_NOTHING) from None
    for shown, appearance in appearances.items():
        setting.require_alike(shown, appearance)
    description = setting.description(steps, appearances, made_by)
    if known is not None and not work.missing:
        return known
    with _beside(folder, replaces=folder.exists() and known is None) as place:
        try:
            write(place, work.images(appearances), description=description)
        except ValueError:
            if work.stopped:
                raise Stopped(_NOTHING) from None
            raise
    return ImageDatabase.open(folder)


def _known(folder: Path, overwrite: bool, resume: bool) -> ImageDatabase | None:
    """What is there and stays."""
    if not folder.exists():
        return None
    if resume:
        return ImageDatabase.open(folder)
    if not overwrite:
        raise FileExistsError(f"{folder} exists; choose another database, go on with it, or overwrite it")
    if not (folder / INDEX).is_file():  # never remove a folder of somebody's
        raise FileExistsError(f"{folder} exists and is no Cinema database; choose another one")
    return None


def _window(size: tuple[int, int]) -> OffScreen:
    try:
        return OffScreen(size, WHITE)
    except RuntimeError as error:  # no display: a fact of the machine, to be told in its sentence
        raise OSError(str(error)) from None


@contextmanager
def _beside(folder: Path, replaces: bool) -> Iterator[Path]:
    """Where to write: the folder itself, or one beside it that takes its place if nothing went wrong."""
    if not replaces:
        yield folder
        return
    new, old = (folder.with_name(f".{folder.stem}.{os.getpid()}.{what}.cdb") for what in ("new", "old"))
    try:
        yield new
        os.replace(folder, old)
        os.replace(new, folder)
        shutil.rmtree(old)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _steps(
    source: VolumeSeries | str | os.PathLike[str] | Steps,
    times: Sequence[float] | None,
    variables: Sequence[str],
    device: str,
) -> Steps:
    if isinstance(source, VolumeSeries):
        return SeriesSteps(source.select(variables) if variables else source, times)
    if not isinstance(source, str | os.PathLike):
        return source
    return ModelSteps.open(os.fspath(source), variables=variables, times=times, device=device)


def _wanted(steps: Steps, names: Sequence[str], look: Look, views: np.ndarray) -> list[tuple[Record, str]]:
    """Every image and the array that it shows: all of a time before the next, all of an array together."""
    times = sorted({time for name in names for time in steps.times(name)})
    return [
        (Record(time, float(theta), float(phi), shown), name)
        for time in times
        for name in names
        if time in steps.times(name)
        for shown in look.shown(name)
        for theta, phi in views
    ]


@dataclass
class _Work:
    """The images that are still to be made."""

    steps: Steps
    setting: Setting
    missing: list[tuple[Record, str]]
    on_progress: Report | None
    should_stop: Callable[[], bool]
    done: int = 0
    stopped: bool = False
    _surveys: dict[str, np.ndarray] = field(default_factory=dict)

    def report(self, text: str) -> None:
        if self.on_progress is not None:
            self.on_progress(self.done, len(self.missing), text)

    def values(self, array: str, time: float, what: str) -> np.ndarray:
        """One step, reported as it comes."""
        return self.steps.values(
            array, time, lambda fraction, text: self.report(f"{what}: {text}"), self.should_stop
        )

    def surveyed(self, array: str) -> np.ndarray:
        """Values of steps from the first to the last; both styles of an array look at them once."""
        if array not in self._surveys:
            self._surveys[array] = self._survey(array)
        return self._surveys[array]

    def _survey(self, array: str) -> np.ndarray:
        times = self.steps.times(array)
        some = np.unique(np.linspace(0, len(times) - 1, _STEPS_SURVEYED).round().astype(int))
        survey = Survey(len(some))
        for i, k in enumerate(some):
            text = f"looking at {array}, step {i + 1} of {len(some)}"
            self.report(text)
            if self.should_stop():
                raise Stopped
            survey.add(self.values(array, times[k], text))
        return survey.sample()

    def images(self, appearances: dict[str, Appearance]) -> Iterator[tuple[Record, np.ndarray]]:
        """Each with its record, until all are there or it is stopped."""
        orbit, bounds = self.setting.orbit, self.setting.bounds
        with _window(self.setting.size) as window:
            for (time, array), group in groupby(self.missing, lambda wanted: (wanted[0].time, wanted[1])):
                try:
                    values = self.values(array, time, f"time {time:g}")
                except Stopped:
                    self.stopped = True
                    return
                image = image_of_step(self.steps, array, values)
                drawn = ""
                for record, _ in group:
                    if self.should_stop():
                        self.stopped = True
                        return
                    if record.variable != drawn:
                        window.show([appearances[record.variable].prop(image)])
                        drawn = record.variable
                    picture = window.picture(orbit.camera((record.theta, record.phi)), bounds)
                    yield record, picture
                    self.done += 1
                    self.report(f"{drawn}, time {time:g}")
