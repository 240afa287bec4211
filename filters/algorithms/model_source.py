"""What the sources made of a model file share: a region without any input."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from stsr_core.model.checkpoint import Header
from stsr_core.request.output import Region
from stsr_core.request.output_grid import GridChoice
from stsr_filters.algorithms.model_algorithm import ModelAlgorithm


class BaseGrid(IntEnum):
    """The values of the property BaseGrid."""

    ORIGINAL = 0
    KEPT = 1


class ModelSource(ModelAlgorithm):
    """An algorithm without input, over the region of a model's first variable."""

    def __init__(self, label: str) -> None:
        super().__init__(label, 0, GridChoice(factor=1.0))
        self._base_grid = int(BaseGrid.ORIGINAL)

    def SetFileName(self, path: str | None) -> None:
        """The .stsr file, under the name every reader of ParaView uses."""
        self.SetModelFile(path)

    def GetFileName(self) -> str:
        """The .stsr file, "" if none is chosen."""
        return self.GetModelFile()

    def SetBaseGrid(self, base: int) -> None:
        """A :class:`BaseGrid`: what Factor refines, the original grid or the kept nodes."""
        self._set("_base_grid", int(base))

    def _region(self, header: Header, names: Sequence[str], inInfo) -> Region:
        if self._base_grid not in tuple(BaseGrid):
            raise ValueError(f"Base Grid must be 0 (original) or 1 (kept nodes), got {self._base_grid}")
        domains = [header.domain.variable(name) for name in names]
        grids = [d.full_grid if self._base_grid == BaseGrid.ORIGINAL else d.grid for d in domains]
        first = grids[0]
        remarks = [
            f"{name} was trained on another grid than {names[0]} and is decoded on the grid of {names[0]}"
            for name, grid in zip(names, grids, strict=True)
            if not grid.matches(first)
        ]
        return Region(first, None, (), tuple(remarks))
