"""Pictures of what a VTK pipeline gives: the same as of the files or the model behind it."""

from __future__ import annotations

import numpy as np
import pytest
from vtkmodules.util.vtkAlgorithm import VTKPythonAlgorithmBase
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonExecutionModel import vtkTrivialProducer

from stsr_core.grid import Grid
from stsr_core.io.vtk import to_vtk_image
from stsr_filters import STSRModel, render_database
from stsr_filters.images.pipeline_steps import PipelineSteps
from stsr_filters.images.steps import ModelSteps


def test_a_source_of_ours_gives_the_pictures_of_its_model(tmp_path, model, small_domains):
    source = STSRModel()
    source.SetFileName(model)
    steps = PipelineSteps.of(source)
    assert steps.names == ("u", "p") and steps.times("p") == small_domains[0].full_times
    assert (steps.unit("u"), steps.unit("p")) == ("m/s", "Pa")
    assert steps.grid("p").matches(small_domains[0].full_grid)
    options = {"views": "1x2", "size": (24, 24), "variables": ["p"]}
    piped = render_database(steps, tmp_path / "piped.cdb", **options)
    direct = render_database(ModelSteps.open(model, variables=["p"]), tmp_path / "direct.cdb", **options)
    assert piped.records == direct.records and len(piped.records) == 20
    for one, two in zip(piped.records, direct.records, strict=True):
        np.testing.assert_array_equal(piped.read(one), direct.read(two))


def test_a_static_image_has_one_time(tmp_path):
    values = np.random.default_rng(0).random((4, 5, 6), dtype=np.float32)
    producer = vtkTrivialProducer()
    producer.SetOutput(to_vtk_image(Grid((4, 5, 6)), {"v": values}))
    steps = PipelineSteps.of(producer)
    assert (steps.names, steps.times("v"), steps.units) == (("v",), (0.0,), ("", ""))
    np.testing.assert_array_equal(steps.values("v", 0.0, lambda *_: None, lambda: False), values)
    made = render_database(steps, tmp_path / "d.cdb", views="1x1", size=(8, 8))
    assert made.times == (0.0,) and made.variables == ("v",)


class Changing(VTKPythonAlgorithmBase):
    """An output of 2³ nodes without arrays, or a mesh of none."""

    def __init__(self, kind: str) -> None:
        VTKPythonAlgorithmBase.__init__(self, nInputPorts=0, nOutputPorts=1, outputType=kind)

    def RequestInformation(self, request, inInfo, outInfo):
        if self.OutputType == "vtkImageData":
            outInfo.GetInformationObject(0).Set(self.GetExecutive().WHOLE_EXTENT(), (0, 1, 0, 1, 0, 1), 6)
        return 1

    def RequestData(self, request, inInfo, outInfo):
        if self.OutputType == "vtkImageData":
            vtkImageData.GetData(outInfo).SetDimensions(2, 2, 2)
        return 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("vtkImageData", "its output has no point array to draw"),
        ("vtkPolyData", "the input must be image data (a uniform grid), got vtkPolyData"),
    ],
)
def test_what_cannot_be_drawn_is_refused(kind, words):
    with pytest.raises(ValueError) as raised:
        PipelineSteps.of(Changing(kind))
    assert words in str(raised.value)


def test_an_array_that_is_gone_at_a_later_time_is_named(tmp_path):
    producer = vtkTrivialProducer()
    producer.SetOutput(to_vtk_image(Grid((2, 2, 2)), {"v": np.zeros((2, 2, 2), np.float32)}))
    steps = PipelineSteps.of(producer)
    producer.SetOutput(to_vtk_image(Grid((2, 2, 2)), {"w": np.zeros((2, 2, 2), np.float32)}))
    with pytest.raises(
        ValueError, match=r"must have the array 'v' of shape .* at time 0, got an output without it"
    ):
        steps.values("v", 0.0, lambda *_: None, lambda: False)
