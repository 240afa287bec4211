"""Neural Upscale: the region of a coarse series at any resolution and any time between the trained ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stsr_core.coordinates import in_frame_of
from stsr_core.grid import Grid
from stsr_core.model.checkpoint import Header
from stsr_core.request.output import Region
from stsr_core.request.output_grid import GridChoice, GridMode, overlap
from stsr_core.words import bounds_text
from stsr_filters.algorithms.model_algorithm import ModelAlgorithm
from stsr_filters.pipeline.information import ask_for_whole, grid_from_information, numbers
from stsr_filters.pipeline.vtk_compat import vtkAlgorithm, vtkStreamingDemandDrivenPipeline


class NeuralUpscale(ModelAlgorithm):
    """Decodes a model over the region of its input.

    Input 0 is image data, static or a time series: it says the region and, if wanted, the time steps;
    its values are not read, because the model holds them. Input 1, optional, is image data whose grid
    the output takes in the mode "Match dataset".

    Examples
    --------
    >>> upscale = NeuralUpscale()                             # doctest: +SKIP
    >>> upscale.SetInputConnection(reader.GetOutputPort())    # doctest: +SKIP
    >>> upscale.SetModelFile("vf.stsr")                       # doctest: +SKIP
    >>> upscale.SetFactor(4)                                  # doctest: +SKIP
    >>> upscale.UpdateTimeStep(12.5)                          # doctest: +SKIP
    """

    def __init__(self) -> None:
        super().__init__("Neural Upscale", 2, GridChoice(factor=2.0))

    def FillInputPortInformation(self, port: int, info) -> int:
        """Input 1 is optional."""
        info.Set(vtkAlgorithm.INPUT_REQUIRED_DATA_TYPE(), "vtkDataObject")
        if port == 1:
            info.Set(vtkAlgorithm.INPUT_IS_OPTIONAL(), 1)
        return 1

    def RequestUpdateExtent(self, request, inInfo, outInfo) -> int:
        """Ask each input for its own whole grid at its own step nearest to the time asked for."""
        pipeline = vtkStreamingDemandDrivenPipeline
        out = outInfo.GetInformationObject(0)
        for port in inInfo:
            for i in range(port.GetNumberOfInformationObjects()):
                information = port.GetInformationObject(i)
                ask_for_whole(information)
                steps = numbers(information, pipeline.TIME_STEPS())
                if steps and out.Has(pipeline.UPDATE_TIME_STEP()):
                    asked = out.Get(pipeline.UPDATE_TIME_STEP())
                    nearest = steps[int(np.argmin(np.abs(np.array(steps) - asked)))]
                    information.Set(pipeline.UPDATE_TIME_STEP(), nearest)
        return 1

    def _region(self, header: Header, names: Sequence[str], inInfo) -> Region:
        if inInfo[0].GetNumberOfInformationObjects() == 0:
            raise ValueError("the input is not connected")
        information = inInfo[0].GetInformationObject(0)
        grid = grid_from_information(information)
        like = None
        if self._grid_choice.mode == GridMode.MATCH and inInfo[1].GetNumberOfInformationObjects() > 0:
            like = grid_from_information(inInfo[1].GetInformationObject(0))
        times = numbers(information, vtkStreamingDemandDrivenPipeline.TIME_STEPS())
        remarks = _region_remarks(like or grid, header, names)
        return Region(grid, like, times, remarks)


def _region_remarks(region: Grid, header: Header, names: Sequence[str]) -> tuple[str, ...]:
    """A warning for every variable that was not trained on the whole of the region.

    Raises
    ------
    ValueError
        If a variable was trained on none of it: whatever came out would be made up.
    """
    remarks: dict[str, None] = {}  # an ordered set: variables on one grid say the same
    for name in names:
        trained = header.domain.variable(name).full_grid
        where = overlap(in_frame_of(region, trained), trained)
        spans = f"the region spans {bounds_text(region)}, the model {bounds_text(trained)}"
        if where == "outside":
            raise ValueError(f"the input lies outside the model: {spans}")
        if where == "beyond":
            remarks[f"values beyond the model's region are extrapolated: {spans}"] = None
    return tuple(remarks)
