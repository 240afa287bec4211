"""TIFF files of microscopes: ImageJ hyperstacks, OME-TIFF, and one stack per time (t000.tif, t001.tif, …)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.axes import check_same_grid, choose_times, selected
from stsr_core.io.paths import numbers_of, stem_of
from stsr_core.io.tiff_metadata import Said, said_by, tiff_package
from stsr_core.series import Variable, VolumeSeries


@dataclass(frozen=True)
class _Stack:
    """One file, described without its values."""

    path: Path
    axes: str  # letters of TZCYX, the slowest first; always ends in YX
    shape: tuple[int, ...]
    stored: np.dtype  # with the byte order of the file
    offset: int | None  # of the values, where they lie in one piece without compression
    said: Said

    def count(self, axis: str) -> int:
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1

    @property
    def dtype(self) -> np.dtype:
        """Truth values are held as uint8."""
        return np.dtype(np.uint8) if self.stored.kind == "b" else self.stored.newbyteorder("=")


def open_tiff(
    files: Sequence[Path],
    variables: Sequence[str] | None = None,
    axes: str | None = None,
    times: Sequence[float] | np.ndarray | None = None,
    spacing: Sequence[float] | None = None,
    time_step: float | None = None,
) -> VolumeSeries:
    """A lazy series over one TIFF file, or over files of one time each that a number in their names counts.

    Each channel is a variable. Spacing, units and times are those of OME-XML or ImageJ; a file without them
    has the spacing and the time step 1. Of numbered files the time is the number times the time step. Axes
    that no metadata name are slices, or times and slices where there are two.

    Parameters
    ----------
    axes : str, optional
        Letters of T, Z, C, Y, X, the slowest first, ending in YX; in place of those of the file.
    spacing : (z, y, x), optional
        What the file does not say.
    time_step : float, optional
        > 0: what the file does not say.

    Raises
    ------
    ImportError
        If tifffile is missing.
    ValueError
        If a file is no TIFF, a colour picture or a single frame, a time is missing among numbered files, they
        differ in size, type or channels, or metadata contradict an argument.
    """
    if time_step is not None and not (np.isfinite(time_step) and time_step > 0):
        raise ValueError(f"time_step must be a finite number > 0, got {time_step}")
    if times is not None and time_step is not None:
        raise ValueError("times and time_step exclude each other, got both")
    stacks = [_described(path, axes) for path in files]
    first = stacks[0]
    _check_spacing(first, spacing)
    _check_time_step(first, time_step)
    grid = _grid(first, spacing)
    if len(files) == 1:
        if first.count("T") == first.count("Z") == 1:
            size = f"{first.count('X')} x {first.count('Y')}"
            raise ValueError(
                f"{first.path}: expected a stack of slices or several times, found one frame of {size} pixels"
            )
        places = [(first, t) for t in range(first.count("T"))]
        moments = first.said.times_of(len(places), time_step)
    else:
        for stack in stacks:
            _check_alike(stack, first)
            check_same_grid(_grid(stack, spacing), grid, str(stack.path), str(first.path))
        places = [(stack, 0) for stack in stacks]
        moments = numbers_of(files) * first.said.step(time_step)
    names = _names(first)
    chosen = selected({name: name for name in names}, variables, str(first.path))
    steps = choose_times(times, moments.tolist(), str(first.path))
    types = {name: np.dtype(first.said.types.get(name, first.dtype)) for name in chosen}
    return VolumeSeries(
        tuple(
            Variable(
                name,
                grid,
                steps,
                partial(_read, places, names.index(name), types[name]),
                types[name],
                first.said.units.get(name, ""),
            )
            for name in chosen
        ),
        first.said.time_unit,
        first.said.length_unit,
    )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A TiffFile; whatever is wrong with the file becomes one sentence that names it."""
    tifffile = tiff_package(path)
    try:
        with tifffile.TiffFile(path) as file:
            yield file
    except Exception as error:  # a damaged file ends in any of them
        if str(error).startswith(str(path)):
            raise
        text = str(error)
        if "imagecodecs" in text:
            text += "; pip install imagecodecs"
        raise ValueError(f"{path}: cannot read as TIFF: {text or type(error).__name__}") from None


def _described(path: Path, axes: str | None) -> _Stack:
    with _opened(path) as file:
        if len(file.series) != 1:
            raise ValueError(
                f"{path}: expected one image, found {len(file.series)}; save the wanted one by itself"
            )
        image = file.series[0]
        if image.is_multifile and len({page.parent.filehandle.path for page in image.pages if page}) > 1:
            raise ValueError(f"{path}: is one of several files of an OME-TIFF; save it as one file")
        letters = _letters(image, axes, str(path))
        stored = image.dtype.newbyteorder(file.byteorder)
        if stored.kind not in "biuf":
            raise ValueError(f"{path}: expected real numbers, found {stored}")
        shape = tuple(int(n) for n in image.shape)
        if 0 in shape:
            raise ValueError(f"{path}: is empty, its shape is {shape}")
        steps = shape[letters.index("T")] if "T" in letters else 1
        said = said_by(file, str(path), steps)
        return _Stack(path, letters, shape, stored, image.dataoffset, said)


def _letters(image: Any, axes: str | None, source: str) -> str:
    """One of TZCYX for each axis of an image."""
    found = image.axes
    if "S" in found:
        raise ValueError(
            f"{source}: expected grey values, found a colour picture (RGB); split its channels first"
        )
    if axes is not None:
        letters = axes.upper()
        if (
            len(letters) != len(found)
            or len(set(letters)) != len(found)
            or set(letters) - set("TZCYX")
            or not letters.endswith("YX")
        ):
            raise ValueError(
                f"{source}: axes must name each of its {len(found)} axes {image.shape} once with the letters "
                f"T, Z, C, Y, X and end in YX, got {axes!r}"
            )
        return letters
    nameless = [k for k in found if k in "IQ"]
    free = [k for k in "TZ" if k not in found]
    if set(found) - set("TZCYXIQ") or len(nameless) > len(free) or not found.endswith("YX"):
        raise ValueError(
            f"{source}: cannot tell what its axes {found} of {image.shape} are; pass axes, e.g. "
            f'axes="{"TZCYX"[-len(found) :]}"'
        )
    for letter in free[len(free) - len(nameless) :]:
        found = found.replace(nameless.pop(0), letter, 1)
    return found


def _grid(stack: _Stack, spacing: Sequence[float] | None) -> Grid:
    said = stack.said
    steps = spacing if spacing is not None else [1.0 if s is None else s for s in said.spacing]
    shape = tuple(stack.count(axis) for axis in "ZYX")
    return Grid(shape, said.origin, tuple(steps), said.direction)  # type: ignore[arg-type]


def _names(stack: _Stack) -> list[str]:
    """The channels as the file calls them; a single one without a name is called like the file."""
    count = stack.count("C")
    told = [name.strip() for name in stack.said.channels]
    if len(told) == count == len(set(told)) and all(told):
        return told
    if count > 1:
        return [f"channel_{i + 1}" for i in range(count)]
    name = re.sub(r"[\W_]*\d+$", "", stem_of(stack.path))
    # The t of t000.tif is no name of anything.
    return [name if name.strip("tT_-. ") else "intensity"]


def _check_alike(stack: _Stack, first: _Stack) -> None:
    if stack.count("T") > 1:
        raise ValueError(
            f"{stack.path}: expected one time in each file of a sequence, found {stack.count('T')}"
        )
    if stack.dtype != first.dtype:
        raise ValueError(f"{stack.path}: expected {first.dtype} as in {first.path}, found {stack.dtype}")
    if stack.count("C") != first.count("C"):
        raise ValueError(
            f"{stack.path}: expected {first.count('C')} channels as in {first.path}, found {stack.count('C')}"
        )


def _check_spacing(stack: _Stack, spacing: Sequence[float] | None) -> None:
    """What is given must not contradict what the file says; its rational numbers are rounded."""
    if spacing is None:
        return
    for given, known in zip(spacing, stack.said.spacing, strict=True):
        if known is not None and not np.isclose(given, known, rtol=1e-3, atol=0):
            told = " ".join("?" if s is None else f"{s:g}" for s in stack.said.spacing[::-1])
            raise ValueError(
                f"{stack.path}: says the spacing {told} {stack.said.length_unit}".rstrip()
                + f" (x y z), which contradicts what is given, {' '.join(f'{s:g}' for s in spacing[::-1])}"
            )


def _check_time_step(stack: _Stack, time_step: float | None) -> None:
    if time_step is None:
        return
    said = stack.said
    known = [said.time_step] if said.times is None else np.diff(said.times)
    for step in known:
        if step is not None and not np.isclose(step, time_step, rtol=1e-3, atol=0):
            raise ValueError(
                f"{stack.path}: says the time step {step:g} {said.time_unit}".rstrip()
                + f", which contradicts what is given, {time_step:g}"
            )


def _read(places: Sequence[tuple[_Stack, int]], channel: int, dtype: np.dtype, i: int) -> np.ndarray:
    """Step ``i`` of a channel as (Z, Y, X); only its own slices are read."""
    stack, time = places[i]
    wanted = tuple({"T": time, "C": channel}.get(axis, slice(None)) for axis in stack.axes)
    shape = tuple(stack.count(axis) for axis in "ZYX")
    if stack.offset is not None:
        try:
            mapped = np.memmap(stack.path, stack.stored, "r", stack.offset, stack.shape)
        except (OSError, ValueError) as error:
            raise ValueError(f"{stack.path}: cannot read step {i}: {error}") from None
        return np.array(mapped[wanted], dtype=dtype).reshape(shape)
    with _opened(stack.path) as file:
        image = file.series[0]
        ahead = stack.shape[:-2]
        if len(image.pages) == prod(ahead) and tuple(image.keyframe.shape) == stack.shape[-2:]:
            pages = np.arange(prod(ahead)).reshape(ahead)[wanted[:-2]].reshape(-1)
            values = file.asarray(key=pages.tolist(), series=0)
        else:
            values = image.asarray().reshape(stack.shape)[wanted]
        if values.size != prod(shape):
            raise ValueError(f"{stack.path}: step {i} is not as described when the file was opened")
        return np.asarray(values, dtype=dtype).reshape(shape)
