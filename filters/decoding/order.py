"""What is to be decoded, in a form that another process understands; no VTK, no torch."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.model.checkpoint import CheckpointError
from stsr_core.request.extras import Quantity
from stsr_core.request.mix import Mix

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
class Order:
    """Arrays of a model on a grid.

    Parameters
    ----------
    key : ModelKey
        The model file, as it was when this was ordered.
    grid : Grid
    arrays : tuple of (str, Mix)
        Array name and what it holds.
    """

    key: ModelKey
    grid: Grid
    arrays: tuple[tuple[str, Mix], ...]

    @property
    def path(self) -> str:
        """The model file."""
        return self.key[0]

    def to_json(self) -> dict[str, Any]:
        """Plain values; :meth:`from_json` is their inverse."""
        arrays = [(name, asdict(mix) | {"quantity": mix.quantity.value}) for name, mix in self.arrays]
        return {"key": self.key, "grid": asdict(self.grid), "arrays": arrays}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Order:
        """The order that ``plain`` tells of.

        Examples
        --------
        >>> import json
        >>> order = Order(("m.stsr", 1, 2), Grid((2, 3, 4)), (("p", Mix.of("p", 0.1, limits=(0.0, 1.0))),))
        >>> Order.from_json(json.loads(json.dumps(order.to_json()))) == order
        True
        """
        arrays = tuple(
            (
                name,
                Mix(
                    mix["time"],
                    tuple((member, weight) for member, weight in mix["weights"]),
                    mix["interpolation"],
                    Quantity(mix["quantity"]),
                    mix["limits"] and tuple(mix["limits"]),
                ),
            )
            for name, mix in plain["arrays"]
        )
        path, changed, size = plain["key"]
        return cls((path, changed, size), Grid(**plain["grid"]), arrays)


@dataclass(frozen=True)
class Decoded:
    """Arrays by name, values (Z, Y, X) or vectors (Z, Y, X, 3); where they were computed; a warning.

    ``preview`` says what they are the preview of, in words; "" where they are what was ordered.
    """

    values: Mapping[str, np.ndarray]
    device: str
    remark: str = ""
    preview: str = ""
    seconds: float = 0.0

    def where(self, waited: float) -> str:
        """Where it comes from and how long it took, ``waited`` seconds unless another process says it better.

        Examples
        --------
        >>> Decoded({}, "cpu").where(0.5), Decoded({}, "cpu", preview="32 x 32 x 32").where(0.2)
        ('in 0.50 s on cpu', 'in a preview of 32 x 32 x 32 nodes; the full step follows')
        """
        if self.device == "cache":
            return "from the cache"
        if self.preview:
            return f"in a preview of {self.preview} nodes; the full step follows"
        return f"in {self.seconds or waited:.2f} s on {self.device}"


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


def was_replaced(key: ModelKey | None) -> bool:
    """Whether another model stands at the path of ``key`` now; not if none does, or there was none."""
    try:
        return key is not None and model_key(key[0]) != key
    except CheckpointError:
        return False
