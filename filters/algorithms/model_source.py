"""What the sources made of a model file share: the model's own grid, where the model lies."""

from __future__ import annotations

from stsr_core.grid import Grid
from stsr_core.request.output_grid import GridChoice
from stsr_core.request.region import BaseGrid, Region
from stsr_filters.algorithms.model_algorithm import ModelAlgorithm


class ModelSource(ModelAlgorithm):
    """An algorithm over the grid of a model's first variable, whatever inputs it has."""

    def __init__(self, label: str, n_inputs: int = 0) -> None:
        super().__init__(label, n_inputs, GridChoice(factor=1.0))
        self._base_grid = int(BaseGrid.ORIGINAL)

    def SetFileName(self, path: str | None) -> None:
        """The .stsr file, under the name every reader of ParaView uses."""
        self.SetModelFile(path)

    def GetFileName(self) -> str:
        """The .stsr file, "" if none is chosen."""
        return self.GetModelFile()

    def SetBaseGrid(self, base: int) -> None:
        """A :class:`~stsr_core.request.region.BaseGrid`: what Factor refines."""
        self._set("_base_grid", int(base))

    def _place(self, inInfo) -> tuple[Region | None, Grid | None]:
        return None, None
