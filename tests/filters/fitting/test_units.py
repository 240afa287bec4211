"""Units of the pipeline's images reach the model that Neural Fit writes."""

from __future__ import annotations

import pytest
from models import blob_series

from stsr_core.io.vtk import to_vtk_image
from stsr_core.model import checkpoint

pytestmark = pytest.mark.requires_vtk


def test_all_units_of_an_image_reach_the_model(tmp_path):
    from stsr_filters import NeuralFit

    variable = blob_series()["a"]
    image = to_vtk_image(
        variable.grid, {"a": variable.step(0)}, units={"a": "kg"}, time_unit="s", length_unit="mm"
    )
    algorithm = NeuralFit()
    algorithm.SetInputDataObject(0, image)
    algorithm.SetModelFile(str(tmp_path / "m.stsr"))
    for name, value in {"Field": "cubic", "Minutes": 0, "Epochs": 1, "Device": "cpu", "Threads": 1}.items():
        getattr(algorithm, f"Set{name}")(value)
    algorithm.Update()
    header = checkpoint.read_header(tmp_path / "m.stsr")
    assert (header.domain[0].unit, header.time_unit, header.length_unit) == ("kg", "s", "mm")
