"""A small real model, untrained, whose values differ in time, space and variable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from browsers import chromium
from models import small_domains as domain
from vtkmodules.util.vtkAlgorithm import VTKPythonAlgorithmBase
from vtkmodules.vtkCommonDataModel import vtkDataObject, vtkImageData
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline

from stsr_core.coordinates import Domain
from stsr_core.grid import Grid


def save_model(path: Path, of: Domain) -> Path:
    """An untrained network over ``of`` as a model file."""
    import torch

    from stsr_core.fields import create
    from stsr_core.model.checkpoint import Header, save

    torch.manual_seed(1)
    field = create("modulated_siren", of, {"width": 32, "depth": 2, "latent_length": 8})
    torch.nn.init.normal_(field.shifts[0].weight, std=0.5)  # so that the variables differ
    header = Header("modulated_siren", field.configuration(), of, data_hash="0123456789abcdef" * 4)
    save(path, header, field)
    return path


class CoarseSeries(VTKPythonAlgorithmBase):
    """A time series of images over a grid, like a reader's; remembers the times it was asked for."""

    def __init__(self, grid: Grid, times: tuple[float, ...] = (), first: tuple[int, int, int] = (0, 0, 0)):
        VTKPythonAlgorithmBase.__init__(self, nInputPorts=0, nOutputPorts=1, outputType="vtkImageData")
        self.grid, self.times, self.first = grid, times, first
        self.asked: list[float | None] = []

    def extent(self) -> tuple[int, ...]:
        """VTK's extent, which begins at ``first`` (x, y, z)."""
        return tuple(
            v for f, n in zip(self.first, self.grid.shape[::-1], strict=True) for v in (f, f + n - 1)
        )

    def RequestInformation(self, request, inInfo, outInfo):
        info = outInfo.GetInformationObject(0)
        info.Set(vtkStreamingDemandDrivenPipeline.WHOLE_EXTENT(), self.extent(), 6)
        # VTK's origin is where index 0 would be.
        shift = np.reshape(self.grid.direction, (3, 3)) @ (np.array(self.first) * self.grid.spacing[::-1])
        info.Set(vtkDataObject.ORIGIN(), tuple(np.array(self.grid.origin[::-1]) - shift), 3)
        info.Set(vtkDataObject.SPACING(), self.grid.spacing[::-1], 3)
        info.Set(vtkDataObject.DIRECTION(), self.grid.direction, 9)
        if self.times:
            info.Set(vtkStreamingDemandDrivenPipeline.TIME_STEPS(), self.times, len(self.times))
            info.Set(vtkStreamingDemandDrivenPipeline.TIME_RANGE(), (self.times[0], self.times[-1]), 2)
        return 1

    def RequestData(self, request, inInfo, outInfo):
        key = vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP()
        info = outInfo.GetInformationObject(0)
        self.asked.append(info.Get(key) if info.Has(key) else None)
        image = vtkImageData.GetData(outInfo)
        image.SetExtent(self.extent())
        image.AllocateScalars(10, 1)
        return 1


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Forget the steps that tests before have decoded: filters of one process share them."""
    from stsr_filters.decoding import decoder

    decoder._steps.drop(lambda key: True)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of the small model."""
    return str(save_model(tmp_path_factory.mktemp("model") / "small.stsr", domain()))


@pytest.fixture(scope="session")
def expected(model: str) -> Callable[[Grid, float, str], np.ndarray]:
    """What the core says of the model: (grid, time, variable) → (Z, Y, X)."""
    from stsr_core.inference import evaluate
    from stsr_core.model.checkpoint import load

    field = load(model)
    return lambda grid, time, name: evaluate(field, grid, [time], name, device="cpu")[0]


@pytest.fixture(scope="session")
def small_domains() -> Domain:
    """The domain of the small model."""
    return domain()


@pytest.fixture
def coarse() -> Callable[..., CoarseSeries]:
    """Makes inputs: ``coarse(grid, times, first)``."""
    return CoarseSeries


@pytest.fixture
def events() -> Callable[[Any], list[str]]:
    """``events(algorithm)``: a list that its errors and warnings go to."""

    def watch(algorithm: Any) -> list[str]:
        seen: list[str] = []

        def collect(caller: object, event: str, text: str) -> None:
            seen.append(text)

        collect.CallDataType = "string0"  # type: ignore[attr-defined]
        algorithm.AddObserver("ErrorEvent", collect)
        algorithm.AddObserver("WarningEvent", collect)
        return seen

    return watch


@pytest.fixture
def models() -> SimpleNamespace:
    """Makers of models: ``models.save_model(path, domain)`` and ``models.domain(grid, times)``."""
    return SimpleNamespace(save_model=save_model, domain=domain)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser, for tests that are marked ``requires_chromium``."""
    with chromium() as found:
        yield found
