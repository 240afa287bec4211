"""`stsr compare` and Compare to GT are one table; and what a filter never does unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from vtkmodules.util.vtkAlgorithm import VTKPythonAlgorithmBase
from vtkmodules.vtkCommonDataModel import vtkDataObject, vtkImageData
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline

from stsr_core.cli import main
from stsr_core.datasets import tornado
from stsr_core.io import open_series, write_series
from stsr_core.io.vtk import to_vtk_image
from stsr_core.series import Variable
from stsr_filters import CompareToGT

STEPS = vtkStreamingDemandDrivenPipeline.TIME_STEPS()


class Source(VTKPythonAlgorithmBase):
    """A variable as a reader gives it."""

    def __init__(self, variable: Variable) -> None:
        VTKPythonAlgorithmBase.__init__(self, nInputPorts=0, nOutputPorts=1, outputType="vtkImageData")
        self.variable = variable

    def RequestInformation(self, request, inInfo, outInfo):
        info, grid, times = outInfo.GetInformationObject(0), self.variable.grid, self.variable.times.tolist()
        extent = [v for n in grid.shape[::-1] for v in (0, n - 1)]
        info.Set(vtkStreamingDemandDrivenPipeline.WHOLE_EXTENT(), extent, 6)
        info.Set(vtkDataObject.ORIGIN(), grid.origin[::-1], 3)
        info.Set(vtkDataObject.SPACING(), grid.spacing[::-1], 3)
        info.Set(STEPS, times, len(times))
        info.Set(vtkStreamingDemandDrivenPipeline.TIME_RANGE(), (times[0], times[-1]), 2)
        return 1

    def RequestData(self, request, inInfo, outInfo):
        time = outInfo.GetInformationObject(0).Get(vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP())
        i = int(np.argmin(np.abs(self.variable.times - (time or 0.0))))
        output = vtkImageData.GetData(outInfo)
        output.ShallowCopy(to_vtk_image(self.variable.grid, {self.variable.name: self.variable.step(i)}))
        output.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), self.variable.times[i])
        return 1


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A truth, a model of every second step of it, and what the model makes of all steps."""
    paths = tmp_path / "up.pvd", tmp_path / "truth.pvd", tmp_path / "m.stsr"
    v = tornado(14, 5)["tornado"]
    write_series(paths[1], v.grid, v.times, lambda i: {v.name: v.step(i)})
    assert main(["fit", str(paths[1]), "--time", "1", "--field", "cubic", "-o", str(paths[2])]) == 0
    assert main(["upscale", str(paths[2]), "--times", "0:4:5", "-o", str(paths[0])]) == 0
    return paths


@pytest.fixture
def compared(files: tuple[Path, Path, Path]) -> Callable[[], CompareToGT]:
    """Compare to GT on those files."""

    def connect() -> CompareToGT:
        algorithm = CompareToGT()
        algorithm.inputs = [Source(open_series(path)["tornado"]) for path in files[:2]]
        for port, source in enumerate(algorithm.inputs):
            algorithm.SetInputConnection(port, source.GetOutputPort())
        return algorithm

    return connect


def test_the_command_and_the_filter_write_the_same_files(files, compared, tmp_path: Path) -> None:
    algorithm = compared()
    algorithm.SetAllTimeSteps(1)
    algorithm.SetModelFile(str(files[2]))
    for suffix in (".csv", ".json"):
        algorithm.SetTableFile(str(tmp_path / f"filter{suffix}"))
        algorithm.UpdateTimeStep(2.0)
        assert algorithm.GetLastError() == ""
        table = tmp_path / f"command{suffix}"
        assert main(["compare", *map(str, files[:2]), "--model", str(files[2]), "--table", str(table)]) == 0
        expected = (
            (tmp_path / f"filter{suffix}").read_text().replace(' "time": 2.0,\n "measures"', ' "measures"')
        )
        assert table.read_text() == expected
        assert "kept" in expected


def test_a_filter_downloads_nothing_unasked(compared, events, monkeypatch, tmp_path: Path) -> None:
    pytest.importorskip("lpips", reason="the package lpips is not installed")
    asked: list[object] = []

    def unreachable(request, *_, **__):
        asked.append(request)
        raise URLError("no network")

    monkeypatch.setattr("torch.hub.urlopen", unreachable)  # the network itself
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "empty"))
    algorithm = compared()
    algorithm.SetPictures(1)
    algorithm.SetPictureSize(64)
    algorithm.SetAllTimeSteps(1)
    seen = events(algorithm)
    algorithm.UpdateTimeStep(2.0)
    assert asked == []
    (said,) = seen
    assert "LPIPS is left out: the weights of its network are not there" in said
    assert "this fetches them once: python -c" in said and "(at 5 steps)" in said
    table = algorithm.GetOutputDataObject(1)
    assert table.GetColumnByName("cieluv").GetValue(0) >= 0
    assert np.isnan(table.GetColumnByName("lpips").GetValue(0))
