"""`stsr compact` and `stsr fit --compact`: one small network, used by every other command as any model."""

from __future__ import annotations

from pathlib import Path

import pytest
from models import blob_series, write_blobs

from stsr_core.cli import main
from stsr_core.io import open_series
from stsr_core.model import checkpoint

SET = ["--set", "width=32", "--set", "depth=3", "--set", "latent_length=8"]

pytestmark = pytest.mark.requires_vtk


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_blobs(tmp_path_factory.mktemp("blobs") / "blobs.pvd", ("a", "b"))


@pytest.fixture(scope="module")
def small(blobs: str) -> Path:
    folder = Path(blobs).parent
    model, output = folder / "m.stsr", folder / "c.stsr"
    assert (
        main(["fit", blobs, "--field", "motion", "--time", "1", "--table-voxels", "0", "-o", str(model)]) == 0
    )
    assert main(["compact", str(model), "--epochs", "2", *SET, "--device", "cpu", "-o", str(output)]) == 0
    return output


def test_info_tells_what_it_is(small, capsys):
    assert main(["info", str(small)]) == 0
    said = capsys.readouterr().out
    assert "field          modulated_siren (width 32" in said
    assert "compact        one compact network of a model of kind motion, PSNR against it " in said


def test_it_and_its_model_are_made_again_from_one_file(small, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["info", str(small), "--write-config", "run.toml"]) == 0
    said = capsys.readouterr().out
    assert "next: stsr fit --config run.toml" in said and "next: stsr compact --config run.toml" in said
    assert main(["compact", "--config", "run.toml", "-o", "again.stsr"]) == 0
    first, again = (checkpoint.load(path).state_dict() for path in (small, "again.stsr"))
    assert all(bool((first[name] == again[name]).all()) for name in first)


def test_upscale_mixes_its_members(small, tmp_path):
    output = tmp_path / "out.h5"
    assert (
        main(["upscale", str(small), "--blend", "a=0.5,b=0.5", "--time-scale", "2", "-o", str(output)]) == 0
    )
    series = open_series(output)
    assert series.names == ("interpolated",)
    assert len(series["interpolated"].times) == 9


def test_an_existing_file_is_not_replaced(small, tmp_path, capsys):
    model = str(small.with_name("m.stsr"))
    assert main(["compact", model, "-o", str(small)]) == 2
    assert f"{small} exists" in capsys.readouterr().err
    assert main(["compact", model, "-o", str(tmp_path / "c.stsr"), "--set", "widht=3"]) == 2
    assert "widht" in capsys.readouterr().err
    assert not (tmp_path / "c.stsr").exists()


def test_fit_compact_keeps_the_network_alone(blobs, tmp_path, capsys):
    output = tmp_path / "c.stsr"
    setting = '--set=network={"width": 32, "depth": 3, "latent_length": 8}'
    fit = ["fit", blobs, "--field", "mixture", "--space", "2", "--time", "1", "--compact", "--epochs", "2"]
    options = [setting, "--set", "rehearsal_steps=10", "--device", "cpu", "-o", str(output)]
    assert main([*fit, *options]) == 0
    said = capsys.readouterr().out
    assert "one compact network of a model of kind mixture, PSNR against it" in said
    assert "modulated_siren" in said, "the table is of the network"
    header = checkpoint.read_header(output)
    assert header.kind == "modulated_siren"
    assert header.history[-1]["made_by"]["options"]["compact"] is True
    assert header.domain.names == blob_series(("a", "b")).names
