"""Arrays of a prediction and of its ground truth that belong together, on the nodes of the ground truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.vtk import arrays_of, grid_of, to_vtk_image
from stsr_core.io.vtk_points import valid_points
from stsr_core.measuring.pair import Pair, pair_of, paired_names, require_same_nodes
from stsr_core.words import node_count
from stsr_filters.pipeline.vtk_compat import probe_filter, vtkDataArray, vtkImageData

_INSIDE = "nodes inside the prediction"


class NothingToCompare(ValueError):
    """No point is valid and finite in both inputs at this step."""


@dataclass(frozen=True)
class Pairs:
    """What two images have in common.

    Parameters
    ----------
    grid : Grid
        Of the ground truth.
    valid : ndarray of bool
        (Z, Y, X), True at points that are neither ghosts nor invalid in either image.
    pairs : tuple of Pair
        In the ground truth's order; none is without a point to compare.
    remarks : tuple of str
        What was left out.
    """

    grid: Grid
    valid: np.ndarray
    pairs: tuple[Pair, ...]
    remarks: tuple[str, ...]


def pairs_of(
    prediction: vtkImageData,
    truth: vtkImageData,
    *,
    names: tuple[str, str] = ("", ""),
    resample: bool = False,
) -> Pairs:
    """Match the point arrays of two images.

    Parameters
    ----------
    names : (str, str)
        Array of the prediction and of the ground truth that are compared. "" for both: all arrays of equal
        names, or the only one of each. One of them alone stands for both.
    resample : bool
        Interpolate a prediction on other nodes trilinearly on those of the ground truth; points outside the
        prediction are not compared.

    Raises
    ------
    ValueError
        The nodes differ, or no arrays belong together.
    NothingToCompare
        No point is left.
    """
    grid, own = grid_of(truth), grid_of(prediction)
    remarks: list[str] = []
    predicted, true = arrays_of(prediction), arrays_of(truth)
    matched = _matched(tuple(predicted), tuple(true), names, remarks)
    valid = valid_points(truth)
    predicted = {name: predicted[name] for name, _ in matched}
    if not resample:
        require_same_nodes(
            own, grid, remedy="let the prediction match the ground truth's grid, or turn Resample on"
        )
    if own.matches(grid):
        valid &= valid_points(prediction)
    else:
        predicted, inside = _resampled(prediction, own, predicted, grid)
        valid &= inside
        left_out = int(inside.size - np.count_nonzero(inside))
        remarks.append(
            f"the prediction's {node_count(own)} nodes were resampled on the ground truth's "
            + node_count(grid)
            + (f"; {left_out} points lie outside the prediction" if left_out else "")
        )
    if not valid.any():
        raise NothingToCompare("no point of the ground truth is a valid point of both inputs")
    found = [
        pair_of(
            (predicted_as, name),
            true[name],
            predicted[predicted_as],
            remarks,
            valid=valid,
            unit=unit_of(truth, name) or unit_of(prediction, predicted_as),
        )
        for predicted_as, name in matched
    ]
    pairs = tuple(pair for pair in found if pair is not None)
    if not pairs:
        raise NothingToCompare("; ".join(r for r in remarks if r.endswith("nothing to compare")))
    return Pairs(grid, valid, pairs, tuple(remarks))


def truth_values(
    prediction: vtkImageData, truth: vtkImageData, names: tuple[str, str] = ("", "")
) -> dict[str, np.ndarray]:
    """The valid, finite values of each array of the ground truth that is compared, flat; errors as above."""
    true = arrays_of(truth)
    valid = valid_points(truth)
    matched = _matched(tuple(arrays_of(prediction)), tuple(true), names, [])
    return {name: true[name][valid & np.isfinite(true[name])] for _, name in matched}


def _matched(
    predicted: tuple[str, ...], true: tuple[str, ...], names: tuple[str, str], remarks: list[str]
) -> list[tuple[str, str]]:
    """(name in the prediction, name in the ground truth) of what is compared."""
    for which, listed in (("prediction", predicted), ("ground truth", true)):
        if not listed:
            raise ValueError(
                f"the {which} has no numeric point array; make point data of cell data with "
                "Cell Data To Point Data first"
            )
    if any(names):
        chosen = names[0] or names[1], names[1] or names[0]
        both = (("prediction", predicted), ("ground truth", true))
        for name, (which, listed) in zip(chosen, both, strict=True):
            if name not in listed:
                raise ValueError(f"the {which} has no variable {name!r}; it has {', '.join(listed)}")
        return [chosen]
    remedy = "name one of each as Prediction Array and Truth Array"
    return paired_names(predicted, true, remarks, remedy=remedy)


def _resampled(
    image: vtkImageData, own: Grid, arrays: dict[str, np.ndarray], grid: Grid
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Arrays at the nodes of ``grid``, and which of these lie inside the image."""
    valid = valid_points(image)
    source: dict[str, np.ndarray] = {
        # NaN spoils every interpolation that an invalid point has a part in, and so takes it out.
        name: np.where(valid, values, np.nan).astype(_float_type(values))
        for name, values in arrays.items()
    }
    probe = probe_filter()
    probe.SetInputData(to_vtk_image(grid, {}))
    probe.SetSourceData(to_vtk_image(own, source))
    probe.SetValidPointMaskArrayName(_INSIDE)
    with np.errstate(invalid="ignore"):
        probe.Update()
    found = arrays_of(probe.GetOutput())
    inside = found.pop(_INSIDE) != 0
    return found, inside


def _float_type(values: np.ndarray) -> type:
    return np.float64 if values.dtype == np.float64 else np.float32


def unit_of(image: vtkImageData, name: str) -> str:
    """Unit of a point array, "" if none is known."""
    array = image.GetPointData().GetArray(name)  # None for one component of a vector
    key = vtkDataArray.UNITS_LABEL()
    if array is None or not array.HasInformation() or not array.GetInformation().Has(key):
        return ""
    return str(array.GetInformation().Get(key))
