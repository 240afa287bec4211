"""The two inputs of a comparison as the pipeline knows them, refused in words where they are unusable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stsr_core.grid import Grid
from stsr_filters.comparison.steps import StepTimes
from stsr_filters.pipeline.information import grid_from_information, numbers, vector
from stsr_filters.pipeline.vtk_compat import vtkDataObject, vtkImageData, vtkStreamingDemandDrivenPipeline

NAMES = ("prediction", "ground truth")


@dataclass(frozen=True)
class Inputs:
    """The information objects of prediction and ground truth.

    Parameters
    ----------
    information : (vtkInformation, vtkInformation)
    """

    information: tuple[Any, Any]

    @classmethod
    def of(cls, inInfo: Any) -> Inputs:
        """Those of a request; ValueError if one is not connected."""
        for name, port in zip(NAMES, inInfo, strict=True):
            if port.GetNumberOfInformationObjects() == 0:
                raise ValueError(f"the {name} is not connected")
        return cls(tuple(port.GetInformationObject(0) for port in inInfo))  # type: ignore[arg-type]

    def grids(self) -> tuple[Grid, Grid]:
        """The whole grids that are announced; ValueError unless both are image data."""
        grids = []
        for name, information in zip(NAMES, self.information, strict=True):
            try:
                grids.append(grid_from_information(information))
            except ValueError as error:
                raise ValueError(str(error).replace("the input", f"the {name}", 1)) from None
        return grids[0], grids[1]

    def times(self) -> tuple[StepTimes, StepTimes]:
        """The time steps and ranges that are announced."""
        pipeline = vtkStreamingDemandDrivenPipeline
        predicted, true = (
            StepTimes(
                numbers(information, pipeline.TIME_STEPS()),
                vector(information, pipeline.TIME_RANGE(), 2),  # type: ignore[arg-type]
            )
            for information in self.information
        )
        return predicted, true

    def data_times(self) -> tuple[float | None, float | None]:
        """The time the data of each says it is of, None if it says nothing."""
        key = vtkDataObject.DATA_TIME_STEP()
        found = [vtkDataObject.GetData(i).GetInformation() for i in self.information]
        prediction, truth = (i.Get(key) if i.Has(key) else None for i in found)
        return prediction, truth

    def images(self) -> tuple[vtkImageData, vtkImageData]:
        """The data itself, whole.

        Raises
        ------
        ValueError
            One is no image, is empty because the filter before failed, or is a part of the whole.
        """
        whole = self.grids()
        images = []
        for name, information, grid in zip(NAMES, self.information, whole, strict=True):
            image: Any = vtkDataObject.GetData(information)
            if image.GetNumberOfPoints() == 0:
                raise ValueError(f"the {name} is empty; what is before it in the pipeline has failed")
            if image.GetNumberOfPoints() != grid.size:
                raise ValueError(
                    f"the {name} is a part of its grid ({image.GetNumberOfPoints()} of {grid.size} nodes): a "
                    "comparison needs all of it in one process"
                )
            images.append(image)
        return images[0], images[1]
