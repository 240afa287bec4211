"""What the page shows at one moment: a wish, the step of the model that fulfils it, and the ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from stsr_core.grid import Grid
from stsr_core.measuring.pair import same_or_only
from stsr_core.metrics import psnr_per_step
from stsr_core.model.checkpoint import Header
from stsr_core.request.blend import BlendChoice, BlendMode
from stsr_core.request.output import Request
from stsr_core.request.output_grid import GridChoice, GridMode
from stsr_core.series import Variable, VolumeSeries
from stsr_filters.decoding.decoder import Decoder
from stsr_filters.decoding.order import Order, model_key

#: A time is that of a step of the ground truth within this share of the distance of its steps.
_SAME = 1e-3
#: Fewest positions of the slider from the first time to the last.
_POSITIONS = 400


@dataclass(frozen=True)
class Wish:
    """What is to be shown.

    Parameters
    ----------
    time : float
    weights : tuple of (str, float)
        Weight by variable; one that is 1 among zeros is that variable itself.
    factor : float
        Resolution: intervals per interval of the grid that the samples were kept from; 0 for the grid of the
        ground truth.
    """

    time: float
    weights: tuple[tuple[str, float], ...]
    factor: float = 1.0

    @property
    def alone(self) -> str:
        """The one variable that counts, "" where several do.

        Examples
        --------
        >>> Wish(0.0, (("a", 0.0), ("b", 2.0))).alone, Wish(0.0, (("a", 1.0), ("b", 1.0))).alone
        ('b', '')
        """
        counting = [name for name, weight in self.weights if weight > 0]
        return counting[0] if len(counting) == 1 else ""


class Prediction:
    """A model and, if there is one, its ground truth.

    Parameters
    ----------
    model : str
        Model file.
    truth : VolumeSeries, optional
        Holds, under the same name, some of the model's variables; one of a single variable belongs to a
        model of a single variable whatever its name.

    Raises
    ------
    CheckpointError
        If the model cannot be read.
    ValueError
        If the ground truth knows none of the model's variables.
    """

    def __init__(self, model: str, truth: VolumeSeries | None = None) -> None:
        self.decoder = Decoder()
        self.header: Header = self.decoder.header(model)
        self._model = model
        self._truths = {} if truth is None else _truths(self.header, truth)
        self._read: tuple[str, int, np.ndarray] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The variables of the model."""
        return self.header.domain.names

    def truth(self, wish: Wish) -> Variable | None:
        """The ground truth of what is wished for; None between variables and where there is none."""
        return self._truths.get(wish.alone)

    def step_of(self, truth: Variable, time: float) -> int | None:
        """The number of the step at a time; None between steps."""
        times = np.asarray(truth.times)
        nearest = int(np.argmin(np.abs(times - time)))
        width = float(np.ptp(times)) / max(1, len(times) - 1)
        return nearest if abs(times[nearest] - time) <= _SAME * width else None

    def step_near(self, time: float) -> float:
        """The step that a slider stands at, as nearly as it can; ``time`` itself between steps.

        Irregular steps lie between the slider's positions.
        """
        times = np.asarray(self.header.domain[0].full_times)
        nearest = float(times[np.argmin(np.abs(times - time))])
        return nearest if abs(nearest - time) <= slider_position(times.tolist()) / 2 else time

    def lacking(self, wish: Wish) -> str:
        """Why there is no ground truth for a wish, though there is one of the model; "" otherwise."""
        truth = self.truth(wish)
        if not self._truths or (truth is not None and self.step_of(truth, wish.time) is not None):
            return ""
        if truth is not None:
            return "between steps of the ground truth"
        return f"no ground truth of {wish.alone or 'a mixture'}"

    def order(self, wish: Wish) -> Order:
        """What is to be decoded; ValueError if it is impossible."""
        truth = self.truth(wish)
        match = wish.factor == 0 and truth is not None
        grid = GridChoice(GridMode.MATCH) if match else GridChoice(factor=wish.factor or 1.0)
        alone = wish.alone
        blend = None if alone else BlendChoice(BlendMode.WEIGHTS, weights=wish.weights)
        request = Request((alone,) if alone else (), blend, grid)
        output = request.output(self.header.domain, like=truth.grid if match and truth is not None else None)
        arrays = output.content.step(wish.time).arrays
        return Order(model_key(self._model), output.grid, tuple(arrays.items()))

    def true_values(self, truth: Variable, step: int) -> np.ndarray:
        """One step of the ground truth, (Z, Y, X); the last one read is held."""
        if self._read is None or self._read[:2] != (truth.name, step):
            self._read = truth.name, step, truth.step(step)
        return self._read[2]

    def true_at(self, wish: Wish) -> np.ndarray | None:
        """The ground truth of a wish, (Z, Y, X); None where there is none, as between its steps."""
        truth = self.truth(wish)
        step = None if truth is None else self.step_of(truth, wish.time)
        return None if truth is None or step is None else self.true_values(truth, step)

    def psnr(self, truth: Variable, step: int, values: np.ndarray) -> float:
        """PSNR in dB of a step on the ground truth's grid, with the range of that step; NaN of a constant."""
        true = self.true_values(truth, step)
        return float(psnr_per_step(true[None], values[None])[0])

    def grids(self) -> list[tuple[float, Grid]]:
        """Factors that can be chosen, and their grids."""
        base = self.header.domain[0].full_grid
        return [(factor, base.refined(factor)) for factor in (0.5, 1.0, 2.0, 4.0)]

    def kept_times(self, name: str) -> Sequence[float]:
        """Times of a variable that the model has learned from."""
        return self.header.domain.variable(name).times


def _truths(header: Header, truth: VolumeSeries) -> dict[str, Variable]:
    names = header.domain.names
    found = {name: truth[true] for name, true in same_or_only(names, truth.names)}
    if not found:
        raise ValueError(
            f"the ground truth must hold one of the model's variables {', '.join(names)}, "
            f"got {', '.join(truth.names)}"
        )
    return found


def slider_position(times: Sequence[float]) -> float:
    """Width of one position of the slider: a whole number of them is a step, so that each can be hit."""
    steps = len(times) - 1
    return (times[-1] - times[0]) / (steps * ceil(_POSITIONS / steps)) if steps else 1.0
