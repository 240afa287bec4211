"""Views side by side over time: a GIF or numbered pictures, with one range and one camera for all times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData

from stsr_core.measuring.survey import Survey
from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.rendering.drawn_data import by_title, point_values
from stsr_filters.rendering.side_by_side import save_png, side_by_side
from stsr_filters.rendering.transfer_function import TransferFunction

#: One step: its time, None where it has none; images by title, or a function that makes them when needed.
Frame = tuple[float | None, Mapping[str, vtkImageData] | Callable[[], Mapping[str, vtkImageData]]]


def images_of(frame: Frame) -> Mapping[str, vtkImageData]:
    """Images by title of one step."""
    return frame[1]() if callable(frame[1]) else frame[1]


def side_by_side_animation(
    frames: Iterable[Frame],
    array: str | Mapping[str, str],
    path: str | Path,
    *,
    transfer_function: TransferFunction | None = None,
    camera: Camera | None = None,
    title: str = "",
    time_unit: str = "",
    frames_per_second: float = 10.0,
    **options: Any,
) -> list[Path]:
    """One :func:`side_by_side` per time, with one transfer function and one camera for all of them.

    Without a transfer function the frames are walked twice, first to see the ground truth's values at all
    times; they must then be a sequence, not a generator. Frames given as functions are in memory one at a
    time.

    Parameters
    ----------
    frames : iterable of (time, images)
        Images as for :func:`side_by_side`, or a function without arguments that returns them.
    array : str or mapping of str to str
        As for :func:`side_by_side`.
    path : str or Path
        ``name.gif`` writes an animated GIF (256 colours); ``name.png`` writes ``name_0000.png``,
        ``name_0001.png``, …, from which any tool makes a film.
    transfer_function : TransferFunction, optional
        By default from the ground truth's values at all times.
    camera : Camera, optional
    title : str
        Above all views, before the time.
    time_unit : str
        After the time.
    frames_per_second : float
        Above 0 and at most 50, which is as fast as a GIF can go.
    **options
        Every other keyword of :func:`side_by_side`.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ValueError
        No frame, another file suffix, or a generator without a transfer function.
    """
    path = Path(path)
    if path.suffix.lower() not in (".gif", ".png"):
        raise ValueError(f"path must end in .gif or .png, got {path.name!r}")
    if not 0 < frames_per_second <= 50:
        raise ValueError(f"frames_per_second must lie in (0, 50], got {frames_per_second}")
    if transfer_function is None and options.get("isovalue") is None:
        if not isinstance(frames, Sequence):
            raise ValueError("frames must be a sequence, or transfer_function must be given, got a generator")
        transfer_function = _over_time(frames, array)
    pictures: list[np.ndarray] = []
    written: list[Path] = []
    for i, frame in enumerate(frames):
        views = side_by_side(
            images_of(frame),
            array,
            transfer_function=transfer_function,
            camera=camera,
            title=title if frame[0] is None else f"{title}   t = {frame[0]:.4g} {time_unit}".strip(),
            **options,
        )
        camera, transfer_function = views.camera, views.transfer_function
        if path.suffix.lower() == ".png":
            written.append(path.with_name(f"{path.stem}_{i:04d}{path.suffix}"))
            save_png(views.picture, written[-1])
        else:
            pictures.append(views.picture)
    if pictures:
        _save_gif(pictures, path, frames_per_second)
        written.append(path)
    if not written:
        raise ValueError("frames must hold at least one frame, got none")
    return written


def _save_gif(pictures: Sequence[np.ndarray], path: Path, frames_per_second: float) -> None:
    """With one palette for all frames, or else colours would flicker; it keeps rare colours too."""
    from PIL import Image

    some = np.concatenate(pictures[:: max(1, len(pictures) // 4)])
    palette = Image.fromarray(some).quantize(256, method=Image.Quantize.MAXCOVERAGE)
    first, *rest = [Image.fromarray(p).quantize(palette=palette) for p in pictures]
    first.save(path, save_all=True, append_images=rest, duration=round(1000 / frames_per_second), loop=0)


def _over_time(frames: Sequence[Frame], array: str | Mapping[str, str]) -> TransferFunction:
    """From the ground truth's values at all times."""
    if not frames:
        raise ValueError("frames must hold at least one frame, got none")
    survey = Survey(len(frames))
    for frame in frames:
        reference, truth = next(iter(images_of(frame).items()))
        name = by_title([reference], array)[reference]
        values, missing = point_values(truth, name)
        survey.add(values[~missing])
    return transfer_function_of(survey.sample(), name=name)
