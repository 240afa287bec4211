"""From a model file to decoded steps, each loaded and computed once.

Importing this file brings no torch; the header of a model is read without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from stsr_core import memory
from stsr_core.grid import Grid
from stsr_core.io import required_bytes
from stsr_core.io.vtk import vtk_storable
from stsr_core.model.checkpoint import Header, load, read_header
from stsr_core.request.mix import Mix
from stsr_core.threads import bounded_threads
from stsr_core.words import node_count
from stsr_filters.decoding.cache import StepCache
from stsr_filters.decoding.order import Decoded, ModelKey, Order, Performance, model_key
from stsr_filters.decoding.resources import cache_capacity, require_torch
from stsr_filters.pipeline.vtk_compat import process_count

if TYPE_CHECKING:
    import torch

#: Decoded steps and loaded models of this process: filters on one model share them.
_steps = StepCache()
_fields: WeakValueDictionary[ModelKey, Any] = WeakValueDictionary()


class Decoder:
    """Decodes for one filter, which holds it as an attribute.

    Parameters
    ----------
    steps : StepCache, optional
        By default that of the process.

    Attributes
    ----------
    cache_size : int
        Most MiB that kept steps take, of all filters together, after this one has kept one; 0 for an eighth
        of this machine's memory.
    cache_steps : int
        0 keeps nothing; any other number leaves it to ``cache_size``.
    """

    def __init__(self, steps: StepCache | None = None) -> None:
        self.cache_size, self.cache_steps = 0, 8
        self._header: tuple[ModelKey, Header] | None = None
        self._field: tuple[ModelKey, Any] | None = None
        self._steps = _steps if steps is None else steps

    @property
    def capacity(self) -> int:
        """Most bytes that kept steps take, >= 0."""
        if self.cache_steps <= 0:
            return 0
        return self.cache_size << 20 if self.cache_size else cache_capacity()

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
            self._steps.drop(lambda kept: kept[0][0] == key[0] and kept[0] != key)  # type: ignore[index]
        return self._header[1]

    def has(self, order: Order) -> bool:
        """Whether all of an order is kept."""
        return self.capacity > 0 and self._steps.has(_keys(order).values())

    def kept(self, order: Order) -> Decoded | None:
        """What an order is for, if all of it is kept."""
        if not self.has(order):
            return None
        keys = _keys(order)
        found = self._steps.take(keys.values())
        values = {name: found[key] for name, key in keys.items()}
        self.keep(order, values)
        return Decoded(values, "cache")

    def keep(self, order: Order, values: Mapping[str, np.ndarray]) -> None:
        """Keep what was decoded, by whomever, for an order."""
        self._steps.keep({key: values[name] for name, key in _keys(order).items()}, self.capacity)

    def decode(
        self,
        order: Order,
        performance: Performance,
        on_progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
    ) -> Decoded:
        """Values of an order; kept steps give way where the memory is wanted.

        Parameters
        ----------
        order : Order
        performance : Performance
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
        arrays, keys = dict(order.arrays), _keys(order)
        found_here = self._steps.take(keys.values()) if self.capacity else {}
        values = {name: found_here[key] for name, key in keys.items() if key in found_here}
        missing = [name for name in arrays if name not in values]
        device, remark = "cache", ""
        if missing:
            require_torch()
            from stsr_core.inference.device import usable_device
            from stsr_core.inference.mixed import require_known

            self.make_room(replace(order, arrays=tuple((name, arrays[name]) for name in missing)))
            with bounded_threads(performance.threads, process_count()):
                found, remark = usable_device(performance.device)
                device = str(found)
                field = self._load(order.key, on_progress)
                require_known(field, arrays.values())
                known = {arrays[name]: array for name, array in values.items()}
                for i, name in enumerate(missing):
                    progress = _share(on_progress, i, len(missing), f"{name} on {device}")
                    values[name] = _evaluate(
                        field, order.grid, arrays[name], known, found, performance.tile, progress, should_stop
                    )
        values = {name: values[name] for name in arrays}
        self.keep(order, values)
        return Decoded(values, device, remark)

    def size(self, order: Order) -> int:
        """Bytes of what an order is for."""
        domain = self.header(order.path).domain
        dtypes = {
            name: np.dtype(mix.quantity.dtype(domain.variable(mix.weights[0][0]).dtype))
            for name, mix in order.arrays
        }
        return required_bytes(order.grid, 1, {name: vtk_storable(dtype) for name, dtype in dtypes.items()})

    def make_room(self, order: Order) -> None:
        """Give back kept steps until an order fits in the free memory; MemoryError if it never does."""
        needed = self.size(order)
        while (free := memory.available_memory()) is not None and needed > free:
            if not self._steps.drop_oldest():
                break
        memory.check_memory(
            needed, f"an output of {node_count(order.grid)} nodes and {len(order.arrays)} variables"
        )

    def field(self, path: str) -> Any:
        """The model itself, loaded once for all that use it; ImportError without torch."""
        require_torch()
        return self._load(model_key(path), lambda fraction, text: None)

    def _load(self, key: ModelKey, on_progress: Callable[[float, str], None]) -> Any:
        if self._field is None or self._field[0] != key:
            self._field = None
            field = _fields.get(key)
            if field is None:
                on_progress(0.0, f"loading {Path(key[0]).name}")
                field = _fields[key] = load(key[0])
            self._field = key, field
        return self._field[1]


def _keys(order: Order) -> dict[str, tuple[ModelKey, Grid, Mix]]:
    """Array name → what it is kept under."""
    return {name: (order.key, order.grid, mix) for name, mix in order.arrays}


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
    from stsr_core.inference.mixed import evaluate_mix

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
