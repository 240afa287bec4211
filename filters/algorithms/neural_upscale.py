"""Neural Upscale: the region of a coarse series at any resolution and any time between the trained ones."""

from __future__ import annotations

import numpy as np

from stsr_core.grid import Grid
from stsr_core.request.output import Request
from stsr_core.request.output_grid import GridChoice, GridMode
from stsr_core.request.region import Region, training_grid
from stsr_filters.algorithms.extra_arrays import ExtraArrays
from stsr_filters.pipeline.information import ask_for_whole, asked_time, grid_from_information, time_steps
from stsr_filters.pipeline.vtk_compat import vtkAlgorithm, vtkStreamingDemandDrivenPipeline


class NeuralUpscale(ExtraArrays):
    """Decodes a model over the region of its input, by default at the nodes its samples were kept from.

    Input 0 is image data, static or a time series: it says the region and, if wanted, the time steps;
    its values are not read, because the model holds them. Input 1, optional, is image data whose grid
    the output takes in the mode "Match dataset".

    Examples
    --------
    >>> upscale = NeuralUpscale()                             # doctest: +SKIP
    >>> upscale.SetInputConnection(reader.GetOutputPort())    # doctest: +SKIP
    >>> upscale.SetModelFile("vf.stsr")                       # doctest: +SKIP
    >>> upscale.SetOutputGrid(0)                              # doctest: +SKIP
    >>> upscale.SetFactor(4)                                  # doctest: +SKIP
    >>> upscale.UpdateTimeStep(12.5)                          # doctest: +SKIP
    """

    def __init__(self) -> None:
        super().__init__("Neural Upscale", 2, GridChoice(GridMode.TRAINING, factor=2.0))

    def KnowsTrainingGrid(self) -> int:
        """1 if the mode "Training grid" has one of the model, 0 if Factor counts in it."""
        header = self._try_header()
        return int(header is not None and training_grid(header.domain[0]) is not None)

    # The pipeline

    def FillInputPortInformation(self, port: int, info) -> int:
        """Input 1 is optional."""
        info.Set(vtkAlgorithm.INPUT_REQUIRED_DATA_TYPE(), "vtkDataObject")
        if port == 1:
            info.Set(vtkAlgorithm.INPUT_IS_OPTIONAL(), 1)
        return 1

    def RequestUpdateExtent(self, request, inInfo, outInfo) -> int:
        """Ask each input for its own whole grid at its own step nearest to the time asked for."""
        asked = asked_time(outInfo.GetInformationObject(0))
        for port in inInfo:
            for i in range(port.GetNumberOfInformationObjects()):
                information = port.GetInformationObject(i)
                ask_for_whole(information)
                steps = time_steps(information)
                if steps and asked is not None:
                    nearest = steps[int(np.argmin(np.abs(np.array(steps) - asked)))]
                    information.Set(vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP(), nearest)
        return 1

    def _request(self) -> Request:
        return Request(
            self._variables.chosen(), grid=self._grid_choice, time=self._time_choice, extras=self._extras
        )

    def _place(self, inInfo) -> tuple[Region | None, Grid | None]:
        if inInfo[0].GetNumberOfInformationObjects() == 0:
            raise ValueError("the input is not connected")
        information = inInfo[0].GetInformationObject(0)
        like = None
        if self._grid_choice.mode == GridMode.MATCH and inInfo[1].GetNumberOfInformationObjects() > 0:
            like = grid_from_information(inInfo[1].GetInformationObject(0))
        return Region(grid_from_information(information), time_steps(information)), like
