"""One small database and one codec that has learned a little of it, for all tests of the room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from image_databases import TINY, database

from stsr_core.imagecodec.bitstream.encoding import encode
from stsr_core.imagecodec.cinema import ImageDatabase
from stsr_core.imagecodec.training.recipe import RECIPES
from stsr_core.imagecodec.training.runs import fit

QUICK = replace(RECIPES["small"], minutes=None, epochs=4)


@pytest.fixture(scope="session")
def balls(tmp_path_factory: pytest.TempPathFactory) -> ImageDatabase:
    """Two times from twelve views, 64×64."""
    return database(tmp_path_factory.mktemp("databases") / "balls.cdb")


@pytest.fixture(scope="session")
def codec(balls: ImageDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A codec that has seen each pair four times."""
    path = tmp_path_factory.mktemp("codecs") / "codec.stsr"
    fit(balls, path, configuration=TINY, recipe=QUICK, device="cpu")
    return path


@pytest.fixture(scope="session")
def coded(balls: ImageDatabase, codec: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database as one file."""
    path = tmp_path_factory.mktemp("coded") / "balls.fcnr"
    encode(balls, codec, path)
    return path
