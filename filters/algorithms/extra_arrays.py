"""Arrays beside the values, of the algorithms that show each variable of a model as an array of its own."""

from __future__ import annotations

from dataclasses import replace

from stsr_core.request.extras import Extras
from stsr_filters.algorithms.model_algorithm import ModelAlgorithm


class ExtraArrays(ModelAlgorithm):
    """A :class:`ModelAlgorithm` with the properties Motion and Uncertainty."""

    _extras = Extras()

    def SetMotion(self, on: bool) -> None:
        """Add the vectors ``NAME_motion``: the velocity of what passes each node, length per time."""
        self._set("_extras", replace(self._extras, motion=bool(on)))

    def SetUncertainty(self, choice: int) -> None:
        """A :class:`~stsr_core.request.extras.Uncertainty`: add ``NAME_standard_error``, and an interval."""
        self._set("_extras", replace(self._extras, uncertainty=int(choice)))
