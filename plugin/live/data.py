"""What live views need to know of the data beforehand: arrays, times, ranges, comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from paraview import servermanager, simple

from stsr_core.io.vtk_points import united
from stsr_core.measuring.survey import Survey
from stsr_filters import TransferFunction, transfer_function_of
from stsr_filters.live.look import error_title, error_transfer_function, symmetric_limit
from stsr_filters.rendering.drawn_data import by_title
from stsr_plugin.failure import FilterFailed, check

_SAMPLES_PER_STEP = 200_000  # as many come from the server; the extremes are known without any


@dataclass(frozen=True)
class Series:
    """Checked sources, the ground truth first.

    Parameters
    ----------
    sources : dict of str to proxy
    arrays : dict of str to str
        Point array shown of each.
    times : tuple of float or None
        What ranges are taken over; (None,) where the ground truth has no time.
    """

    sources: dict[str, Any]
    arrays: dict[str, str]
    times: tuple[float | None, ...]

    @classmethod
    def of(
        cls, sources: Mapping[str, Any], array: str | Mapping[str, str], times: Sequence[float] | None
    ) -> Series:
        """Update every source at the first time, and refuse what cannot be shown."""
        for title, source in sources.items():
            if not hasattr(source, "GetDataInformation"):
                raise TypeError(
                    f"sources must be pipeline objects by title, got {type(source).__name__} for {title!r}"
                )
        truth = next(iter(sources.values()))
        truth.UpdatePipelineInformation()
        wanted = tuple(map(float, steps(truth) if times is None else times)) or (None,)
        arrays = by_title(list(sources), array)
        for title, source in sources.items():
            update(source, wanted[0])
            require(source, arrays[title], title)
        return cls(dict(sources), arrays, wanted)

    @property
    def reference(self) -> str:
        """Title of the ground truth."""
        return next(iter(self.sources))

    @property
    def truth(self) -> Any:
        """The ground truth."""
        return self.sources[self.reference]

    @property
    def array(self) -> str:
        """What the ground truth calls the variable."""
        return self.arrays[self.reference]

    @property
    def error(self) -> str:
        """What Compare to GT calls its error."""
        return f"{self.array}_error"


def update(source: Any, time: float | None) -> None:
    """Bring a source to a time; one of this plugin's filters raises if it failed."""
    if source.GetProperty("LastError") is not None:
        check(source, time)
    elif time is None:
        source.UpdatePipeline()
    else:
        source.UpdatePipeline(time)


def compared(series: Series, given: Any) -> dict[str, Any]:
    """Titles of the predictions that are compared, each with the filter given for it, or None."""
    predictions = {t: s for t, s in series.sources.items() if t != series.reference}
    if given is None:
        if not predictions:
            raise ValueError("difference needs a prediction beside the ground truth; say difference=False")
        return dict.fromkeys(predictions)
    found = {}
    for proxy in given if isinstance(given, Sequence) else [given]:
        if not hasattr(proxy, "Prediction") or not hasattr(proxy, "GroundTruth"):
            raise TypeError(f"compare must be Compare to GT filters, got {type(proxy).__name__}")
        titles = [t for t, source in predictions.items() if _same(source, proxy.Prediction)]
        if not titles or not _same(series.truth, proxy.GroundTruth):
            raise ValueError(
                f"compare must compare one of {list(predictions)} with {series.reference!r}, "
                "got one of other inputs"
            )
        found[titles[0]] = proxy
    return found


def new_comparison(series: Series, title: str) -> Any:
    """A Compare to GT filter of one prediction, for every grid and every time."""
    made = simple.ComparetoGT(
        registrationName=error_title(title), Prediction=series.sources[title], GroundTruth=series.truth
    )
    made.PredictionArray, made.TruthArray = series.arrays[title], series.array
    made.Resample, made.TimeMatching = 1, "Nearest step"
    made.Isosurface = "None"  # a measure, which no view shows
    return made


def transfer_functions(
    series: Series,
    comparisons: Mapping[str, Any],
    values: TransferFunction | None,
    error_limit: float | None,
) -> tuple[TransferFunction, TransferFunction | None]:
    """Of the values and of the errors, over all times; what is given is not looked for."""
    truth, found = Survey(len(series.times), _SAMPLES_PER_STEP * len(series.times)), Survey()
    for time in series.times:
        if values is None:
            update(series.truth, time)
            truth.add(sample(series.truth, series.array))
            widen(truth, series.truth, series.array)
        for title, compare in comparisons.items():
            if error_limit is None or time == series.times[0]:
                try:
                    update(compare, time)
                except FilterFailed as error:
                    raise FilterFailed(f"{error_title(title)}: {error}") from None
                require(compare, series.error, error_title(title))
                widen(found, compare, series.error)
    if values is None:
        values = transfer_function_of(truth.sample(), name=series.array)
    if not comparisons:
        return values, None
    limit = symmetric_limit(found.extremes, values) if error_limit is None else error_limit
    return values, error_transfer_function(limit, name=series.error)


def shown_error(series: Series, title: str, compare: Any) -> Any:
    """The error with 0, which is clear, where nothing was compared: NaN in a volume draws anything."""
    return simple.Calculator(
        registrationName=f"shown {error_title(title)}",
        Input=compare,
        Function=f'"{series.error}"',
        ResultArrayName=series.error,
        ResultArrayType="Float",
        ReplaceInvalidResults=1,
        ReplacementValue=0.0,
    )


def enter_time_range(series: Series) -> None:
    """Bring the animation to the first of the times, if it stands where there are no data."""
    scene = simple.GetAnimationScene()
    first, last = series.times[0], series.times[-1]
    if first is not None and last is not None and not first <= scene.AnimationTime <= last:
        scene.AnimationTime = first


def steps(source: Any) -> np.ndarray:
    """Its time steps; if it does not list them, those of the animation within its range; none if static."""
    if hasattr(source, "TimestepValues"):
        return _numbers(source.TimestepValues)
    source.UpdatePipeline()
    information = source.GetDataInformation().DataInformation
    if not information.GetNumberOfTimeSteps():
        return np.array([])
    first, last = information.GetTimeRange()
    listed = _numbers(simple.GetTimeKeeper().TimestepValues)
    return listed[(listed >= first) & (listed <= last)]


def _numbers(listed: Any) -> np.ndarray:
    """A property's values, which ParaView gives as None, as one number, or as a list of them."""
    return np.atleast_1d([] if listed is None else listed)


def require(source: Any, array: str, title: str) -> None:
    """Raise ValueError unless a source is a volume of image data with such an array of one component."""
    kind = source.GetDataInformation().GetDataClassName()
    if kind != "vtkImageData":
        raise ValueError(f"{title}: the data must be image data (a uniform grid), got {kind or 'nothing'}")
    extent = source.GetDataInformation().GetExtent()
    nodes = [extent[2 * i + 1] - extent[2 * i] + 1 for i in range(3)]
    if min(nodes) < 2:
        raise ValueError(f"{title}: the data must have at least 2 nodes on each axis, got {nodes}")
    if source.PointData.GetArray(array) is None:
        raise ValueError(
            f"{title}: array must name a point array, which are {source.PointData.keys()}, got {array!r}"
        )
    components = source.PointData[array].GetNumberOfComponents()
    if components != 1:
        raise ValueError(f"{title}: array {array!r} must have one component, got {components}")


def _same(source: Any, given: Any) -> bool:
    """Whether both are the same port of the same pipeline object."""
    return source.SMProxy is given.SMProxy and source.Port == given.Port


def widen(survey: Survey, source: Any, array: str) -> None:
    """Take in least and greatest value as the server knows them; nothing where no value is a number."""
    low, high = source.PointData[array].GetRange()
    if -math.inf < low <= high < math.inf:
        survey.widen(low, high)


def sample(source: Any, array: str) -> np.ndarray:
    """Finite values of valid points, thinned out where they are stored, on every axis alike."""
    information = source.GetDataInformation()
    every = max(1, math.ceil((information.GetNumberOfPoints() / _SAMPLES_PER_STEP) ** (1 / 3)))
    if every > 1:
        time = information.DataInformation.GetTime()
        rates = {f"SampleRate{axis}": every for axis in "IJK"}
        source = servermanager.filters.ExtractSubset(Input=source, VOI=information.GetExtent(), **rates)
        source.UpdatePipeline(time)
    # The parts of several ranks share nodes, which must count once.
    whole = united(list(simple.FetchData(source, GatherOnAllRanks=1).values()), array)
    return whole[np.isfinite(whole)]
