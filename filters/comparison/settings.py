"""What a user asks of a comparison: the values of the panel."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from stsr_core.measuring.segmenting import CellChoice
from stsr_filters.comparison.files import check_table_file
from stsr_filters.comparison.pictures import PictureChoice
from stsr_filters.comparison.steps import TimeMatching
from stsr_filters.comparison.surface_choice import SurfaceChoice


@dataclass(frozen=True)
class Settings:
    """Everything but the inputs.

    Parameters
    ----------
    arrays : (str, str)
        Array of the prediction and of the ground truth; see :func:`stsr_filters.comparison.pairs.pairs_of`.
    resample : bool
        Interpolate a prediction on other nodes.
    matching : int
        A :class:`~stsr_filters.comparison.steps.TimeMatching`: which time both are asked for.
    all_steps : bool
        Walk through every step of the ground truth.
    data_range : float
        Range of the ground truth over its whole series for ``psnr_global``; 0 if it is not given.
    model_file : str
        Model whose trained steps are told from the others, "" for none.
    cells : int
        A :class:`~stsr_core.measuring.segmenting.CellChoice`: which cells are measured.
    table_file : str
        .csv or .json to write, "" for none.
    """

    arrays: tuple[str, str] = ("", "")
    resample: bool = False
    matching: int = TimeMatching.EXACT
    all_steps: bool = False
    data_range: float = 0.0
    cells: int = CellChoice.NONE
    surface: SurfaceChoice = field(default_factory=SurfaceChoice)
    picture: PictureChoice = field(default_factory=PictureChoice)
    model_file: str = ""
    table_file: str = ""

    def check(self) -> None:
        """Refuse what cannot be done, before anything is.

        Raises
        ------
        ValueError, OSError
            One sentence that names the property.
        """
        if self.matching not in tuple(TimeMatching):
            raise ValueError(f"Time Matching must be 0 (exact) or 1 (nearest step), got {self.matching}")
        if not math.isfinite(self.data_range) or self.data_range < 0:
            raise ValueError(f"Data Range must be a finite number >= 0, got {self.data_range:g}")
        if self.cells not in tuple(CellChoice):
            raise ValueError(f"Cells must be 0 (none), 1 (largest) or 2 (all), got {self.cells}")
        self.surface.check()
        self.picture.check()
        if self.table_file:
            check_table_file(self.table_file)
