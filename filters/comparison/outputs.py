"""The five outputs of a comparison: the image of errors or this process's part of it, tables, the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stsr_core.io.vtk import MASKS, to_vtk_picture
from stsr_core.measuring.rows import Row
from stsr_filters.comparison.differences import error_arrays, error_units
from stsr_filters.comparison.pairs import Pairs
from stsr_filters.comparison.tables import overview_rows, vtk_table, wide_rows
from stsr_filters.pipeline.information import Extent, image_of, part_of, vector, whole_extent
from stsr_filters.pipeline.vtk_compat import (
    process_count,
    process_rank,
    vtkDataObject,
    vtkExtentTranslator,
    vtkImageData,
    vtkStreamingDemandDrivenPipeline,
)

ERRORS, MEASURES, PICTURE, CURVES, OVERVIEW = range(5)
#: Pixels of the output without a picture; ParaView cannot show a single one, and shows every output at first.
NO_PICTURE = (2, 2)
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


def outputs_of(outInfo: Any) -> list[Any]:
    """The five data objects of a request."""
    return [vtkDataObject.GetData(outInfo.GetInformationObject(port)) for port in range(5)]


def fill_errors(outInfo: Any, pairs: Pairs, truth: vtkImageData) -> None:
    """Output 0: the part of the errors that is asked of this process."""
    extent = own_extent(outInfo.GetInformationObject(ERRORS), whole_extent(pairs.grid))
    if extent is not None:
        outputs_of(outInfo)[ERRORS].ShallowCopy(error_image(pairs, extent, truth))


def fill_tables(outInfo: Any, measures: Sequence[Row], curves: Sequence[Row]) -> None:
    """Outputs 1, 3 and 4; in one process alone, for a second copy of a row would be a second row."""
    if process_rank() == 0:
        outputs_of(outInfo)[MEASURES].ShallowCopy(vtk_table(measures))
        outputs_of(outInfo)[CURVES].ShallowCopy(vtk_table(wide_rows(curves)))
        outputs_of(outInfo)[OVERVIEW].ShallowCopy(vtk_table(overview_rows(measures)))


def fill_picture(outInfo: Any, picture: np.ndarray | None, size: tuple[int, int]) -> None:
    """Output 2: (H, W, 3) uint8, or white where there is none of the announced size (width, height)."""
    width, height = size
    if picture is None or picture.shape[:2] != (height, width):
        picture = np.full((height, width, 3), 255, np.uint8)
    outputs_of(outInfo)[PICTURE].ShallowCopy(to_vtk_picture(picture))


def mark_time(outInfo: Any, time: float | None) -> None:
    """Tell of every output which time it is of, if any."""
    if time is not None:
        for output in outputs_of(outInfo):
            output.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), time)
