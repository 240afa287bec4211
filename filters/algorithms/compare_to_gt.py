"""Compare to GT: a prediction against its ground truth as error arrays, tables, curves and a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stsr_core.interrupts import Stopped
from stsr_filters.comparison.execution import Execution
from stsr_filters.comparison.inputs import Inputs
from stsr_filters.comparison.outputs import CURVES, ERRORS, MEASURES, OVERVIEW, PICTURE, outputs_of
from stsr_filters.comparison.settings import Settings
from stsr_filters.pipeline.reporting import Reporting
from stsr_filters.pipeline.vtk_compat import (
    VTKPythonAlgorithmBase,
    vtkAlgorithm,
    vtkDataObject,
    vtkExecutive,
    vtkStreamingDemandDrivenPipeline,
)

#: What the panel shows where no array is named; an empty line in a list would look like a mistake.
_SAME_NAMES, _FIRST = "(same names)", "(first)"
_STOPPED = "stopped before the end; the outputs are empty"
_TYPES = dict.fromkeys((ERRORS, PICTURE), "vtkImageData") | dict.fromkeys(
    (MEASURES, CURVES, OVERVIEW), "vtkTable"
)


class CompareToGT(VTKPythonAlgorithmBase):
    """Compares a prediction (input 0) with the ground truth (input 1), both image data or series of it.

    Both are asked for the same time, one that both have, and refused if they give two. Output 0 is the
    ground truth's grid with both values and three errors per variable; output 1 a table of every measure,
    one row per variable; output 2 both renderings and their difference image; output 3 the measures of
    every step, if all steps are wanted. Output 1 then holds the means over the steps. Output 4 is output
    1 for people: a row per measure, PSNR first, and a column per variable. What is not defined is NaN,
    with a warning that says why. A failure never raises through VTK: it is shown in the output window,
    sent as an ErrorEvent, kept in ``GetLastError()``, and leaves empty outputs.

    Examples
    --------
    >>> compare = CompareToGT()                                           # doctest: +SKIP
    >>> compare.SetInputConnection(0, upscale.GetOutputPort())            # doctest: +SKIP
    >>> compare.SetInputConnection(1, reader.GetOutputPort())             # doctest: +SKIP
    >>> compare.UpdateTimeStep(12.5)                                      # doctest: +SKIP
    >>> compare.GetOutputDataObject(1).GetColumnByName("psnr").GetValue(0)    # doctest: +SKIP
    31.4
    """

    def __init__(self) -> None:
        # Any data object is let in so that the wrong kind is refused in words and not by VTK's type check.
        VTKPythonAlgorithmBase.__init__(
            self, nInputPorts=2, inputType="vtkDataObject", nOutputPorts=5, outputType="vtkImageData"
        )
        self._settings = Settings()
        self._execution: Execution | None = None
        self._reporting = Reporting(self, "Compare to GT")
        self._stopped: tuple[float | None] | None = None  # the time at which the user stopped it

    # Comparison

    def SetPredictionArray(self, name: str | None) -> None:
        """The prediction's array to compare; "" compares all arrays that both inputs have."""
        self._set(arrays=(_chosen(name), self._settings.arrays[1]))

    def SetTruthArray(self, name: str | None) -> None:
        """The ground truth's array to compare with it; "" is the array of the same name."""
        self._set(arrays=(self._settings.arrays[0], _chosen(name)))

    def SetResample(self, resample: int) -> None:
        """Whether a prediction on other nodes is interpolated trilinearly on those of the ground truth."""
        self._set(resample=bool(resample))

    def SetTimeMatching(self, mode: int) -> None:
        """A :class:`stsr_filters.comparison.steps.TimeMatching`."""
        self._set(matching=int(mode))

    # All time steps

    def SetAllTimeSteps(self, all_steps: int) -> None:
        """Whether every step of the ground truth is compared, for outputs 1 and 3."""
        self._set(all_steps=bool(all_steps))

    def SetModelFile(self, path: str | None) -> None:
        """The model whose trained steps are told from the unseen ones; "" for none."""
        self._set(model_file=path or "")

    # Measures

    def SetIsosurface(self, mode: int) -> None:
        """A :class:`stsr_filters.comparison.surface_choice.Surface`: what the chamfer distance compares."""
        self._set(surface=replace(self._settings.surface, mode=int(mode)))

    def SetIsovalue(self, value: float) -> None:
        """The isovalue in the unit of the data, for the mode Value."""
        self._set(surface=replace(self._settings.surface, value=float(value)))

    def SetDataRange(self, data_range: float) -> None:
        """Greatest minus least value of the whole series, for psnr_global; 0 if it is not known."""
        self._set(data_range=float(data_range))

    def SetCells(self, choice: int) -> None:
        """A :class:`stsr_core.measuring.segmenting.CellChoice`: which cells are measured, if any."""
        self._set(cells=int(choice))

    def SetTableFile(self, path: str | None) -> None:
        """A .csv or .json that each update writes; "" for none."""
        self._set(table_file=path or "")

    # Picture

    def SetPictures(self, enabled: int) -> None:
        """Whether both are rendered, for output 2, LPIPS and the CIELUV difference."""
        self._set(picture=replace(self._settings.picture, enabled=bool(enabled)))

    def SetPictureKind(self, kind: int) -> None:
        """A :class:`stsr_filters.comparison.pictures.PictureKind`."""
        self._set(picture=replace(self._settings.picture, kind=int(kind)))

    def SetPictureVariable(self, name: str | None) -> None:
        """The variable output 2 shows; "" is the first."""
        self._set(picture=replace(self._settings.picture, variable=_chosen(name)))

    def SetPictureSize(self, size: int) -> None:
        """Width and height in pixels of one rendering."""
        self._set(picture=replace(self._settings.picture, size=int(size)))

    def SetColorFile(self, path: str | None) -> None:
        """Preset or state of ParaView with the colours; "" derives them from the ground truth."""
        self._set(picture=replace(self._settings.picture, color_file=path or ""))

    # Status

    def GetStatus(self) -> str:
        """One line: what was found, or what is wrong."""
        return self._reporting.last_error or self._reporting.outcome

    def GetLastError(self) -> str:
        """What was wrong with the last update, "" if it went well."""
        return self._reporting.last_error

    def GetNeedsUpdate(self) -> bool:
        """Asked by ParaView's window while it is idle: nothing changes by itself.

        Who observes the algorithm learns of the idleness by a UserEvent.
        """
        self.InvokeEvent("UserEvent")
        return False

    # The pipeline

    def FillInputPortInformation(self, port: int, info) -> int:
        """Both inputs are needed, but their absence is told in words by RequestData."""
        info.Set(vtkAlgorithm.INPUT_REQUIRED_DATA_TYPE(), "vtkDataObject")
        info.Set(vtkAlgorithm.INPUT_IS_OPTIONAL(), 1)
        return 1

    def FillOutputPortInformation(self, port: int, info) -> int:
        """Two images and three tables."""
        info.Set(vtkDataObject.DATA_TYPE_NAME(), _TYPES[port])
        return 1

    def RequestInformation(self, request, inInfo, outInfo) -> int:
        """Announce grid, picture size and times; whatever was found before is no longer true."""
        self._reporting.reset()
        self._stopped = None
        self._execution = Execution(self._settings, self._report)
        try:
            self._execution.announce(Inputs.of(inInfo), outInfo)
        except Exception as error:
            self._execution.refuse(error, inInfo, outInfo)
            if all(port.GetNumberOfInformationObjects() for port in inInfo):
                self._reporting.foresee(error)
        return 1

    def RequestUpdateExtent(self, request, inInfo, outInfo) -> int:
        """Ask both inputs for their whole grid at one and the same time."""
        if self._execution is not None:
            self._execution.ask(inInfo, self._asked(request, outInfo))
        return 1

    def RequestData(self, request, inInfo, outInfo) -> int:
        """Compare one step; come back for the next as long as there is one; then fill the outputs."""
        again = False
        with self._reporting.update(outputs_of(outInfo)):
            again = self._visit(inInfo, outInfo, self._asked(request, outInfo))
        if again:
            request.Set(vtkStreamingDemandDrivenPipeline.CONTINUE_EXECUTING(), 1)
        else:
            request.Remove(vtkStreamingDemandDrivenPipeline.CONTINUE_EXECUTING())
        return 1

    def _visit(self, inInfo, outInfo, asked: float | None) -> bool:
        execution = self._execution
        if execution is None:
            raise ValueError("nothing is known of the inputs; update the information first")
        # ParaView asks for each output in turn, and would start anew for each.
        if self._stopped == (asked,):
            raise Stopped(_STOPPED)
        try:
            again = execution.visit(inInfo, outInfo)
        except Stopped:
            self._stopped = (asked,)
            raise
        self._stopped = None
        self._reporting.warn(*execution.take_warnings())
        self._reporting.outcome = execution.outcome
        return again

    def _asked(self, request, outInfo) -> float | None:
        port = (
            request.Get(vtkExecutive.FROM_OUTPUT_PORT())
            if request.Has(vtkExecutive.FROM_OUTPUT_PORT())
            else 0
        )
        information = outInfo.GetInformationObject(max(0, port))
        key = vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP()
        return information.Get(key) if information.Has(key) else None

    def _set(self, **changes: Any) -> None:
        changed = replace(self._settings, **changes)
        if changed != self._settings:
            self._settings = changed
            self.Modified()

    def _report(self, fraction: float, text: str) -> None:
        """Tell how far it is, and stop if that is wanted."""
        self._reporting.progress(fraction, text)
        if self._reporting.stop_wanted():
            raise Stopped(_STOPPED)


def _chosen(name: str | None) -> str:
    return "" if name in (None, _SAME_NAMES, _FIRST) else str(name)
