"""The image of errors, or the part of it that one process gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from stsr_core.io.vtk import MASKS
from stsr_filters.comparison.differences import error_arrays, error_units
from stsr_filters.comparison.pairs import Pairs
from stsr_filters.pipeline.information import Extent, image_of, part_of, vector, whole_extent
from stsr_filters.pipeline.vtk_compat import (
    process_count,
    process_rank,
    vtkExtentTranslator,
    vtkImageData,
    vtkStreamingDemandDrivenPipeline,
)

_GHOSTS, _VALID = MASKS
_BLOCKS, _CELLS = 3, 0  # vtkExtentTranslator's split mode, and that pieces share their border nodes


def own_extent(information: Any, whole: Extent) -> Extent | None:
    """The part of ``whole`` that an output is asked for; None if that is nothing.

    Nothing is said where another output was asked for first: then it is everything, or this rank's part.
    """
    asked = vector(information, vtkStreamingDemandDrivenPipeline.UPDATE_EXTENT(), 6)
    if asked is not None and all(asked[2 * i] <= asked[2 * i + 1] for i in range(3)):
        inside = all(whole[2 * i] <= asked[2 * i] and asked[2 * i + 1] <= whole[2 * i + 1] for i in range(3))
        return asked if inside else whole
    if process_count() == 1:
        return whole
    part = [0, -1, 0, -1, 0, -1]
    found = vtkExtentTranslator().PieceToExtentThreadSafe(
        process_rank(), process_count(), 0, list(whole), part, _BLOCKS, _CELLS
    )
    return tuple(part) if found else None


def error_image(pairs: Pairs, extent: Extent, truth: vtkImageData) -> vtkImageData:
    """Both values and the errors of every variable; the first variable's error is the active array.

    Where not every point is compared, ``vtkValidPointMask`` tells which are; the ghosts of the ground truth
    stay ghosts.
    """
    part = part_of(extent)
    arrays: dict[str, np.ndarray] = {}
    units: dict[str, str] = {}
    for pair in pairs.pairs:
        arrays.update({name: values[part] for name, values in error_arrays(pair).items()})
        units.update(error_units(pair))
    if not pairs.valid.all():
        arrays[_VALID] = pairs.valid[part].astype(np.int8)
    image = image_of(pairs.grid, extent, arrays, units)
    ghosts = truth.GetPointData().GetArray(_GHOSTS)
    if ghosts is not None and extent == whole_extent(pairs.grid):
        image.GetPointData().AddArray(ghosts)
    image.GetPointData().SetActiveScalars(f"{pairs.pairs[0].name}_error")
    return image
