"""STSR Model: a model file as a source, without any input."""

from __future__ import annotations

from stsr_core.request.output import Request
from stsr_filters.algorithms.extra_arrays import ExtraArrays
from stsr_filters.algorithms.model_source import ModelSource


class STSRModel(ExtraArrays, ModelSource):
    """Decodes a model over its own region.

    Examples
    --------
    >>> source = STSRModel()                   # doctest: +SKIP
    >>> source.SetFileName("vf.stsr")          # doctest: +SKIP
    >>> source.UpdateTimeStep(12.5)            # doctest: +SKIP
    """

    def __init__(self) -> None:
        super().__init__("STSR Model")

    def _request(self) -> Request:
        return Request(
            self._variables.chosen(),
            grid=self._grid_choice,
            time=self._time_choice,
            base=self._base_grid,
            extras=self._extras,
            clamp=self._clamp,
        )
