"""A series of two variables, and a model of every second step of it, as a user of pyvista has them."""

from __future__ import annotations

import pytest
from models import blob_series

pytest.importorskip("pyvista", reason="needs pyvista")

from stsr_filters.notebook import Model, Series


@pytest.fixture(scope="session")
def series() -> Series:
    """9 steps of 12×12×12, times 10 … 18; variables a and b in kg."""
    return Series(blob_series(("a", "b")))


@pytest.fixture(scope="session")
def blobs(series: Series, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Every second step, interpolated: no training."""
    path = tmp_path_factory.mktemp("blobs") / "blobs.stsr"
    return series.fit(path, field="cubic", temporal_gap=1)
