"""The steps that live views show: images by title, their errors, and the ranges of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtkmodules.vtkCommonDataModel import vtkImageData

from stsr_core.io.vtk import to_vtk_image
from stsr_core.measuring.survey import Survey
from stsr_filters.comparison.differences import error_arrays
from stsr_filters.comparison.pairs import pairs_of
from stsr_filters.live.look import error_title, error_transfer_function, symmetric_limit
from stsr_filters.rendering.animation import Frame, images_of
from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.rendering.drawn_data import by_title, point_values
from stsr_filters.rendering.transfer_function import TransferFunction

#: Name of the array that the images of errors hold.
ERROR = "error"


@dataclass(frozen=True)
class Steps:
    """Images by title at each step, the ground truth first, and what is compared with it."""

    frames: Sequence[Frame]
    arrays: dict[str, str]
    predictions: list[str]

    @classmethod
    def of(cls, images: Any, array: str | Mapping[str, str], difference: bool) -> Steps:
        frames: Sequence[Frame] = [(None, images)] if isinstance(images, Mapping) else images
        if not frames:
            raise ValueError("images must hold at least one step, got none")
        titles = list(images_of(frames[0]))
        if not titles:
            raise ValueError("images must hold at least one image, got none")
        if difference and len(titles) < 2:
            raise ValueError("difference needs at least two images, got one; say difference=False")
        return cls(frames, by_title(titles, array), titles[1:] if difference else [])

    @property
    def titles(self) -> list[str]:
        return list(self.arrays)

    def at(self, index: int) -> tuple[float | None, dict[str, vtkImageData], dict[str, vtkImageData]]:
        """Time, images by title, and images of the errors by their titles."""
        images = dict(images_of(self.frames[index]))
        if list(images) != self.titles:
            raise ValueError(f"step {index} must have the titles {self.titles}, got {list(images)}")
        errors = {error_title(t): self._error(images, t) for t in self.predictions}
        return self.frames[index][0], images, errors

    def transfer_functions(
        self, values: TransferFunction | None, error_limit: float | None
    ) -> tuple[TransferFunction, TransferFunction | None]:
        """Of the values and of the errors, over all steps; what is given is not looked for."""
        name = self.arrays[self.titles[0]]
        truth, error = Survey(len(self.frames)), Survey(len(self.frames))
        looked_for = values is None or (error_limit is None and self.predictions)
        for index in range(len(self.frames) if looked_for else 0):
            _, images, errors = self.at(index)
            found, missing = point_values(images[self.titles[0]], name)
            truth.add(found[~missing])
            for image in errors.values():
                found, missing = point_values(image, ERROR)
                error.add(found[~missing])
        values = values or transfer_function_of(truth.sample(), name=name)
        if not self.predictions:
            return values, None
        limit = symmetric_limit(error.extremes, values) if error_limit is None else error_limit
        return values, error_transfer_function(limit, name=f"{name}_error")

    def _error(self, images: Mapping[str, vtkImageData], title: str) -> vtkImageData:
        name = self.arrays[self.titles[0]]
        names = self.arrays[title], name
        for checked, array in ((title, names[0]), (self.titles[0], name)):
            point_values(images[checked], array)
        pairs = pairs_of(images[title], images[self.titles[0]], names=names, resample=True)
        return to_vtk_image(pairs.grid, {ERROR: error_arrays(pairs.pairs[0])[f"{name}_error"]})
