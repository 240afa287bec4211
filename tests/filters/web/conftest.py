"""The ground truth of the small model of two members, in memory and as files."""

from __future__ import annotations

import pytest
from models import FULL_GRID, FULL_TIMES, moving_blob

from stsr_core.io import write_series
from stsr_core.series import VolumeSeries


@pytest.fixture(scope="session")
def truth() -> VolumeSeries:
    """One moving blob per member, on the full grid at all times."""
    shape = (len(FULL_TIMES), *FULL_GRID.shape)
    arrays = {name: moving_blob(shape, phase) for name, phase in (("u", 0.0), ("p", 1.0))}
    return VolumeSeries.from_arrays(arrays, FULL_GRID, FULL_TIMES)


@pytest.fixture(scope="session")
def truth_file(truth: VolumeSeries, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same as a .pvd with its files."""
    path = tmp_path_factory.mktemp("truth") / "full.pvd"
    write_series(path, truth)
    return str(path)
