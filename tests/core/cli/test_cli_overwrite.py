"""`stsr upscale` harms no file that it was not told to replace, and hands on the units of the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stsr_core.cli import main
from stsr_core.grid import Grid
from stsr_core.io import open_series, write_series
from stsr_core.series import VolumeSeries

pytestmark = pytest.mark.requires_vtk


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cubic interpolation as a model file, of data with a unit of length."""
    folder = tmp_path_factory.mktemp("model")
    values = np.random.default_rng(0).random((3, 4, 4, 4), np.float32)
    series = VolumeSeries.from_arrays({"p": values}, Grid((4, 4, 4)), None, {"p": "Pa"}, "s", "mm")
    write_series(folder / "p.h5", series)
    assert main(["fit", str(folder / "p.h5"), "--field", "cubic", "-o", str(folder / "m.stsr")]) == 0
    return folder / "m.stsr"


@pytest.mark.parametrize(
    ("output", "foreign"),
    [("out.vti", "out_0000.vti"), ("out.vti", "out_0001.vti"), ("new.pvd", "new/new_0000.vti")],
)
def test_numbered_files_in_the_way_are_not_replaced(tmp_path, capsys, model, output, foreign):
    (tmp_path / foreign).parent.mkdir(exist_ok=True)
    (tmp_path / foreign).write_text("somebody's")
    command = ["upscale", str(model), "--times", "0", "1", "-o", str(tmp_path / output)]
    assert main(command) != 0
    assert f"{Path(foreign).name} exists" in capsys.readouterr().err
    assert (tmp_path / foreign).read_text() == "somebody's"
    assert main([*command, "--overwrite"]) == 0
    assert (tmp_path / foreign).read_bytes() != b"somebody's"


def test_the_unit_of_length_reaches_the_output(tmp_path, model):
    for name in ("out.pvd", "out.h5"):
        assert main(["upscale", str(model), "-o", str(tmp_path / name)]) == 0
        series = open_series(tmp_path / name)
        assert (series["p"].unit, series.time_unit, series.length_unit) == ("Pa", "s", "mm")
