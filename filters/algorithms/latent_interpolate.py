"""Latent Interpolate: what lies between the variables or ensemble members of one model."""

from __future__ import annotations

from dataclasses import replace

from stsr_core.request.blend import BlendChoice, BlendMode
from stsr_core.request.output import Request
from stsr_filters.algorithms.model_source import ModelSource
from stsr_filters.pipeline.information import ask_for_one_node
from stsr_filters.pipeline.vtk_compat import (
    vtkAlgorithm,
    vtkDataArraySelection,
    vtkStreamingDemandDrivenPipeline,
)

#: What the lists of the panel show where no member is named.
AUTOMATIC = "(automatic)"


class LatentInterpolate(ModelSource):
    """Mixes the latent vectors of two or more variables or ensemble members and decodes the result.

    The input is optional and says one thing only: whose model is taken where no file is chosen.

    The value range is the weighted mean of theirs. The first member says where the output lies: positions
    and times of the others are taken relative to their own boxes and time ranges. The array is called
    "interpolated"; its weights stand in the field data "interpolated members" and "interpolated weights".

    Examples
    --------
    >>> source = LatentInterpolate()           # doctest: +SKIP
    >>> source.SetFileName("both.stsr")        # doctest: +SKIP
    >>> source.SetWeight(0.25)                 # doctest: +SKIP
    >>> source.UpdateTimeStep(12.5)            # doctest: +SKIP
    """

    def __init__(self) -> None:
        super().__init__("Latent Interpolate", 1)
        self._blend = BlendChoice()

    def SetBlend(self, mode: int) -> None:
        """A :class:`~stsr_core.request.blend.BlendMode`: two members, a list of weights, or a sweep."""
        self._set("_blend", replace(self._blend, mode=int(mode)))

    def SetFirst(self, name: str | None) -> None:
        """The member at Weight 0; "" or "(automatic)" for the model's first."""
        self._set("_blend", replace(self._blend, first=_named(name)))

    def SetSecond(self, name: str | None) -> None:
        """The member at Weight 1; "" or "(automatic)" for the one after First."""
        self._set("_blend", replace(self._blend, second=_named(name)))

    def SetWeight(self, weight: float) -> None:
        """Of Second, 0 to 1."""
        self._set("_blend", replace(self._blend, weight=float(weight)))

    def SetWeights(self, weights: str | None) -> None:
        """Like "run01=0.5, run02=0.5"; divided by their sum if it is not 1."""
        self._set("_blend", replace(self._blend, weights=weights or ""))

    def SetInterpolation(self, interpolation: int) -> None:
        """0 linear, 1 spherical."""
        self._set("_blend", replace(self._blend, interpolation=int(interpolation)))

    def SetSimulationTime(self, time: float) -> None:
        """The time that a sweep shows."""
        self._set("_blend", replace(self._blend, simulation_time=float(time)))

    def SetSweepFactor(self, factor: float) -> None:
        """Listed positions per member of a sweep, > 0."""
        self._set("_blend", replace(self._blend, sweep_factor=float(factor)))

    def GetMembersSelection(self) -> vtkDataArraySelection:
        """Which members a sweep runs through, in the model's order; all at first."""
        return self.GetVariableSelection()

    def GetMemberChoices(self) -> list[str]:
        """What First and Second can be: "(automatic)" and the members of the model."""
        header = self._try_header()
        return [AUTOMATIC, *(() if header is None else header.domain.names)]

    def GetPositions(self) -> list[float]:
        """First and last time of a sweep, which are positions between its members; [0, 0] without a model."""
        return list((self._announced and self._announced.content.time_range) or (0.0, 0.0))

    # The pipeline

    def FillInputPortInformation(self, port: int, info) -> int:
        """The input is optional."""
        info.Set(vtkAlgorithm.INPUT_REQUIRED_DATA_TYPE(), "vtkDataObject")
        info.Set(vtkAlgorithm.INPUT_IS_OPTIONAL(), 1)
        return 1

    def RequestUpdateExtent(self, request, inInfo, outInfo) -> int:
        """Ask the input for next to nothing: only the model behind it is wanted."""
        for i in range(inInfo[0].GetNumberOfInformationObjects()):
            information = inInfo[0].GetInformationObject(i)
            ask_for_one_node(information)
            if self._blend.mode == BlendMode.SWEEP:  # the time asked for is a position between members
                key = vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP()
                information.Set(key, self._blend.simulation_time)
        return 1

    def _request(self) -> Request:
        # Only a sweep asks which members are ticked: elsewhere none need be.
        ticked = self._variables.chosen() if self._blend.mode == BlendMode.SWEEP else ()
        return Request(
            ticked, self._blend, self._grid_choice, self._time_choice, self._base_grid, clamp=self._clamp
        )


def _named(name: str | None) -> str:
    """ "" where no member is named; ParaView sends None for an empty string."""
    return "" if name in (None, AUTOMATIC) else name
