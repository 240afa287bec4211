"""The properties of the algorithms around a model file, as a panel or a script sets them."""

from __future__ import annotations

from dataclasses import replace

from stsr_core.model.checkpoint import CheckpointError, Header
from stsr_core.model.summary import describe
from stsr_core.request.clamp import Clamp
from stsr_core.request.output import Output
from stsr_core.request.output_grid import GridChoice
from stsr_core.request.output_times import TimeChoice, TimeMode
from stsr_filters.decoding.decoder import Decoder
from stsr_filters.decoding.order import Performance
from stsr_filters.decoding.resources import largest_factor
from stsr_filters.pipeline.upstream import model_before
from stsr_filters.pipeline.variable_choice import VariableChoice
from stsr_filters.pipeline.vtk_compat import VTKPythonAlgorithmBase, vtkDataArraySelection


class ModelProperties(VTKPythonAlgorithmBase):
    """Setters and what a panel reads; a setter marks the algorithm as modified where the value is another.

    Parameters
    ----------
    n_inputs : int
    grid_choice : GridChoice
        The output grid until another is chosen.
    """

    def __init__(self, n_inputs: int, grid_choice: GridChoice) -> None:
        # Any data object is let in so that the wrong kind is refused in words and not by VTK's type check.
        VTKPythonAlgorithmBase.__init__(
            self, nInputPorts=n_inputs, inputType="vtkDataObject", nOutputPorts=1, outputType="vtkImageData"
        )
        self._chosen = ""
        self._model_file = ""  # what was chosen, or else found upstream
        self._grid_choice = grid_choice
        self._time_choice = TimeChoice(TimeMode.ORIGINAL, factor=1.0)
        self._clamp = int(Clamp.AUTOMATIC)
        self._performance = Performance()
        self._decoder = Decoder()
        self._bakes = False
        self._variables = VariableChoice(self)
        self._announced: Output | None = None

    # Model and variables

    def SetModelFile(self, path: str | None) -> None:
        """The .stsr file; "" for that of what stands before. ParaView sends None for an empty string."""
        self._set("_chosen", path or "")
        self._model_file = self._chosen

    def GetModelFile(self) -> str:
        """The .stsr file that was chosen or else found upstream, "" if there is none."""
        return self._chosen or model_before(self)

    def GetVariableSelection(self) -> vtkDataArraySelection:
        """Which of the model's variables are decoded; all at first."""
        self._try_header()
        return self._variables.selection

    def GetModelSummary(self) -> str:
        """Kind, variables, grids, times, training and hash of the model, line by line."""
        header = self._try_header()
        return "" if header is None else describe(header)

    def SetClamp(self, clamp: int) -> None:
        """A :class:`stsr_core.request.clamp.Clamp`: whether values stay in the range of the training data."""
        self._set("_clamp", int(clamp))

    # Output grid

    def SetOutputGrid(self, mode: int) -> None:
        """A :class:`stsr_core.request.output_grid.GridMode`."""
        self._set("_grid_choice", replace(self._grid_choice, mode=int(mode)))

    def SetFactor(self, factor: float) -> None:
        """Intervals per interval of the region, > 0."""
        self._set("_grid_choice", replace(self._grid_choice, factor=float(factor)))

    def SetDimensions(self, x: int, y: int, z: int) -> None:
        """Nodes X, Y, Z."""
        self._set("_grid_choice", replace(self._grid_choice, dimensions=(int(x), int(y), int(z))))

    def SetSpacing(self, x: float, y: float, z: float) -> None:
        """Distance of nodes X, Y, Z."""
        self._set("_grid_choice", replace(self._grid_choice, spacing=(float(x), float(y), float(z))))

    def GetFactorRange(self) -> list[float]:
        """Smallest and largest sensible Factor: one interval per axis, and what memory holds."""
        announced = self._announced
        if announced is None:
            return [0.1, 8.0]
        longest = max(2, *announced.base.shape)
        return [1.0 / (longest - 1), largest_factor(announced.base, announced.content.dtypes)]

    # Time

    def SetTimeSteps(self, mode: int) -> None:
        """A :class:`stsr_core.request.output_times.TimeMode`."""
        self._set("_time_choice", replace(self._time_choice, mode=int(mode)))

    def SetTimeFactor(self, factor: float) -> None:
        """Listed steps per interval between steps, > 0."""
        self._set("_time_choice", replace(self._time_choice, factor=float(factor)))

    def GetTimeRange(self) -> list[float]:
        """First and last trained time of the chosen variables; [0, 0] if there is no model or no time."""
        return list((self._announced and self._announced.content.trained_range) or (0.0, 0.0))

    def GetTimesBetween(self) -> str:
        """How many steps the animation lists, and how to reach the times between them; "" without a model."""
        if self._announced is None or len(self._announced.times) < 2:
            return ""
        return (
            f"{len(self._announced.times)} steps are listed; Time Factor 4 lists three more between any two. "
            "Every time: View > Animation View, mode Sequence."
        )

    def GetValueRange(self) -> list[float]:
        """Least and greatest value the first chosen variable was trained on; [0, 0] if there is no model."""
        if self._announced is None:
            return [0.0, 0.0]
        known = self._announced.content.placed_by[0].normalization
        return [known.low, known.high]

    # Performance

    def SetBakeSteps(self, on: bool) -> None:
        """Have the listed steps computed once, on the output's grid, and show every time from them.

        They lie in a file of their own beside the model, where a later session finds them.
        """
        self._set("_bakes", bool(on))

    def SetDevice(self, device: str | None) -> None:
        """auto, cpu, cuda, cuda:N or mps."""
        self._set("_performance", replace(self._performance, device=device or "auto"))

    def SetTileSize(self, nodes: int) -> None:
        """Most nodes per network call, 0 to choose."""
        self._set("_performance", replace(self._performance, tile=int(nodes)))

    def SetThreads(self, threads: int) -> None:
        """CPU threads, 0 for all cores."""
        self._set("_performance", replace(self._performance, threads=int(threads)))

    def SetCacheSize(self, mebibytes: int) -> None:
        """Most memory that decoded steps take, of all filters together; 0 or less for an eighth of it all."""
        self._decoder.cache_size = max(0, int(mebibytes))

    def SetCacheSteps(self, steps: int) -> None:
        """0 keeps no decoded step; any other number leaves it to CacheSize. For states of older versions."""
        self._decoder.cache_steps = int(steps)

    def _header(self) -> Header:
        # Asked for at every request and for every line of the panel: what stands before may have changed.
        self._model_file = self.GetModelFile()
        header = self._decoder.header(self._model_file)
        self._variables.offer(header.domain.names)
        return header

    def _try_header(self) -> Header | None:
        try:
            return self._header()
        except CheckpointError:
            return None

    def _set(self, name: str, value: object) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.Modified()
