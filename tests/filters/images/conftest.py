"""A small database that several tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from models import blob_series

from stsr_core.imagecodec.cinema import ImageDatabase
from stsr_filters.images.rendering import render_database

#: Pixels of a picture, wide and high, and its views.
SIZE, VIEWS = (48, 40), "12"


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> ImageDatabase:
    """Two times of a blob that moves, as volumes, from twelve views; no test may change it."""
    path = tmp_path_factory.mktemp("images") / "blob.cdb"
    return render_database(blob_series(), path, views=VIEWS, size=SIZE, times=(10.0, 14.0))


@pytest.fixture
def copied(database: ImageDatabase, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    import shutil

    return Path(shutil.copytree(database.path, tmp_path / "blob.cdb"))
