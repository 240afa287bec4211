"""From a model file to decoded steps, each loaded and computed once: what both filters are made of.

Importing this file brings no torch; the header of a model is read without it.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.model.checkpoint import CheckpointError, Header, load, read_header
from stsr_core.request.mix import Mix
from stsr_filters.decoding.resources import default_threads, require_torch

if TYPE_CHECKING:
    import torch

#: Path, modification time in nanoseconds and size: another file under the same name is another model.
ModelKey = tuple[str, int, int]


class DecodingStopped(Exception):
    """The user stopped the computation; nothing was returned."""


@dataclass(frozen=True)
class Performance:
    """How to compute, never what.

    Parameters
    ----------
    device : str
        "auto", "cpu", "cuda", "cuda:N" or "mps".
    tile : int
        Most nodes per network call, 0 to choose from the free memory.
    threads : int
        CPU threads, 0 for all cores shared among the MPI ranks.
    """

    device: str = "auto"
    tile: int = 0
    threads: int = 0

    def check(self) -> None:
        """Raise ValueError for a number out of range or an unknown device."""
        if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", self.device):
            raise ValueError(f"Device must be auto, cpu, cuda, cuda:N or mps, got {self.device!r}")
        if self.tile < 0:
            raise ValueError(f"Tile Size must be >= 0 (0 chooses), got {self.tile}")
        if self.threads < 0:
            raise ValueError(f"Threads must be >= 0 (0 takes all cores), got {self.threads}")


@dataclass(frozen=True)
class Decoded:
    """Values (Z, Y, X) by variable name, where they were computed, and what had to be done otherwise."""

    values: Mapping[str, np.ndarray]
    device: str
    remark: str = ""


class Decoder:
    """Holds the last model and the last steps decoded from it.

    Parameters
    ----------
    cache_steps : int
        How many steps (one grid at one time) are kept, >= 0; the least recently used goes first.
    """

    def __init__(self, cache_steps: int = 8) -> None:
        self.cache_steps = cache_steps
        self._header: tuple[ModelKey, Header] | None = None
        self._field: tuple[ModelKey, Any] | None = None
        self._steps: OrderedDict[tuple, np.ndarray] = OrderedDict()

    def header(self, path: str) -> Header:
        """What the model says of itself, read anew when the file has changed.

        Raises
        ------
        CheckpointError
            If there is no usable model; one sentence that names the file.
        """
        key = model_key(path)
        if self._header is None or self._header[0] != key:
            self._header = key, read_header(path)
        return self._header[1]

    def decode(
        self,
        path: str,
        grid: Grid,
        arrays: Mapping[str, Mix],
        performance: Performance,
        on_progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
    ) -> Decoded:
        """Values of ``arrays`` on ``grid``.

        Parameters
        ----------
        arrays : mapping of str to Mix
            Array name → which variables, at which time.
        on_progress : callable
            Called with the fraction done and a text, at least 20 times in a long computation.
        should_stop : callable
            Asked before every tile.

        Raises
        ------
        DecodingStopped
            If ``should_stop`` returned True.
        """
        key = model_key(path)
        keys = {name: (key, grid, mix) for name, mix in arrays.items()}
        values = {name: self._steps.pop(k) for name, k in keys.items() if k in self._steps}
        missing = [name for name in arrays if name not in values]
        device, remark = "cache", ""
        if missing:
            require_torch()
            with bounded_threads(performance.threads):
                found, remark = usable_device(performance.device)
                device = str(found)
                field = self._load(key, path, on_progress)
                for i, name in enumerate(missing):
                    progress = _share(on_progress, i, len(missing), f"{name} on {device}")
                    values[name] = _evaluate(
                        field, grid, arrays[name], found, performance.tile, progress, should_stop
                    )
        self._remember({keys[name]: values[name] for name in arrays})
        return Decoded({name: values[name] for name in arrays}, device, remark)

    def forget(self) -> None:
        """Drop the model and all steps."""
        self._field = None
        self._steps.clear()

    def _load(self, key: ModelKey, path: str, on_progress: Callable[[float, str], None]) -> Any:
        if self._field is None or self._field[0] != key:
            on_progress(0.0, f"loading {Path(path).name}")
            self._steps.clear()
            self._field = key, load(path)
        return self._field[1]

    def _remember(self, step: dict[tuple, np.ndarray]) -> None:
        self._steps.update(step)
        while len(self._steps) > self.cache_steps * len(step):
            self._steps.popitem(last=False)


def model_key(path: str) -> ModelKey:
    """What tells one model file from another without reading it.

    Raises
    ------
    CheckpointError
        If no file was chosen or it cannot be found.
    """
    if not path:
        raise CheckpointError("no model file is chosen; set the property to a .stsr file")
    try:
        status = os.stat(path)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot read the model: {error.strerror or error}") from None
    return os.path.abspath(path), status.st_mtime_ns, status.st_size


@contextmanager
def bounded_threads(wanted: int) -> Iterator[None]:
    """Within it torch uses ``wanted`` CPU threads; 0 takes all cores, shared among the MPI ranks."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(wanted or default_threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def usable_device(name: str) -> tuple[torch.device, str]:
    """The device to compute on; the CPU and a remark if the one asked for is not there."""
    from stsr_core.inference import resolve_device

    try:
        return resolve_device(name), ""
    except ValueError as error:
        return resolve_device("cpu"), f"{error}; computed on the CPU"


def _share(report: Callable[[float, str], None], i: int, n: int, text: str) -> Callable[[float], None]:
    return lambda fraction: report((i + fraction) / n, text)


def _evaluate(
    field: Any,
    grid: Grid,
    mix: Mix,
    device: torch.device,
    tile: int,
    on_progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> np.ndarray:
    from stsr_core.inference import Aborted, evaluate
    from stsr_core.inference.latent import interpolated

    weights = dict(mix.weights)
    latent = interpolated(field, weights, mix.interpolation)[0] if len(weights) > 1 else None
    try:
        values = evaluate(
            field,
            grid,
            [mix.time],
            weights,
            latent=latent,
            device=device,
            tile=tile or None,
            on_progress=on_progress,
            should_abort=should_stop,
        )
    except Aborted:
        raise DecodingStopped from None
    return values[0]
