"""What Compare to GT tells the pipeline before any data exists, and what it asks its inputs for."""

from __future__ import annotations

from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_filters.comparison.outputs import CURVES, ERRORS, MEASURES, OVERVIEW, PICTURE
from stsr_filters.comparison.steps import StepTimes
from stsr_filters.comparison.walk import Visit
from stsr_filters.pipeline.information import announce, ask_for_whole
from stsr_filters.pipeline.vtk_compat import vtkAlgorithm, vtkStreamingDemandDrivenPipeline


def announce_outputs(outInfo: Any, grid: Grid, times: StepTimes, picture_size: tuple[int, int]) -> None:
    """Grid, picture size (width, height) and times of the five outputs."""
    pipeline = vtkStreamingDemandDrivenPipeline
    steps = np.array(times.steps)
    span = times.span
    width, height = picture_size
    announce(outInfo.GetInformationObject(ERRORS), grid, steps, span)
    outInfo.GetInformationObject(ERRORS).Set(vtkAlgorithm.CAN_PRODUCE_SUB_EXTENT(), 1)
    announce(outInfo.GetInformationObject(PICTURE), Grid((1, height, width)), steps, span)
    for port in (MEASURES, CURVES, OVERVIEW):
        information = outInfo.GetInformationObject(port)
        information.Remove(pipeline.TIME_STEPS())
        information.Remove(pipeline.TIME_RANGE())
        if span is not None:
            information.Set(pipeline.TIME_STEPS(), times.steps, len(times.steps))
            information.Set(pipeline.TIME_RANGE(), span, 2)


def ask_inputs(inInfo: Any, visit: Visit) -> None:
    """Ask both inputs for the times of a visit, and for all of their grid, on every rank."""
    pipeline = vtkStreamingDemandDrivenPipeline
    for port, when in zip(inInfo, (visit.prediction, visit.truth), strict=True):
        for i in range(port.GetNumberOfInformationObjects()):
            information = port.GetInformationObject(i)
            ask_for_whole(information)
            information.Set(pipeline.UPDATE_PIECE_NUMBER(), 0)
            information.Set(pipeline.UPDATE_NUMBER_OF_PIECES(), 1)
            information.Set(pipeline.UPDATE_NUMBER_OF_GHOST_LEVELS(), 0)
            if when is not None:
                information.Set(pipeline.UPDATE_TIME_STEP(), when)
