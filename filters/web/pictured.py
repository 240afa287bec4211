"""What the views show of one step, whatever the colours: images by title, and their error."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData

from stsr_core.io.vtk import to_vtk_image
from stsr_core.series import Variable
from stsr_filters.decoding.order import Decoded, Order
from stsr_filters.live.steps import Steps

#: Images by title, None where there is none at the time; and the arrays of those that are no errors.
Pictured: TypeAlias = tuple[dict[str, vtkImageData | None], dict[str, str]]
_TRUTH, _PREDICTION, _DIFFERENCE = "ground truth", "prediction", "prediction − ground truth"


def pictured(order: Order, decoded: Decoded, truth: Variable | None, true: np.ndarray | None) -> Pictured:
    """The prediction; with its ground truth and the error, if there is one and it is wanted.

    Without ``true``, the values of the ground truth (Z, Y, X), these keep their places: between its steps, so
    that an animation does not flicker, and while they are read.
    """
    array = order.arrays[0][0]
    predicted = to_vtk_image(order.grid, decoded.values)
    if truth is None:
        return {_PREDICTION: predicted}, {_PREDICTION: array}
    arrays = {_TRUTH: truth.name, _PREDICTION: array}
    if true is None:
        return {_TRUTH: None, _PREDICTION: predicted, _DIFFERENCE: None}, arrays
    images = {_TRUTH: to_vtk_image(truth.grid, {truth.name: true}), _PREDICTION: predicted}
    (error,) = Steps.of(images, arrays, True).at(0)[2].values()
    return {**images, _DIFFERENCE: error}, arrays
