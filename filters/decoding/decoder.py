"""From a model file to decoded steps, each loaded and computed once.

Importing this file brings no torch; the header of a model is read without it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core import memory
from stsr_core.grid import Grid
from stsr_core.io import required_bytes
from stsr_core.io.vtk import vtk_storable
from stsr_core.model.checkpoint import CheckpointError, Header, load, read_header
from stsr_core.request.mix import Mix
from stsr_core.words import node_count
from stsr_filters.decoding.cache import StepCache
from stsr_filters.decoding.resources import cache_capacity, default_threads, require_torch
from stsr_filters.pipeline.reporting import Stopped

if TYPE_CHECKING:
    import torch

#: Path, modification time in nanoseconds and size: another file under the same name is another model.
ModelKey = tuple[str, int, int]


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
    """Arrays by name, values (Z, Y, X) or vectors (Z, Y, X, 3); where they were computed; a warning."""

    values: Mapping[str, np.ndarray]
    device: str
    remark: str = ""


class Decoder:
    """Holds the last model and the last steps decoded from it.

    Parameters
    ----------
    cache : StepCache, optional
        By default of 8 steps and an eighth of this machine's memory.
    """

    def __init__(self, cache: StepCache | None = None) -> None:
        self._header: tuple[ModelKey, Header] | None = None
        self._field: tuple[ModelKey, Any] | None = None
        self._cache = StepCache(cache_capacity(), 8) if cache is None else cache

    @property
    def cache_steps(self) -> int:
        """Most steps (one grid at one time) that are kept, >= 0."""
        return self._cache.most_steps

    @cache_steps.setter
    def cache_steps(self, steps: int) -> None:
        self._cache.most_steps = steps
        if steps == 0:
            self._cache.clear()

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
        """Values of ``arrays`` on ``grid``; kept steps give way where the memory is wanted.

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
        Stopped
            If ``should_stop`` returned True.
        ValueError
            If the model does not know what an array is to hold; one sentence.
        MemoryError
            If the step would not fit, even without the kept ones; said before anything is computed.
        """
        key = model_key(path)
        keys = {name: (key, grid, mix) for name, mix in arrays.items()}
        found_here = self._cache.take(keys.values())
        values = {name: found_here[k] for name, k in keys.items() if k in found_here}
        missing = [name for name in arrays if name not in values]
        device, remark = "cache", ""
        if missing:
            require_torch()
            from stsr_core.inference.mixed import require_known

            self._make_room(path, grid, {name: arrays[name] for name in missing})
            with bounded_threads(performance.threads):
                found, remark = usable_device(performance.device)
                device = str(found)
                field = self._load(key, path, on_progress)
                require_known(field, arrays.values())
                known = {arrays[name]: array for name, array in values.items()}
                for i, name in enumerate(missing):
                    progress = _share(on_progress, i, len(missing), f"{name} on {device}")
                    values[name] = _evaluate(
                        field, grid, arrays[name], known, found, performance.tile, progress, should_stop
                    )
        self._cache.keep({keys[name]: values[name] for name in arrays})
        return Decoded({name: values[name] for name in arrays}, device, remark)

    def forget(self) -> None:
        """Drop the model and all steps."""
        self._field = None
        self._cache.clear()

    def _load(self, key: ModelKey, path: str, on_progress: Callable[[float, str], None]) -> Any:
        if self._field is None or self._field[0] != key:
            on_progress(0.0, f"loading {Path(path).name}")
            self._cache.clear()
            self._field = key, load(path)
        return self._field[1]

    def _make_room(self, path: str, grid: Grid, arrays: Mapping[str, Mix]) -> None:
        """Give back kept steps until ``arrays`` fit in the free memory, or refuse them."""
        domain = self.header(path).domain
        dtypes = {
            n: np.dtype(m.quantity.dtype(domain.variable(m.weights[0][0]).dtype)) for n, m in arrays.items()
        }
        needed = required_bytes(grid, 1, {n: vtk_storable(dtype) for n, dtype in dtypes.items()})
        while (free := memory.available_memory()) is not None and needed > free:
            if not self._cache.drop_oldest():
                break
        memory.check_memory(needed, f"an output of {node_count(grid)} nodes and {len(arrays)} variables")


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
    known: dict[Mix, np.ndarray],
    device: torch.device,
    tile: int,
    on_progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> np.ndarray:
    from stsr_core.inference import Aborted
    from stsr_core.inference.mixed import evaluate_mix

    try:
        return evaluate_mix(
            field,
            grid,
            mix,
            known=known,
            device=device,
            tile=tile or None,
            on_progress=on_progress,
            should_abort=should_stop,
        )
    except Aborted:
        raise Stopped from None
