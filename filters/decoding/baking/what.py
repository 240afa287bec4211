"""What of a model is to be baked, in a form that another process understands; no VTK, no torch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from stsr_core.grid import Grid
from stsr_core.model import container
from stsr_core.model.checkpoint import FIELD
from stsr_core.request.blended import ARRAY
from stsr_core.request.extras import Quantity
from stsr_core.request.mix import Mix
from stsr_core.request.output import Output
from stsr_filters.decoding.order import ModelKey, Order, Performance
from stsr_filters.pipeline.json_lines import read_line, write_line

#: Letters of the hash in a file's name.
_LETTERS = 8


@dataclass(frozen=True)
class Bake:
    """Steps of a model on one grid.

    Parameters
    ----------
    model : ModelKey
    grid : Grid
    times : tuple of float
    weights : tuple of (str, float)
        Of members that are mixed; () for variables.
    interpolation : str
        Of their latent vectors, "linear" or "spherical".
    variables : tuple of str
        Where nothing is mixed.
    device, threads : str, int
        As of :class:`~stsr_filters.decoding.order.Performance`.
    """

    model: ModelKey
    grid: Grid
    times: tuple[float, ...]
    weights: tuple[tuple[str, float], ...] = ()
    interpolation: str = "linear"
    variables: tuple[str, ...] = ()
    device: str = "auto"
    threads: int = 0

    @classmethod
    def of(cls, model: ModelKey, output: Output, performance: Performance) -> Bake:
        """What has to be baked to show ``output`` at any time.

        Raises
        ------
        ValueError
            If its times are not those of the model, or error bars are wanted, which no baked model has.
        """
        content = output.content
        if content.time_range is None:
            raise ValueError("baked are steps in time, and the model has a single one")
        if content.time_range != content.trained_range:
            raise ValueError("a sweep between members has no steps in time to bake")
        mixes = list(content.step(float(output.times[0])).arrays.values())
        if any(mix.quantity not in (Quantity.VALUE, Quantity.MOTION) for mix in mixes):
            raise ValueError("baked steps have no error bars: choose no Uncertainty, or no Bake Steps")
        first, mixed = mixes[0], len(mixes[0].weights) > 1
        return cls(
            model,
            output.grid,
            tuple(output.times.tolist()),
            first.weights if mixed else (),
            first.interpolation,
            () if mixed else tuple(dict.fromkeys(mix.weights[0][0] for mix in mixes)),
            performance.device,
            performance.threads,
        )

    @property
    def file(self) -> Path:
        """Beside the model; another choice, or another model under the same name, has another file."""
        path = Path(self.model[0])
        what = [_identity(self.model), asdict(self.grid), self.times, self.weights, self.interpolation]
        digest = hashlib.sha256(json.dumps([*what, self.variables]).encode()).hexdigest()
        return path.with_name(f"{path.stem}-baked-{digest[:_LETTERS]}.stsr")

    def order(self, order: Order, baked: ModelKey) -> Order:
        """What shows the same of the baked model."""
        arrays = tuple((name, self._mix(mix)) for name, mix in order.arrays)
        return replace(order, key=baked, arrays=arrays)

    def _mix(self, mix: Mix) -> Mix:
        return replace(mix, weights=((ARRAY, 1.0),), interpolation="linear") if self.weights else mix

    def write(self, stream: IO[bytes]) -> None:
        """Write it as a line of JSON."""
        write_line(stream, asdict(self))
        stream.flush()

    @classmethod
    def read(cls, stream: IO[bytes]) -> Bake:
        """What :meth:`write` wrote; EOFError if it ends too early."""
        said = read_line(stream, "the order")
        said["model"], said["times"], said["variables"] = (
            tuple(said[key]) for key in ("model", "times", "variables")
        )
        said["weights"] = tuple((name, weight) for name, weight in said["weights"])
        return cls(**said | {"grid": Grid(**said["grid"])})


def _identity(model: ModelKey) -> str:
    """What stays as long as the model does, wherever it is copied to."""
    return str(container.read_header(model[0], FIELD).get("checksum", model[1:]))
