"""What the views show of one step, whatever the colours: images by title, and their error."""

from __future__ import annotations

from typing import TypeAlias

from vtkmodules.vtkCommonDataModel import vtkImageData

from stsr_core.io.vtk import to_vtk_image
from stsr_filters.decoding.order import Decoded, Order
from stsr_filters.live.steps import Steps
from stsr_filters.web.prediction import Prediction, Wish

#: Images by title, None where there is none at the time; and the arrays of those that are no errors.
Pictured: TypeAlias = tuple[dict[str, vtkImageData | None], dict[str, str]]
_TRUTH, _PREDICTION, _DIFFERENCE = "ground truth", "prediction", "prediction − ground truth"


def pictured(
    prediction: Prediction, wish: Wish, order: Order, decoded: Decoded, with_truth: bool
) -> Pictured:
    """The prediction; with its ground truth and the error, if the variable has one and it is wanted.

    Between the steps of the ground truth these keep their places, so that an animation does not flicker.
    """
    array = order.arrays[0][0]
    predicted = to_vtk_image(order.grid, decoded.values)
    truth = prediction.truth(wish) if with_truth else None
    if truth is None:
        return {_PREDICTION: predicted}, {_PREDICTION: array}
    arrays = {_TRUTH: truth.name, _PREDICTION: array}
    step = prediction.step_of(truth, wish.time)
    if step is None:
        return {_TRUTH: None, _PREDICTION: predicted, _DIFFERENCE: None}, arrays
    images = {
        _TRUTH: to_vtk_image(truth.grid, {truth.name: prediction.true_values(truth, step)}),
        _PREDICTION: predicted,
    }
    (error,) = Steps.of(images, arrays, True).at(0)[2].values()
    return {**images, _DIFFERENCE: error}, arrays
