"""Neural Homogenization: a coarse solution and a fine coefficient → the corrected solution on a fine grid."""

from __future__ import annotations

import time as clock
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.vtk import arrays_of
from stsr_core.io.vtk_cells import cell_arrays_of
from stsr_core.words import node_count
from stsr_filters.decoding.order import ModelKey, model_key
from stsr_filters.decoding.resources import missing_packages, require_torch
from stsr_filters.pipeline.information import (
    announce,
    ask_for_whole,
    grid_from_information,
    image_of,
    whole_extent,
)
from stsr_filters.pipeline.reporting import Reporting
from stsr_filters.pipeline.vtk_compat import (
    VTKPythonAlgorithmBase,
    vtkAlgorithm,
    vtkDataObject,
    vtkImageData,
    warped,
)


class Amplitude(IntEnum):
    """Where the amplitude of the corrected solution comes from."""

    AUTOMATIC = 0  # from the network if it knows it, else from the equation
    EQUATION = 1
    NETWORK = 2
    SHAPE = 3  # none: the normalised shape


#: The same as the core calls it.
_WORDS = {
    Amplitude.AUTOMATIC: "",
    Amplitude.EQUATION: "equation",
    Amplitude.NETWORK: "network",
    Amplitude.SHAPE: "none",
}


@dataclass(frozen=True)
class Correction:
    """What is asked of a network."""

    model_file: str = ""
    scale: float = 4.0  # fine intervals for each coarse one
    load: float = 1.0  # f
    amplitude: int = Amplitude.AUTOMATIC
    keep_boundary: bool = True  # put the exact 0 there
    smoothing: int = 0  # sweeps of the multigrid's smoother
    warp_by_height: bool = False  # whether output 1 has the surface
    warp_factor: float = 100.0  # its height for a value of 1
    device: str = "auto"


class NeuralHomogenization(VTKPythonAlgorithmBase):
    """Corrects the coarse solution at input 0 by a network and the coefficient at input 1.

    The solution is the active point array of an image of one slice. The coefficient is cell data, a value for
    each cell, or point data with a node for each. Output 0 has the corrected solution under the name of the
    coarse one, and ``NAME_interpolated``, what cubic interpolation makes of it. Output 1 is the same as a
    surface whose height is the solution times a factor, empty unless it is asked for; what needs an image,
    as Compare to GT does, takes output 0.

    Examples
    --------
    >>> homogenize = NeuralHomogenization()                            # doctest: +SKIP
    >>> homogenize.SetInputConnection(0, coarse.GetOutputPort(0))      # doctest: +SKIP
    >>> homogenize.SetInputConnection(1, coarse.GetOutputPort(1))      # doctest: +SKIP
    >>> homogenize.SetModelFile("h.stsr")                              # doctest: +SKIP
    >>> homogenize.SetScale(16)                                        # doctest: +SKIP
    """

    def __init__(self) -> None:
        # Any data object is let in so that the wrong kind is refused in words and not by VTK's type check.
        VTKPythonAlgorithmBase.__init__(
            self, nInputPorts=2, inputType="vtkDataObject", nOutputPorts=2, outputType="vtkImageData"
        )
        self._correction = Correction()
        self._reporting = Reporting(self, "Neural Homogenization")
        self._network: tuple[ModelKey, str, Any] | None = None

    def SetModelFile(self, path: str | None) -> None:
        """The .stsr file of `stsr homogenize fit`."""
        self._set(model_file=path or "")

    def SetScale(self, scale: float) -> None:
        """Fine intervals for each coarse one: any number above 0."""
        self._set(scale=float(scale))

    def SetLoad(self, load: float) -> None:
        """f of the coarse solution."""
        self._set(load=float(load))

    def SetAmplitude(self, amplitude: int) -> None:
        """An :class:`Amplitude`."""
        self._set(amplitude=int(amplitude))

    def SetKeepBoundary(self, keep: int) -> None:
        """Whether the boundary gets its exact 0."""
        self._set(keep_boundary=bool(keep))

    def SetSmoothing(self, sweeps: int) -> None:
        """Sweeps of the multigrid's smoother, afterwards."""
        self._set(smoothing=int(sweeps))

    def SetWarpByHeight(self, warp: int) -> None:
        """Whether output 1 has the surface."""
        self._set(warp_by_height=bool(warp))

    def SetWarpFactor(self, factor: float) -> None:
        """Height of the surface for a value of 1."""
        self._set(warp_factor=float(factor))

    def SetDevice(self, device: str | None) -> None:
        """Where to compute: auto, cpu, cuda, cuda:N or mps."""
        self._set(device=device or "auto")

    def GetStatus(self) -> str:
        """One line: what was corrected, or what is wrong or missing."""
        if self._reporting.last_error:
            return self._reporting.last_error
        if not self._correction.model_file:
            return "no model file is chosen"
        return self._reporting.outcome or missing_packages()

    def GetLastError(self) -> str:
        """What was wrong with the last update, "" if it went well."""
        return self._reporting.last_error

    # The pipeline

    def FillInputPortInformation(self, port: int, info) -> int:
        """Both inputs are needed, but their absence is told in words by RequestData."""
        info.Set(vtkAlgorithm.INPUT_REQUIRED_DATA_TYPE(), "vtkDataObject")
        info.Set(vtkAlgorithm.INPUT_IS_OPTIONAL(), 1)
        return 1

    def FillOutputPortInformation(self, port: int, info) -> int:
        """An image, and a surface."""
        info.Set(vtkDataObject.DATA_TYPE_NAME(), ("vtkImageData", "vtkPolyData")[port])
        return 1

    def RequestInformation(self, request, inInfo, outInfo) -> int:
        """Announce the fine grid; a failure is told by RequestData."""
        self._reporting.reset()
        try:
            grid = self._grid(inInfo)
        except ValueError as error:
            self._reporting.foresee(error)
            grid = Grid((1, 1, 1))
        announce(outInfo.GetInformationObject(0), grid, (), None)
        return 1

    def RequestUpdateExtent(self, request, inInfo, outInfo) -> int:
        """Ask both inputs for their whole grid."""
        for port in inInfo:
            for i in range(port.GetNumberOfInformationObjects()):
                ask_for_whole(port.GetInformationObject(i))
        return 1

    def RequestData(self, request, inInfo, outInfo) -> int:
        """Correct, or leave the output empty with an error."""
        image, surface = (vtkDataObject.GetData(outInfo, port) for port in (0, 1))
        with self._reporting.update([image, surface]):
            self._correct(image, surface, inInfo)
        return 1

    def _grid(self, inInfo) -> Grid:
        _connected(inInfo[0], "the coarse solution")
        coarse = grid_from_information(inInfo[0].GetInformationObject(0))
        return coarse.refined((1.0, self._correction.scale, self._correction.scale))

    def _correct(self, image: Any, surface: Any, inInfo) -> None:
        require_torch()
        from stsr_core.homogenization import prediction

        if not self._correction.model_file:
            raise ValueError("no model file is chosen")
        grid, choice = self._grid(inInfo), self._correction
        _connected(inInfo[1], "the coefficient")
        name, coarse = _solution(vtkImageData.GetData(inInfo[0]))
        coefficient = _coefficient(vtkImageData.GetData(inInfo[1]))
        network, remark = self._loaded()
        started = clock.perf_counter()
        values = prediction.correct(
            network,
            coefficient,
            coarse,
            choice.scale,
            load=choice.load,
            amplitude=_WORDS[Amplitude(choice.amplitude)],
            keep_boundary=choice.keep_boundary,
            sweeps=choice.smoothing,
            on_progress=lambda part: self._reporting.progress(part, "correcting"),
            should_stop=self._reporting.stop_wanted,
        )
        seconds = clock.perf_counter() - started
        if remark:
            self._reporting.warn(remark)
        cubic = prediction.interpolated_grid(coarse, len(values))
        arrays = {name: values[None], f"{name}_interpolated": cubic[None]}
        image.ShallowCopy(image_of(grid, whole_extent(grid), arrays, {}))
        if choice.warp_by_height:
            surface.ShallowCopy(warped(image, name, choice.warp_factor))
        done = f"{network.configuration.method}: {node_count(grid)} nodes in {seconds:.2f} s"
        self._reporting.outcome = f"{done}; {remark}" if remark else done

    def _loaded(self) -> tuple[Any, str]:
        """The network of the model file as it is now, and what is to be said of the device."""
        from stsr_core.homogenization import file
        from stsr_core.inference.device import usable_device

        key, wanted = model_key(self._correction.model_file), self._correction.device
        device, remark = usable_device(wanted)
        if self._network is None or self._network[:2] != (key, wanted):
            self._network = (key, wanted, file.load(self._correction.model_file, device))
        return self._network[2], remark

    def _set(self, **changes: Any) -> None:
        changed = replace(self._correction, **changes)
        if changed != self._correction:
            self._correction = changed
            self.Modified()


def _connected(port: Any, what: str) -> None:
    if port.GetNumberOfInformationObjects() == 0:
        raise ValueError(f"{what} is not connected")


def _solution(image: Any) -> tuple[str, np.ndarray]:
    """Name and values (Y, X) of the active point array of an image, or of its first."""
    if image is None:
        raise ValueError("the coarse solution must be image data (a uniform grid)")
    arrays = arrays_of(image)
    if not arrays:
        raise ValueError("the coarse solution must be a point array, the input has none")
    active = image.GetPointData().GetScalars()
    name = active.GetName() if active is not None and active.GetName() in arrays else next(iter(arrays))
    return name, _slice(arrays[name], "the coarse solution")


def _coefficient(image: Any) -> np.ndarray:
    """A (E, E): the first cell array of an image, else its first point array."""
    if image is None:
        raise ValueError("the coefficient must be image data (a uniform grid)")
    arrays = cell_arrays_of(image) or arrays_of(image)
    if not arrays:
        raise ValueError("the coefficient must be a cell array, the input has none")
    return _slice(next(iter(arrays.values())), "the coefficient")


def _slice(values: np.ndarray, what: str) -> np.ndarray:
    if values.shape[0] != 1:
        raise ValueError(f"{what} must be one slice in z, got {values.shape[0]}")
    return np.asarray(values[0], dtype=np.float64)
