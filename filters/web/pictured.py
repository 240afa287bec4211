"""What the views show of one step, whatever the colours: images by title, and their error."""

from __future__ import annotations

from typing import TypeAlias

from vtkmodules.vtkCommonDataModel import vtkImageData

from stsr_core.io.vtk import to_vtk_image
from stsr_filters.decoding.order import Decoded, Order
from stsr_filters.live.steps import Steps
from stsr_filters.web.prediction import Prediction, Wish

#: Images and arrays by title, and the error.
Pictured: TypeAlias = tuple[dict[str, vtkImageData], dict[str, str], vtkImageData | None]
_TRUTH, _PREDICTION = "ground truth", "prediction"


def pictured(
    prediction: Prediction, wish: Wish, order: Order, decoded: Decoded, with_truth: bool
) -> Pictured:
    """The prediction; with the ground truth of its time and the error, if there is one and it is wanted."""
    array = order.arrays[0][0]
    predicted = to_vtk_image(order.grid, decoded.values)
    truth = prediction.truth(wish) if with_truth else None
    step = None if truth is None else prediction.step_of(truth, wish.time)
    if truth is None or step is None:
        return {_PREDICTION: predicted}, {_PREDICTION: array}, None
    true = to_vtk_image(truth.grid, {truth.name: prediction.true_values(truth, step)})
    images = {_TRUTH: true, _PREDICTION: predicted}
    arrays = {_TRUTH: truth.name, _PREDICTION: array}
    _, _, errors = Steps.of(images, arrays, True).at(0)
    (error,) = errors.values()
    return images, arrays, error
